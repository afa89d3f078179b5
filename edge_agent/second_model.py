"""The second model that a scene asks for: a classifier of heads, for the rule on helmets.

None ships with the product. It is found as detectors are: by its name in the catalogue, `MATTHAN_MODELS`
first.
"""

import os

from edge_agent.perception.catalogue import model_folders, resolve
from edge_agent.perception.litert_classifier import LiteRtClassifier
from edge_agent.perception.litert_detector import runtime_name
from edge_agent.scene.errors import SceneError
from edge_agent.scene.road_specs import NoHelmet
from edge_agent.scene.scene import Scene


def head_classifier(scene: Scene) -> LiteRtClassifier | None:
    """The classifier of a checked scene, loaded; nothing when no rule names one.

    Raises:
        ModelError: there is no such model, or it is no classifier.
        SceneError: the model does not know a rule's word for a bare head.
    """
    rules = [rule for rule in scene.rules if isinstance(rule, NoHelmet) and rule.model]
    if not rules:
        return None
    folders = model_folders(os.environ.get("MATTHAN_MODELS"))
    classifier = LiteRtClassifier(resolve(rules[0].model, folders, runtime_name()))
    check_words(rules, classifier.name, classifier.labels)
    return classifier


def check_words(rules: list[NoHelmet], name: str, labels: tuple[str, ...]) -> None:
    """Whether the model knows what the rules call a bare head.

    Raises:
        SceneError: it does not.
    """
    for rule in rules:
        if rule.bare not in labels:
            raise SceneError(
                f"[[rules]] (id \"{rule.id}\"), key 'bare': model {name} does not know {rule.bare!r}, only "
                f"{', '.join(labels)}: write its word for a head without a helmet"
            )
