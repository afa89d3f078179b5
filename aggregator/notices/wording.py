"""What a notice of an alarm says, in the receiver's language. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Final

from aggregator.notices.channel import Message
from aggregator.storage.instants import from_ms

_LOCAL: Final = timezone(timedelta(hours=7))
_URGENT: Final = frozenset({"high", "critical"})
_SHOWN: Final = 10
_SEVERITY: Final = {"low": "thấp", "medium": "vừa", "high": "cao", "critical": "nghiêm trọng"}


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What of an alarm is told."""

    id: str
    kind: str
    severity: str
    node: str
    camera: str
    site: str
    first_at_ms: int
    count: int
    step: int
    round: int


def worded(message_id: str, alarms: Sequence[AlarmFacts], language: str) -> Message:
    """One message over one alarm, or a digest over several; the first is the one that is named."""
    first = alarms[0]
    title = _title(first, language)
    if len(alarms) > 1:
        more = len(alarms) - 1
        title += f" và {more} cảnh báo khác" if language == "vi" else f" and {more} more"
    text = "\n".join(_line(alarm, language) for alarm in alarms[:_SHOWN])
    if len(alarms) > _SHOWN:
        more = len(alarms) - _SHOWN
        text += f"\n… và {more} cảnh báo khác" if language == "vi" else f"\n… and {more} more"
    return Message(message_id, title, text, any(each.severity in _URGENT for each in alarms))


def _title(alarm: AlarmFacts, language: str) -> str:
    place = alarm.site or alarm.node
    if language == "vi":
        return f"[{_SEVERITY.get(alarm.severity, alarm.severity)}] {alarm.kind} tại {place}"
    return f"[{alarm.severity}] {alarm.kind} at {place}"


def _line(alarm: AlarmFacts, language: str) -> str:
    at = from_ms(alarm.first_at_ms).astimezone(_LOCAL).strftime("%H:%M:%S %d/%m/%Y")
    where = f"{alarm.node}/{alarm.camera}"
    if language == "vi":
        return f"{_title(alarm, language)}, camera {where}, lúc {at}, {alarm.count} sự kiện, mã {alarm.id}"
    return f"{_title(alarm, language)}, camera {where}, at {at}, {alarm.count} events, id {alarm.id}"
