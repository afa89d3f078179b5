"""`/api/v1/alarm-rules`, `/silences`, `/sops`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from aggregator.alarms.params import IdPath, IfMatch, KindPath, version_of
from aggregator.alarms.rules import AlarmRule, Silence
from aggregator.alarms.rules_schemas import (
    RuleChange,
    RuleGiven,
    Rules,
    RuleView,
    SilenceChange,
    SilenceGiven,
    Silences,
    SilenceView,
    SopChange,
    SopGiven,
    Sops,
    SopView,
)
from aggregator.alarms.rules_service import RulesService
from aggregator.alarms.rules_views import view_rule, view_silence, view_sop
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.responses import problems

_CREATED = status.HTTP_201_CREATED
_GONE = status.HTTP_204_NO_CONTENT


def rules_router(service: RulesService, guard: Guard, once: Idempotency) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(prefix="/api/v1", tags=["alarm rules"], responses=problems(401, 403, 422, 429, 503))
    _add_rules(router, service, guard, once)
    _add_silences(router, service, guard, once)
    _add_sops(router, service, guard, once)
    return router


def _add_rules(router: APIRouter, service: RulesService, guard: Guard, once: Idempotency) -> None:
    reads = guard.requires(Permission.ALARMS_READ)
    writes = guard.requires(Permission.ALARM_RULES_WRITE)

    @router.get("/alarm-rules", summary="List alarm rules")
    def list_rules(who: Annotated[Principal, Depends(reads)]) -> Rules:
        """Rules that concern the caller's areas, in the order in which they decide."""
        return Rules(items=[view_rule(each) for each in service.rules(who)])

    @router.get("/alarm-rules/{rule}", summary="Show one rule", responses=problems(404))
    def show_rule(rule: IdPath, who: Annotated[Principal, Depends(reads)]) -> RuleView:
        """One rule."""
        return view_rule(service.rule(who, rule))

    @router.post("/alarm-rules", status_code=_CREATED, response_model=RuleView, summary="Add a rule")
    def add_rule(
        given: RuleGiven,
        who: Annotated[Principal, Depends(writes)],
        request: Annotated[Once, Depends(once)],
    ) -> Response:
        """It holds for events that are taken from now on."""
        return request.answer(who.id, _CREATED, lambda: view_rule(service.add_rule(who, given.rule)))

    @router.patch("/alarm-rules/{rule}", summary="Change a rule", responses=problems(400, 404, 409, 413))
    def change_rule(
        rule: IdPath,
        given: RuleChange,
        who: Annotated[Principal, Depends(writes)],
        if_match: IfMatch = None,
    ) -> RuleView:
        """Only what is given changes; alarms that are open keep the steps they were opened with."""

        def changed(before: AlarmRule) -> AlarmRule:
            return given.applied(before)

        return view_rule(service.change_rule(who, rule, version_of(if_match), changed))

    @router.delete(
        "/alarm-rules/{rule}",
        status_code=_GONE,
        summary="Remove a rule",
        responses=problems(400, 404, 409, 413),
    )
    def remove_rule(
        rule: IdPath, who: Annotated[Principal, Depends(writes)], if_match: IfMatch = None
    ) -> Response:
        """Its alarms stay, and go on to be told by its steps."""
        service.remove_rule(who, rule, version_of(if_match))
        return Response(status_code=_GONE)


def _add_silences(router: APIRouter, service: RulesService, guard: Guard, once: Idempotency) -> None:
    reads = guard.requires(Permission.ALARMS_READ)
    writes = guard.requires(Permission.ALARM_RULES_WRITE)

    @router.get("/silences", summary="List silences")
    def list_silences(
        who: Annotated[Principal, Depends(reads)],
        *,
        ended: Annotated[bool, Query(description="those that have ended, too")] = False,
    ) -> Silences:
        """Silences that concern the caller's areas, newest first, with what they have kept quiet."""
        return Silences(items=[view_silence(each) for each in service.silences(who, ended=ended)])

    @router.get("/silences/{silence}", summary="Show one silence", responses=problems(404))
    def show_silence(silence: IdPath, who: Annotated[Principal, Depends(reads)]) -> SilenceView:
        """One silence."""
        return view_silence(service.silence(who, silence))

    @router.post("/silences", status_code=_CREATED, response_model=SilenceView, summary="Add a silence")
    def add_silence(
        given: SilenceGiven,
        who: Annotated[Principal, Depends(writes)],
        request: Annotated[Once, Depends(once)],
    ) -> Response:
        """Events that occur within it make no alarms and join none; they are counted."""
        return request.answer(who.id, _CREATED, lambda: view_silence(service.add_silence(who, given.silence)))

    @router.patch("/silences/{silence}", summary="Change a silence", responses=problems(400, 404, 409, 413))
    def change_silence(
        silence: IdPath,
        given: SilenceChange,
        who: Annotated[Principal, Depends(writes)],
        if_match: IfMatch = None,
    ) -> SilenceView:
        """Only what is given changes."""

        def changed(before: Silence) -> Silence:
            return given.applied(before)

        return view_silence(service.change_silence(who, silence, version_of(if_match), changed))

    @router.delete(
        "/silences/{silence}",
        status_code=_GONE,
        summary="End a silence",
        responses=problems(400, 404, 409, 413),
    )
    def end_silence(
        silence: IdPath, who: Annotated[Principal, Depends(writes)], if_match: IfMatch = None
    ) -> Response:
        """Now; it stays in the list of those that have ended."""
        service.end_silence(who, silence, version_of(if_match))
        return Response(status_code=_GONE)


def _add_sops(router: APIRouter, service: RulesService, guard: Guard, once: Idempotency) -> None:
    reads = Depends(guard.requires(Permission.ALARMS_READ))
    writes = guard.requires(Permission.ALARM_RULES_WRITE, everywhere=True)

    @router.get("/sops", dependencies=[reads], summary="List checklists")
    def list_sops() -> Sops:
        """The checklist of each kind of event."""
        return Sops(items=[view_sop(each) for each in service.sops()])

    @router.get("/sops/{kind}", dependencies=[reads], summary="Show a checklist", responses=problems(404))
    def show_sop(kind: KindPath) -> SopView:
        """The checklist of a kind of event."""
        return view_sop(service.sop(kind))

    @router.post(
        "/sops",
        status_code=_CREATED,
        response_model=SopView,
        summary="Add a checklist",
        responses=problems(409, 413),
    )
    def add_sop(
        given: SopGiven,
        who: Annotated[Principal, Depends(writes)],
        request: Annotated[Once, Depends(once)],
    ) -> Response:
        """For a kind that has none."""
        return request.answer(who.id, _CREATED, lambda: view_sop(service.add_sop(who, given.sop(given.kind))))

    @router.patch("/sops/{kind}", summary="Change a checklist", responses=problems(400, 404, 409, 413))
    def change_sop(
        kind: KindPath,
        given: SopChange,
        who: Annotated[Principal, Depends(writes)],
        if_match: IfMatch = None,
    ) -> SopView:
        """A step that keeps its id keeps its ticks."""
        return view_sop(service.change_sop(who, given.sop(kind), version_of(if_match)))

    @router.delete(
        "/sops/{kind}",
        status_code=_GONE,
        summary="Remove a checklist",
        responses=problems(400, 404, 409, 413),
    )
    def remove_sop(
        kind: KindPath, who: Annotated[Principal, Depends(writes)], if_match: IfMatch = None
    ) -> Response:
        """Ticks on alarms stay stored."""
        service.remove_sop(who, kind, version_of(if_match))
        return Response(status_code=_GONE)
