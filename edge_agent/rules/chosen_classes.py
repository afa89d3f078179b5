"""Which of the model's classes a rule is about. Pure.

A class that the scene names must be known to the model; of a rule's own default (such as `person` for
loitering) whatever the model does not know is left out, and only when nothing is left the scene is refused.
"""

import msgspec

from edge_agent.scene.errors import SceneError
from edge_agent.scene.rule_specs import RuleSpec


def chosen_classes(
    spec: RuleSpec, *, model: str, labels: tuple[str, ...], usual: tuple[str, ...]
) -> tuple[str, ...]:
    """Labels that a rule is about.

    Args:
        spec: the rule.
        model: name of the model, for messages.
        labels: labels that the model knows.
        usual: labels that a rule means when neither it nor its kind names any.

    Raises:
        SceneError: the model does not know a class that the scene names, or none of the rule's own.
    """
    if spec.classes is None:
        return usual
    unknown = [name for name in spec.classes if name not in labels]
    if not unknown:
        return spec.classes
    known = ", ".join(name for name in labels if name != "empty")
    place = f"[[rules]] (id \"{spec.id}\"), key 'classes'"
    if spec.classes != default_classes(type(spec)):
        raise SceneError(f"{place}: model {model} does not know {', '.join(unknown)}: it knows {known}")
    if kept := tuple(name for name in spec.classes if name in labels):
        return kept
    raise SceneError(
        f"{place}: this rule is about {', '.join(unknown)}, and model {model} knows none of them, "
        f"only {known}: "
        "name the model's word in classes, or bring a model that sees it"
    )


def default_classes(kind: type[RuleSpec]) -> tuple[str, ...] | None:
    """What a kind of rule is about when the scene does not say."""
    given: tuple[str, ...] | None = next(
        field.default for field in msgspec.structs.fields(kind) if field.name == "classes"
    )
    return given
