"""Priorities of kinds."""

import pytest

from fleet.wire.kinds import ALARM_KINDS, RECORD_KINDS, Priority, priority_of


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("intruded", Priority.ALARM),
        ("line_crossed", Priority.RECORD),
        ("a_kind_of_next_year", Priority.RECORD),
    ],
)
def test_priority(kind: str, expected: Priority) -> None:
    assert expected == priority_of(kind)


def test_no_kind_is_both() -> None:
    assert frozenset() == ALARM_KINDS & RECORD_KINDS
