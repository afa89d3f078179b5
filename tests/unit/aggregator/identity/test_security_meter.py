"""Figures of the audit log by what its entries are about."""

from collections import Counter

from aggregator.identity.security_meter import FIELDS, OTHER, entry_readings
from fleet.wire.measurements import load_catalogue
from provisioning.grafana.words import load_words


def test_entries_are_counted_by_what_they_are_about_and_none_is_zero() -> None:
    readings = entry_readings(Counter({"user.created": 2, "user.locked": 1, "comet.seen": 1}))
    assert {each.class_name: each.value for each in readings if each.value} == {"user": 3, OTHER: 1}
    assert len(readings) == len(FIELDS) + 1
    assert {each.name for each in readings} <= set(load_catalogue())


def test_every_field_has_a_name_on_the_board() -> None:
    assert load_words().subjects.keys() == {*FIELDS, OTHER}
