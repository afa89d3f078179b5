"""`/api/v1/me`: who asks, and what people do with their own account."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response, status

from aggregator.errors import ForbiddenError
from aggregator.identity.accounts import AccountsService
from aggregator.identity.cookies import set_session
from aggregator.identity.guard import Guard, Session
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Kind, Principal
from aggregator.identity.schemas import Ended, Me, PasswordChange, Preferences, SessionList
from aggregator.identity.service import Visitor
from aggregator.identity.views import view_session
from aggregator.web.responses import problems


def me_router(accounts: AccountsService, guard: Guard, *, secure_cookies: bool) -> APIRouter:
    """Endpoints over `accounts`; each needs no more than to be somebody."""
    router = APIRouter(prefix="/api/v1/me", tags=["me"])
    anybody = Depends(guard.changing_password())
    signed_in = Depends(guard.signed_in())

    @router.get("", responses=problems(401, 403, 429, 503), summary="Show who asks")
    def me(request: Request, who: Annotated[Principal, anybody], session: Session = None) -> Me:
        """Who asks, what they may and where, and the token that a console's changes must carry."""
        visitor = guard.visitor(request, session) if who.kind is Kind.PERSON else None
        return _me(who, visitor)

    @router.post(
        "/password",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(400, 401, 403, 409, 413, 422, 429, 503),
        summary="Change one's own password",
    )
    def password(wanted: PasswordChange, request: Request, who: Annotated[Principal, anybody]) -> Response:
        """End every session of the account and begin a new one, whose cookie comes with the answer."""
        agent = request.headers.get("user-agent", "")
        token = accounts.choose_password(who, current=wanted.current, wanted=wanted.wanted, agent=agent)
        response = Response(status_code=status.HTTP_204_NO_CONTENT)
        set_session(response, token, secure=secure_cookies)
        return response

    @router.patch(
        "",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(400, 401, 403, 413, 422, 429, 503),
        summary="Change one's own preferences",
    )
    def prefer(wanted: Preferences, who: Annotated[Principal, signed_in]) -> Response:
        """Note in which language this person reads."""
        accounts.choose_language(_person(who), wanted.language)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    _add_sessions(router, accounts, signed_in)
    return router


def _add_sessions(router: APIRouter, accounts: AccountsService, signed_in: object) -> None:
    @router.get("/sessions", responses=problems(401, 403, 429, 503), summary="List one's own sessions")
    def sessions(who: Annotated[Principal, signed_in]) -> SessionList:
        """Where this person is signed in, the latest first."""
        found = accounts.sessions(_person(who).id)
        return SessionList(items=[view_session(each, who.session_id) for each in found])

    @router.delete("/sessions", responses=problems(401, 403, 429, 503), summary="Sign out everywhere")
    def end_all(who: Annotated[Principal, signed_in]) -> Ended:
        """End every session of this person, this one too."""
        return Ended(ended=accounts.end_sessions(_person(who), who.id))

    @router.delete(
        "/sessions/{session_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="End one of one's own sessions",
    )
    def end_one(
        session_id: Annotated[str, Path(max_length=32)], who: Annotated[Principal, signed_in]
    ) -> Response:
        """End the session with this id."""
        accounts.end_session(_person(who), who.id, session_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)


def _person(who: Principal) -> Principal:
    if who.kind is not Kind.PERSON:
        raise ForbiddenError("a key has no account of its own: sign in at the console")
    return who


def _me(who: Principal, visitor: Visitor | None) -> Me:
    areas = {each: who.areas_for(each) for each in Permission if who.may(each)}
    return Me(
        kind=who.kind.value,
        id=who.id,
        name=who.name,
        language=who.language,
        must_change=visitor is not None and visitor.must_change,
        single_sign_on=visitor is not None and not visitor.local,
        permissions={
            each.value: None if found is None else sorted(found) for each, found in sorted(areas.items())
        },
        csrf="" if visitor is None else visitor.csrf,
    )
