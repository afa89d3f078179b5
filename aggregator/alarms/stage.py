"""The city's operating stage, 1 (normal) to 5 (emergency): who set it when and why."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, Row, insert, select

from aggregator.alarms.records import actor_of, to_json
from aggregator.alarms.schemas import ActorView, StageHistory, StageView
from aggregator.alarms.states import SYSTEM, Actor
from aggregator.alarms.working import Log
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.storage.instants import from_ms, to_ms
from aggregator.storage.relational.alarms_tables import city_stages
from aggregator.storage.relational.engine import reading, writing

NORMAL: Final = 1


class StageService:
    """Sets and tells it; `on_changed` is told the new stage and must not block."""

    def __init__(
        self, engine: Engine, log: Log, clock: Callable[[], datetime], on_changed: Callable[[StageView], None]
    ) -> None:
        self._engine = engine
        self._log = log
        self._clock = clock
        self._on_changed = on_changed

    def now(self) -> StageView:
        """The stage that holds; 1 while nobody has set one."""
        found = self.history(1).items
        if found:
            return found[0]
        nobody = ActorView(kind=SYSTEM.kind, id=SYSTEM.id, name=SYSTEM.name)
        return StageView(stage=NORMAL, reason="", at=from_ms(0), by=nobody)

    def history(self, limit: int) -> StageHistory:
        """Stages, newest first."""
        query = select(city_stages).order_by(city_stages.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return StageHistory(items=[_view(row) for row in connection.execute(query)])

    def set(self, who: Principal, stage: int, reason: str) -> StageView:
        """Set it; setting what holds already is kept too, with its reason."""
        now = self._clock()
        actor = Actor(who.kind.value, who.id, who.name)
        with writing(self._engine) as connection:
            before = connection.execute(
                select(city_stages.c.stage).order_by(city_stages.c.id.desc()).limit(1)
            ).scalar_one_or_none()
            connection.execute(
                insert(city_stages).values(stage=stage, reason=reason, at_ms=to_ms(now), actor=to_json(actor))
            )
            detail = {"from": str(before or NORMAL), "to": str(stage), "reason": reason[:500]}
            self._log.append(connection, entry_by(who, "stage.set", "city", now, detail=detail))
        view = StageView(
            stage=stage, reason=reason, at=now, by=ActorView(kind=actor.kind, id=actor.id, name=actor.name)
        )
        self._on_changed(view)
        return view


def _view(row: Row[tuple[object, ...]]) -> StageView:
    by = actor_of(row.actor) or SYSTEM
    return StageView(
        stage=row.stage,
        reason=row.reason,
        at=from_ms(row.at_ms),
        by=ActorView(kind=by.kind, id=by.id, name=by.name),
    )
