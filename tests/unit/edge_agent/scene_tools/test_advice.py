import pytest

from edge_agent.scene.homography import fit_ground
from edge_agent.scene.parse import parse_scene
from edge_agent.scene_tools.advice import advise
from edge_agent.scene_tools.words import load_catalogue

ZONE = '[[zones]]\nid = "z"\npolygon = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]\n'
LINE = '[[lines]]\nid = "l"\nfrom = [0.2, 0.5]\nto = [0.6, 0.5]\n'
COUNT = '[[rules]]\nid = "r"\nkind = "line_count"\nline = "l"\n'
FILL = '[[rules]]\nid = "o"\nkind = "occupancy"\nzone = "z"\n'
LANE = (
    '[[lanes]]\nid = "in"\npolygon = [[0.45, 0.3], [0.6, 0.3], [0.6, 0.95], [0.4, 0.95]]\n'
    "direction = [0, 1]\n"
)
SIGNAL = '[[signals]]\nid = "s"\nbox = [0.8, 0.1, 0.9, 0.3]\nlamps = { red = [0.82, 0.12, 0.88, 0.16] }\n'
RED = '[[rules]]\nid = "red"\nkind = "red_light"\nstop_line = "l"\nlane = "in"\nsignal = "s"\n'
SURVEY = "[homography]\npoints = [[0.3, 0.3, 0, 40], [0.7, 0.3, 10, 40], [1, 1, 10, 0], [0, 1, 0, 0]{}]\n"
NORTH_FIRST = (
    "[homography]\npoints = [[0.3, 0.3, 40, 0], [0.7, 0.3, 40, 10], [1, 1, 0, 10], [0, 1, 0, 0], "
    "[0.5, 0.3, 40, 5], [0.5, 1, 0, 5]]\n"
)
GOOD = LINE + COUNT + ZONE + FILL
JUNCTION = '[[lines]]\nid = "l"\nfrom = [0.35, 0.7]\nto = [0.65, 0.7]\n' + LANE + SIGNAL + RED


def found(text: str, weak: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    scene = parse_scene(text, "s")
    ground = None if scene.homography is None else fit_ground(scene.homography.points)
    advice = advise(scene, ground, aspect=16 / 9, weak_classes=weak)
    words = load_catalogue()
    for each in advice:
        assert "{" not in words.advice[each.code].cause.filled(each.values).vi
        assert "{" not in words.advice[each.code].next_step.filled(each.values).en
    return [(each.code, each.table, each.entry) for each in advice]


@pytest.mark.parametrize("text", [GOOD, JUNCTION], ids=["counting", "junction"])
def test_a_sensible_scene_needs_no_advice(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("no_rules", "", "")),
        (GOOD + ZONE.replace('"z"', '"idle"'), ("unused", "zones", "idle")),
        (GOOD.replace("to = [0.6, 0.5]", "to = [0.22, 0.5]"), ("line_short", "lines", "l")),
        (GOOD.replace("0.5]", "0.99]"), ("line_at_edge", "lines", "l")),
        (
            LINE.replace("[0.2, 0.5]", "[0.01, 0.1]").replace("[0.6, 0.5]", "[0.0, 0.9]") + COUNT,
            ("line_at_edge", "lines", "l"),
        ),
        (GOOD.replace("0.6]", "0.22]"), ("zone_small", "zones", "z")),
        (LANE.replace("direction = [0, 1]", "direction = [1, 0]"), ("lane_across", "lanes", "in")),
        (
            JUNCTION.replace("0.35, 0.7", "0.7, 0.7").replace("0.65, 0.7", "0.95, 0.7"),
            ("stop_line_off_lane", "rules", "red"),
        ),
        (JUNCTION.replace("0.12, 0.88, 0.16", "0.12, 0.823, 0.16"), ("lamp_small", "signals", "s")),
        (LANE + '[[rules]]\nid = "w"\nkind = "wrong_way"\nlane = "in"\n', ("no_ground", "rules", "w")),
        (GOOD + SURVEY.format(""), ("four_points", "homography", "")),
        (GOOD + NORTH_FIRST, ("mirrored", "homography", "")),
        (GOOD + SURVEY.format(", [0.5, 0.5, 9, 30], [0.5, 0.7, 5, 9]"), ("poor_fit", "homography", "")),
        (
            LANE.replace("0.3]", "0.1]")
            + SURVEY.replace("0.3, 0.3", "0.45, 0.3").replace("0.7, 0.3", "0.55, 0.3").format(""),
            ("beyond_horizon", "lanes", "in"),
        ),
        (
            GOOD.replace("0.6, 0.6]", "0.6, 0.9]").replace('"z"\npoly', '"z"\narea_m2 = 9\npoly')
            + SURVEY.format(""),
            ("area_differs", "zones", "z"),
        ),
        (
            GOOD + "[[privacy]]\npolygon = [[0.1, 0.1], [0.7, 0.1], [0.7, 0.7], [0.1, 0.7]]\n",
            ("hidden", "lines", "l"),
        ),
    ],
)
def test_what_is_unwise_is_told_with_its_place(text: str, expected: tuple[str, str, str]) -> None:
    assert expected in found(text)


def test_a_class_that_nobody_has_judged_is_told() -> None:
    text = LINE + COUNT + 'classes = ["person", "cat"]\n'
    assert found(text, ("cat", "dog")) == [("class_weak", "rules", "r")]


def test_privacy_beside_the_places_of_rules_is_fine() -> None:
    assert found(GOOD + "[[privacy]]\npolygon = [[0.7, 0.7], [0.9, 0.7], [0.9, 0.9]]\n") == []
