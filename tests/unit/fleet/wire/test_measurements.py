"""The catalogue of measurements is whole, in both languages, and within the limits of the wire."""

import msgspec
import pytest

from fleet.wire.measurements import Meaning, MeasurementKind, load_catalogue, parse_catalogue

ENTRY = """[{name}]
unit = "1"
tags = []
value = "float"
aggregate = "sum"
meaning.en = "a"
meaning.vi = "b"
"""


def test_the_shipped_catalogue_says_each_thing_in_both_languages() -> None:
    catalogue = load_catalogue()
    assert [name for name, kind in catalogue.items() if not kind.meaning.en or not kind.meaning.vi] == []
    assert {"flow", "occupancy", "occupancy_max", "node_outbox_rows"} <= catalogue.keys()


def test_an_entry_parses() -> None:
    expected = {"x": MeasurementKind("1", (), "float", "sum", Meaning("a", "b"))}
    assert expected == parse_catalogue(ENTRY.format(name="x"))


@pytest.mark.parametrize(
    ("right", "wrong", "names"),
    [("unit", "units", "units"), ('"sum"', '"median"', "aggregate"), ("[]", '["track_id"]', "tags")],
)
def test_a_wrong_entry_is_refused(right: str, wrong: str, names: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=names):
        parse_catalogue(ENTRY.format(name="x").replace(right, wrong))
