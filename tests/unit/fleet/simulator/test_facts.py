"""Simulated facts fill every field and follow from their seed."""

from fleet.simulator.facts import FactSource

STREAM = bytes(8)


def test_equal_seeds_give_equal_facts() -> None:
    assert FactSource(3, STREAM).events(1, 5, 99) == FactSource(3, STREAM).events(1, 5, 99)


def test_every_field_of_an_event_is_filled() -> None:
    event = FactSource(3, STREAM).events(1, 1, 99).events[0]
    assert [name for name in event.__struct_fields__ if getattr(event, name) in ("", None, ())] == []


def test_every_field_of_a_row_is_filled_and_its_minute_is_whole() -> None:
    row = FactSource(3, STREAM).rows(7, 1, 1_790_000_012_345).rows[0]
    assert [name for name in row.__struct_fields__ if getattr(row, name) in ("", None)] == []
    assert (row.seq, row.start_ms % 60_000) == (7, 0)
