import pytest

from edge_agent.scene_tools.rule_forms import Field, Form, rule_forms, rule_types, scene_form, table_forms
from edge_agent.scene_tools.words import Catalogue

NO_WORDS = Catalogue(advice={}, problems=())


def form(kind: str) -> Form:
    return next(each for each in rule_forms(NO_WORDS) if each.name == kind)


def field(kind: str, key: str) -> Field:
    return next(each for each in form(kind).fields if each.key == key)


def test_every_kind_of_rule_has_a_form_with_its_name_first_and_its_hours_last() -> None:
    assert len(rule_forms(NO_WORDS)) == len(rule_types())
    for each in rule_forms(NO_WORDS):
        assert each.fields[0].key == "id"
        assert each.fields[-1].key in {"classes", "schedule"}
        assert each.about


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        ("line_count", "line", ("reference", "lines", True, None)),
        ("red_light", "turn_lanes", ("references", "lanes", False, ())),
        ("loitering", "dwell_s", ("number", "", False, 60.0)),
        ("loitering", "classes", ("classes", "", False, ("person",))),
        ("loitering", "schedule", ("schedule", "", False, ())),
        ("crowding", "people", ("integer", "", False, None)),
        ("visitors", "inward", ("choice", "", True, None)),
        ("littering", "objects", ("texts", "", False, field("littering", "objects").default)),
        ("congestion", "levels", ("numbers", "", False, (0.2, 0.4, 0.6))),
        ("no_helmet", "model", ("text", "", False, "")),
    ],
)
def test_a_key_is_asked_for_as_its_type_says(kind: str, key: str, expected: tuple[object, ...]) -> None:
    found = field(kind, key)
    default = tuple(found.default) if isinstance(found.default, list) else found.default
    assert (found.form, found.table, found.required, default) == expected


def test_bounds_and_choices_are_those_of_the_type() -> None:
    seconds, people = field("loitering", "dwell_s"), field("crowding", "people")
    assert (seconds.above, seconds.most, people.least, people.most) == (0, 86_400, 1, 10_000)
    assert set(field("visitors", "inward").choices) == {"forward", "backward"}


def test_what_is_drawn_is_not_asked_for() -> None:
    tables = table_forms(NO_WORDS)
    assert [each.key for each in tables["zones"].fields] == ["id", "area_m2"]
    assert [each.key for each in tables["privacy"].fields] == []
    assert [each.key for each in scene_form(NO_WORDS).fields] == ["utc_offset_h"]
