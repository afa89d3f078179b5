import pytest

from edge_agent.rules.chosen_classes import chosen_classes
from edge_agent.scene.errors import SceneError
from edge_agent.scene.rule_specs import LineCount, Loitering, RuleSpec

LABELS = ("person", "car", "empty", "dog")


@pytest.mark.parametrize(
    ("spec", "labels", "expected"),
    [
        pytest.param(LineCount(id="r", line="l"), LABELS, ("person", "car"), id="the usual ones"),
        pytest.param(LineCount(id="r", line="l", classes=("dog",)), LABELS, ("dog",), id="those named"),
        pytest.param(Loitering(id="r", zone="z"), LABELS, ("person",), id="the rule's own"),
    ],
)
def test_a_rule_is_about_the_classes_it_says(
    spec: RuleSpec, labels: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert expected == chosen_classes(spec, model="m", labels=labels, usual=("person", "car"))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param(
            LineCount(id="r", line="l", classes=("car", "tram")),
            "model m does not know tram: it knows person, car, dog",
            id="named and unknown",
        ),
        pytest.param(
            Loitering(id="r", zone="z", classes=("people",)),
            "does not know people",
            id="another than the default",
        ),
    ],
)
def test_a_class_that_the_scene_names_must_be_known(spec: RuleSpec, words: str) -> None:
    with pytest.raises(SceneError, match=words):
        chosen_classes(spec, model="m", labels=LABELS, usual=("person",))


def test_a_rule_none_of_whose_own_classes_is_known_is_refused_with_the_missing_class() -> None:
    with pytest.raises(SceneError, match="is about person, and model m knows none of them, only head"):
        chosen_classes(Loitering(id="r", zone="z"), model="m", labels=("head",), usual=("head",))
