"""From stored rules, silences and checklists to what people see, and what a change leaves of them. Pure."""

from aggregator.alarms.kept import Stored
from aggregator.alarms.rules import AlarmRule
from aggregator.alarms.rules_schemas import (
    HoursGiven,
    RuleGiven,
    RuleView,
    SilenceView,
    SopStepGiven,
    SopView,
    WhereGiven,
)
from aggregator.alarms.rules_service import StoredSilence
from aggregator.alarms.schemas import ActorView
from aggregator.alarms.sops import Sop
from aggregator.alarms.states import Actor
from aggregator.alarms.views import instant
from aggregator.storage.instants import from_ms


def view_rule(stored: Stored[AlarmRule]) -> RuleView:
    """A stored rule."""
    given = RuleGiven.of(stored.value)
    return RuleView(
        **{name: getattr(given, name) for name in RuleGiven.model_fields},
        id=stored.value.id,
        version=stored.version,
        updated_at=from_ms(stored.updated_ms),
        updated_by=_by(stored.updated_by),
    )


def view_silence(found: StoredSilence) -> SilenceView:
    """A stored silence."""
    stored = found.stored
    silence = stored.value
    return SilenceView(
        id=silence.id,
        reason=silence.reason,
        starts_at=from_ms(silence.starts_ms),
        ends_at=from_ms(silence.ends_ms),
        kinds=silence.kinds,
        where=WhereGiven.of(silence.where),
        hours=tuple(HoursGiven.of(each) for each in silence.hours),
        suppressed=found.suppressed,
        suppressed_at=instant(found.suppressed_ms),
        version=stored.version,
        updated_at=from_ms(stored.updated_ms),
        updated_by=_by(stored.updated_by),
    )


def view_sop(stored: Stored[Sop]) -> SopView:
    """A stored checklist."""
    sop = stored.value
    return SopView(
        kind=sop.kind,
        steps=tuple(SopStepGiven(id=step.id, vi=step.vi, en=step.en) for step in sop.steps),
        version=stored.version,
        updated_at=from_ms(stored.updated_ms),
        updated_by=_by(stored.updated_by),
    )


def _by(actor: Actor) -> ActorView:
    return ActorView(kind=actor.kind, id=actor.id, name=actor.name)
