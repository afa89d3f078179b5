import pytest

from edge_agent.perception.view import EVERYWHERE, Place, View
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene
from edge_agent.scene.watched import AREA_REACH, LINE_REACH, view_of

PLACES = """
[[lines]]
id = "gate"
from = [0.5, 0.1]
to = [0.5, 0.9]
[[zones]]
id = "yard"
polygon = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]
[[zones]]
id = "unused"
polygon = [[0.8, 0.8], [0.9, 0.8], [0.9, 0.9]]
[[lanes]]
id = "bus"
polygon = [[0.6, 0.6], [0.7, 0.6], [0.7, 0.7]]
direction = [1, 0]
"""
COUNT = '[[rules]]\nid = "count"\nkind = "line_count"\nline = "gate"\n'
YARD = '[[rules]]\nid = "in-yard"\nkind = "intrusion"\nzone = "yard"\n'
FULL = '[[rules]]\nid = "yard-load"\nkind = "occupancy"\nzone = "yard"\n'
WAY = '[[rules]]\nid = "way"\nkind = "wrong_way"\nlane = "bus"\n'

THE_GATE = Place(((0.5, 0.1), (0.5, 0.9)), LINE_REACH)
THE_YARD = Place(((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)), AREA_REACH)
THE_BUS = Place(((0.6, 0.6), (0.7, 0.6), (0.7, 0.7)), AREA_REACH)


def view(rules: str, head: str = "") -> View:
    return view_of(parse_scene(PLACES + head + rules, "s.toml"))


@pytest.mark.parametrize(
    ("rules", "places"),
    [
        (COUNT, (THE_GATE,)),
        (YARD + FULL, (THE_YARD,)),
        (WAY + YARD + COUNT, (THE_BUS, THE_YARD, THE_GATE)),
    ],
)
def test_only_places_that_rules_use_are_watched(rules: str, places: tuple[Place, ...]) -> None:
    assert view(rules) == View(places)


def test_without_rules_everything_is_watched() -> None:
    assert view("") == EVERYWHERE


def test_the_margin_of_the_scene_replaces_the_usual_ones() -> None:
    found = view(COUNT + YARD, "[detection]\nmargin = 0.05\n")
    assert [place.reach for place in found.places] == [0.05, 0.05]


def test_the_whole_picture_can_be_asked_for() -> None:
    assert view(YARD, '[detection]\nregion = "frame"\n') == View(is_whole=True)


def test_a_region_set_by_hand_is_shown_and_motion_counts_where_rules_look() -> None:
    assert view(YARD, "[detection]\nregion = [0.1, 0.2, 0.6, 0.7]\n") == View(
        (THE_YARD,), (0.1, 0.2, 0.6, 0.7)
    )


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('[detection]\nregion = "all"\n', "detection"),
        ("[detection]\nregion = [0.5, 0.2, 0.4, 0.7]\n", "is empty"),
        ("[detection]\nmargins = 0.1\n", "did you mean 'margin'"),
    ],
)
def test_a_wrong_region_is_refused_with_the_place(head: str, said: str) -> None:
    with pytest.raises(SceneError, match=said):
        view(YARD, head)
