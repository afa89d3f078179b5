"""From records to what people see. Pure."""

from datetime import datetime

from aggregator.alarms.records import Record
from aggregator.alarms.schemas import ActorView, AlarmView, AssigneeView, RateView, SourceRateView
from aggregator.alarms.states import Actor, Assignee
from aggregator.alarms.verdicts import Rate, SourceRate
from aggregator.storage.instants import from_ms


def view_alarm(record: Record) -> AlarmView:
    """An alarm as it is listed."""
    case = record.case
    return AlarmView(
        id=record.id,
        kind=record.kind,
        severity=record.severity,
        work=record.work,
        state=case.state,
        rule=record.rule,
        node=record.node,
        camera=record.camera,
        zone_or_line=record.zone_or_line,
        class_=record.class_name,
        scene_rule=record.scene_rule,
        site=record.site,
        area=record.area,
        agency=record.agency,
        lat=record.lat,
        lon=record.lon,
        count=record.count,
        first_event=record.first_event,
        last_event=record.last_event,
        first_at=from_ms(record.first_at_ms),
        last_at=from_ms(record.last_at_ms),
        ended_at=instant(record.ended_at_ms),
        late=record.is_late,
        opened_at=from_ms(record.opened_at_ms),
        acknowledged_at=instant(case.acknowledged_ms),
        acknowledged_by=view_actor(case.acknowledged_by),
        assignee=_view_assignee(case.assignee),
        assigned_at=instant(case.assigned_ms),
        closed_at=instant(case.closed_ms),
        closed_by=view_actor(case.closed_by),
        verdict=case.verdict,
        snoozed_until=instant(case.snoozed_until_ms),
        told=record.told.bit_count(),
        next_step_at=instant(record.due_ms),
        round=case.round,
        version=case.version,
        updated_at=from_ms(record.updated_ms),
    )


def view_actor(actor: Actor | None) -> ActorView | None:
    """An actor, if there is one."""
    return None if actor is None else ActorView(kind=actor.kind, id=actor.id, name=actor.name)


def view_rate(rate: Rate) -> RateView:
    """A share with what it is made of."""
    share = rate.share
    return RateView(false=rate.false, judged=rate.judged, share=None if share is None else round(share, 4))


def view_source(found: SourceRate) -> SourceRateView:
    """The rates of one source."""
    source = found.source
    return SourceRateView(
        node=source.node,
        camera=source.camera,
        rule=source.rule,
        kind=source.kind,
        all=view_rate(found.all),
        day=view_rate(found.day),
        night=view_rate(found.night),
    )


def instant(ms: int | None) -> datetime | None:
    """An instant, if there is one."""
    return None if ms is None else from_ms(ms)


def _view_assignee(assignee: Assignee | None) -> AssigneeView | None:
    if assignee is None:
        return None
    return AssigneeView.model_validate({"kind": assignee.kind, "id": assignee.id, "name": assignee.name})
