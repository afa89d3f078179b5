"""Rules, silences and checklists: who may see and change them, and their changes in the audit log.

Invariants: who holds `alarms.rules` in some areas changes what concerns these areas alone; a change raises
the version and turns the projector's page in the same transaction; nothing that alarms name is deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Engine, Row, select
from uuid6 import uuid7

from aggregator.alarms.batch import CameraPlace
from aggregator.alarms.book import rule_decoder, silence_decoder
from aggregator.alarms.kept import Change, Shelf, Stored, stored_of
from aggregator.alarms.matching import precedence
from aggregator.alarms.rules import AlarmRule, Silence, Where
from aggregator.alarms.service import Within
from aggregator.alarms.sight import Sight, sight_of
from aggregator.alarms.sop_store import sop_decoder
from aggregator.alarms.sops import Sop
from aggregator.alarms.working import Log
from aggregator.errors import ConflictError, ForbiddenError, NotFoundError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.alarms_tables import alarm_rules, alarm_silences, alarm_sops
from aggregator.storage.relational.engine import reading

_WORK: Final = Permission.ALARM_RULES_WRITE


class RulePlaces(Within, Protocol):
    """What rules ask of the registry of places."""

    def site_of_camera(self, node: str, camera: str) -> CameraPlace:
        """Where a camera stands."""

    def area_of_site(self, site: str) -> str:
        """The area of a site; empty when nobody has said."""


@dataclass(frozen=True, slots=True)
class StoredSilence:
    """A silence and what it has kept from making alarms."""

    stored: Stored[Silence]
    suppressed: int
    suppressed_ms: int | None


class RulesService:
    """The use cases; `clock` gives aware UTC."""

    def __init__(self, engine: Engine, places: RulePlaces, log: Log, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._places = places
        self._clock = clock
        self._rules = Shelf(engine, alarm_rules, log, clock)
        self._silences = Shelf(engine, alarm_silences, log, clock)
        self._sops = Shelf(engine, alarm_sops, log, clock)

    def rules(self, who: Principal) -> list[Stored[AlarmRule]]:
        """Rules that concern what somebody sees, in the order in which they decide."""
        sight = self._sight(who, Permission.ALARMS_READ)
        query = select(alarm_rules).where(alarm_rules.c.removed_ms.is_(None))
        with reading(self._engine) as connection:
            found = [stored_of(row, rule_decoder.decode(row.body)) for row in connection.execute(query)]
        seen = [each for each in found if self._concerns(each.value.where, sight)]
        return sorted(seen, key=lambda each: precedence(each.value))

    def rule(self, who: Principal, rule_id: str) -> Stored[AlarmRule]:
        """One of them; raises NotFoundError."""
        found = [each for each in self.rules(who) if each.value.id == rule_id]
        if not found:
            raise _no_such("rule", "alarm-rules")
        return found[0]

    def add_rule(self, who: Principal, given: Callable[[str], AlarmRule]) -> Stored[AlarmRule]:
        """Add a rule; raises ForbiddenError outside the caller's areas."""
        rule = given(str(uuid7()))
        self._must_reach(who, rule.where)
        return self._rules.add(Change(who, "alarm_rule.added", rule.id), rule)

    def change_rule(
        self,
        who: Principal,
        rule_id: str,
        version: int | None,
        change: Callable[[AlarmRule], AlarmRule],
    ) -> Stored[AlarmRule]:
        """Change a rule; raises NotFoundError, ForbiddenError, AlarmMovedOnError."""
        before = self.rule(who, rule_id)
        after = change(before.value)
        self._must_reach(who, before.value.where)
        self._must_reach(who, after.where)
        return self._rules.put(Change(who, "alarm_rule.changed", rule_id, version), before, after)

    def remove_rule(self, who: Principal, rule_id: str, version: int | None) -> None:
        """Take a rule out of force for good; alarms that it opened keep its steps."""
        before = self.rule(who, rule_id)
        self._must_reach(who, before.value.where)
        removed = {"removed_ms": to_ms(self._clock())}
        self._rules.put(Change(who, "alarm_rule.removed", rule_id, version, removed), before, before.value)

    def silences(self, who: Principal, *, ended: bool) -> list[StoredSilence]:
        """Silences that concern what somebody sees, newest first; those that have ended too if asked."""
        sight = self._sight(who, Permission.ALARMS_READ)
        query = select(alarm_silences).order_by(alarm_silences.c.id.desc()).limit(1000)
        if not ended:
            query = query.where(alarm_silences.c.ends_ms > to_ms(self._clock()))
        with reading(self._engine) as connection:
            found = [_silence(row) for row in connection.execute(query)]
        return [each for each in found if self._concerns(each.stored.value.where, sight)]

    def silence(self, who: Principal, silence_id: str) -> StoredSilence:
        """One of them; raises NotFoundError."""
        query = select(alarm_silences).where(alarm_silences.c.id == silence_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        found = None if row is None else _silence(row)
        sight = self._sight(who, Permission.ALARMS_READ)
        if found is None or not self._concerns(found.stored.value.where, sight):
            raise _no_such("silence", "silences")
        return found

    def add_silence(self, who: Principal, given: Callable[[str], Silence]) -> StoredSilence:
        """Add a silence; raises ForbiddenError outside the caller's areas."""
        silence = given(str(uuid7()))
        self._must_reach(who, silence.where)
        times = {"starts_ms": silence.starts_ms, "ends_ms": silence.ends_ms}
        stored = self._silences.add(Change(who, "silence.added", silence.id, more=times), silence)
        return StoredSilence(stored, 0, None)

    def change_silence(
        self, who: Principal, silence_id: str, version: int | None, change: Callable[[Silence], Silence]
    ) -> StoredSilence:
        """Change a silence; raises NotFoundError, ForbiddenError, AlarmMovedOnError."""
        before = self.silence(who, silence_id)
        after = change(before.stored.value)
        self._must_reach(who, before.stored.value.where)
        self._must_reach(who, after.where)
        times = {"starts_ms": after.starts_ms, "ends_ms": after.ends_ms}
        change_of = Change(who, "silence.changed", silence_id, version, times)
        stored = self._silences.put(change_of, before.stored, after)
        return replace(before, stored=stored)

    def end_silence(self, who: Principal, silence_id: str, version: int | None) -> None:
        """End a silence now; what it kept quiet stays counted."""
        now_ms = to_ms(self._clock())
        self.change_silence(
            who, silence_id, version, lambda silence: replace(silence, ends_ms=min(silence.ends_ms, now_ms))
        )

    def sops(self) -> list[Stored[Sop]]:
        """All checklists, by kind."""
        query = select(alarm_sops).where(alarm_sops.c.removed_ms.is_(None)).order_by(alarm_sops.c.kind)
        with reading(self._engine) as connection:
            return [stored_of(row, sop_decoder.decode(row.body)) for row in connection.execute(query)]

    def sop(self, kind: str) -> Stored[Sop]:
        """The checklist of a kind; raises NotFoundError."""
        found = [each for each in self.sops() if each.value.kind == kind]
        if not found:
            raise _no_such("checklist", "sops")
        return found[0]

    def add_sop(self, who: Principal, sop: Sop) -> Stored[Sop]:
        """Add the checklist of a kind that has none; raises ConflictError."""
        with reading(self._engine) as connection:
            row = connection.execute(select(alarm_sops).where(alarm_sops.c.kind == sop.kind)).one_or_none()
        if row is None:
            return self._sops.add(Change(who, "sop.added", sop.kind), sop)
        if row.removed_ms is None:
            raise ConflictError(f"{sop.kind!r} has a checklist: change it by PATCH /api/v1/sops/{sop.kind}")
        again = Change(who, "sop.added", sop.kind, more={"removed_ms": None})
        return self._sops.put(again, stored_of(row, sop), sop)

    def change_sop(self, who: Principal, sop: Sop, version: int | None) -> Stored[Sop]:
        """Change a checklist; ticks stay with the ids of its steps. Raises NotFoundError."""
        return self._sops.put(Change(who, "sop.changed", sop.kind, version), self.sop(sop.kind), sop)

    def remove_sop(self, who: Principal, kind: str, version: int | None) -> None:
        """Take a checklist away; raises NotFoundError."""
        before = self.sop(kind)
        removed = {"removed_ms": to_ms(self._clock())}
        self._sops.put(Change(who, "sop.removed", kind, version, removed), before, before.value)

    def _sight(self, who: Principal, permission: Permission) -> Sight:
        return sight_of(who, permission, lambda areas: self._places.within(areas) or frozenset())

    def _concerns(self, where: Where, sight: Sight) -> bool:
        """Whether a place has to do with what is in sight."""
        mine = sight.areas
        if mine is None or where == Where():
            return True
        covered = self._places.within(frozenset(where.areas)) or frozenset()
        return bool((covered | self._areas_of(where)) & mine)

    def _must_reach(self, who: Principal, where: Where) -> None:
        """Raise ForbiddenError unless all of a place is the caller's to rule over."""
        mine = self._sight(who, _WORK).areas
        if mine is None:
            return
        named = frozenset(where.areas) | self._areas_of(where)
        if where == Where() or not named <= mine:
            raise ForbiddenError(
                "this reaches beyond your areas: name areas, sites or cameras that lie within them"
            )

    def _areas_of(self, where: Where) -> frozenset[str]:
        cameras = [each.split("/", 1) for each in where.cameras]
        return frozenset(self._places.area_of_site(site) for site in where.sites) | frozenset(
            self._places.site_of_camera(node, camera).area for node, camera in cameras
        )


def _silence(row: Row[Any]) -> StoredSilence:
    stored = stored_of(row, silence_decoder.decode(row.body))
    return StoredSilence(stored, row.suppressed, row.suppressed_at_ms)


def _no_such(what: str, address: str) -> NotFoundError:
    return NotFoundError(f"there is no such {what}; GET /api/v1/{address} lists those that you may see")
