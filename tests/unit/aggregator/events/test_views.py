from datetime import UTC, datetime

import pytest

from aggregator.events.views import OPEN_ALARM_KINDS, event_id, parse_event_id, view_event
from fleet.wire.messages import Event

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("node-1:0123456789abcdef:7", ("node-1", "0123456789abcdef", 7)),
        ("node-1:0123456789abcdef:0", None),
        ("node-1:0123456789abcdef:07", None),
        ("node-1:0123456789abcde:7", None),
        ("node-1:0123456789abcdef:7\n", None),
        ("NODE:0123456789abcdef:7", None),
        ("node-1:0123456789abcdef:٧", None),
        ("", None),
    ],
)
def test_an_id_is_parsed_or_is_none(text: str, expected: tuple[str, str, int] | None) -> None:
    assert expected == parse_event_id(text)
    if expected is not None:
        assert text == event_id(*expected)


@pytest.mark.parametrize(
    ("kind", "alarm"), [("intruded", True), ("crowd_cleared", False), ("line_crossed", False)]
)
def test_what_calls_somebody_is_an_alarm(kind: str, *, alarm: bool) -> None:
    event = Event(seq=1, occurred_at_ms=0, clock=0, kind=kind, rule="r", camera="c")
    assert alarm == view_event(event, node="node-1", stream="0" * 16, received_at=NOW).alarm
    assert alarm == (kind in OPEN_ALARM_KINDS)


def test_a_time_past_all_calendars_is_shown_as_their_end() -> None:
    event = Event(seq=1, occurred_at_ms=2**52, clock=2, kind="k", rule="r", camera="c")
    assert view_event(event, node="node-1", stream="0" * 16, received_at=NOW).occurred_at.year == 9999
