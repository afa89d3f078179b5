"""From an alarm and its belongings to its page. Pure."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from aggregator.alarms.records import Record, actor_of
from aggregator.alarms.repository import Belongings
from aggregator.alarms.schemas import (
    ActorView,
    AlarmDetail,
    AlarmEventView,
    CheckView,
    HistoryView,
    LinkView,
    NoticeView,
)
from aggregator.alarms.sops import Sop
from aggregator.alarms.states import ALLOWED, State
from aggregator.alarms.views import view_actor, view_alarm
from aggregator.storage.instants import from_ms

_SHA256: Final = 32
_texts: Final = msgspec.json.Decoder(dict[str, str])
_targets: Final = msgspec.json.Decoder(list[str])


def show_detail(record: Record, mine: Belongings, sop: Sop | None, seen: frozenset[str]) -> AlarmDetail:
    """The page of an alarm; `seen` are the other alarms of its links that may be named."""
    return AlarmDetail(
        **{name: getattr(view_alarm(record), name) for name in type(view_alarm(record)).model_fields},
        allowed=sorted(ALLOWED[record.case.state]),
        history=[_history(row) for row in mine.history],
        events=[_event(row) for row in mine.events],
        links=list(_links(record.id, mine.links, seen)),
        checklist=_checklist(sop, mine.checks),
        notices=[_notice(row) for row in mine.notices],
    )


def _history(row: Row[Any]) -> HistoryView:
    return HistoryView(
        at=from_ms(row.at_ms),
        action=row.action,
        state=State(row.state),
        version=row.version,
        by=ActorView(kind=row.actor_kind, id=row.actor_id, name=row.actor_name),
        detail=_texts.decode(row.detail),
    )


def _event(row: Row[Any]) -> AlarmEventView:
    digests = bytes(row.evidence or b"")
    return AlarmEventView(
        id=f"{row.node}:{row.stream}:{row.seq}",
        at=from_ms(row.occurred_at_ms),
        kind=row.kind,
        score=row.score_e3 / 1000,
        evidence=[digests[at : at + _SHA256].hex() for at in range(0, len(digests), _SHA256)],
    )


def _links(alarm_id: str, rows: Iterable[Row[Any]], seen: frozenset[str]) -> Iterable[LinkView]:
    for row in rows:
        is_mine = row.alarm == alarm_id
        other = row.target if is_mine else row.alarm
        if (row.kind == "alarm" and other not in seen) or (by := actor_of(row.actor)) is None:
            continue
        yield LinkView(
            kind=row.kind,
            target=other,
            direction="to" if is_mine else "from",
            at=from_ms(row.at_ms),
            by=ActorView(kind=by.kind, id=by.id, name=by.name),
        )


def _checklist(sop: Sop | None, rows: Iterable[Row[Any]]) -> list[CheckView]:
    ticks = {row.step: row for row in rows}
    found = []
    for step in sop.steps if sop else ():
        tick = ticks.get(step.id)
        found.append(
            CheckView(
                step=step.id,
                vi=step.vi,
                en=step.en,
                done_at=None if tick is None else from_ms(tick.at_ms),
                done_by=None if tick is None else view_actor(actor_of(tick.actor)),
            )
        )
    return found


def _notice(row: Row[Any]) -> NoticeView:
    return NoticeView(
        round=row.round,
        step=row.step,
        targets=_targets.decode(row.targets),
        due_at=from_ms(row.due_ms),
        state=row.state,
        detail=row.detail,
    )
