"""`/api/v1/users` and `/api/v1/roles`, for who administers people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response, status

from aggregator.identity.accounts import AccountsService, Change, NewAccount
from aggregator.identity.guard import Guard
from aggregator.identity.permissions import PERMISSIONS, Permission
from aggregator.identity.principal import Principal
from aggregator.identity.schemas import (
    Ended,
    NewPassword,
    NewUser,
    NewUserView,
    RoleList,
    RoleView,
    SessionList,
    UserChange,
    UserPage,
    UserView,
)
from aggregator.identity.views import view_person, view_session
from aggregator.web.cursors import decode_cursor, encode_cursor
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems

UserId = Annotated[str, Path(max_length=36, description="id of a person")]


def users_router(accounts: AccountsService, guard: Guard, idempotency: Idempotency) -> APIRouter:
    """Endpoints over `accounts`; people have no area, so the permission must hold everywhere."""
    router = APIRouter(prefix="/api/v1", tags=["users"])
    administers = Depends(guard.requires(Permission.USERS_ADMIN, everywhere=True))
    _add_sessions(router, accounts, administers)
    _add_writes(router, accounts, administers, Depends(idempotency))

    @router.get(
        "/roles", dependencies=[administers], responses=problems(401, 403, 429, 503), summary="List roles"
    )
    def roles() -> RoleList:
        """What each role may do."""
        return RoleList(
            items=[RoleView(role=role, permissions=sorted(held)) for role, held in PERMISSIONS.items()]
        )

    @router.get(
        "/users",
        dependencies=[administers],
        responses=problems(400, 401, 403, 422, 429, 503),
        summary="List people",
    )
    def page(cursor: CursorParam = None, limit: LimitParam = 100) -> UserPage:
        """People by name, the disabled ones too."""
        after = "" if cursor is None else decode_cursor(cursor, tuple[str])[0]
        found = accounts.page(after=after, limit=limit + 1)
        items = found[:limit]
        more = encode_cursor((items[-1].name,)) if len(found) > limit else None
        return UserPage(items=[view_person(each) for each in items], next_cursor=more)

    @router.get(
        "/users/{user_id}",
        dependencies=[administers],
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="Show one person",
    )
    def show(user_id: UserId) -> UserView:
        """One person with their grants."""
        return view_person(accounts.get(user_id))

    return router


def _add_writes(router: APIRouter, accounts: AccountsService, administers: object, once: object) -> None:
    @router.post(
        "/users",
        status_code=status.HTTP_201_CREATED,
        response_model=NewUserView,
        responses=problems(400, 401, 403, 409, 413, 422, 429, 503),
        summary="Make a local account",
    )
    def create(
        wanted: NewUser, who: Annotated[Principal, administers], once: Annotated[Once, once]
    ) -> Response:
        """A person with a first password, shown this once, which they change when they first sign in."""

        def make() -> NewUserView:
            grants = tuple(grant.to_grant() for grant in wanted.grants)
            account = NewAccount(
                wanted.name, wanted.display_name, wanted.email, wanted.language, grants, wanted.reason
            )
            person, password = accounts.create(who, account)
            return NewUserView(user=view_person(person), password=password)

        return once.answer(who.id, status.HTTP_201_CREATED, make)

    @router.patch(
        "/users/{user_id}",
        responses=problems(400, 401, 403, 404, 409, 413, 422, 429, 503),
        summary="Change a person",
    )
    def change(user_id: UserId, wanted: UserChange, who: Annotated[Principal, administers]) -> UserView:
        """Names, grants, and whether they may sign in; grants hold from the next request on."""
        grants = None if wanted.grants is None else tuple(grant.to_grant() for grant in wanted.grants)
        found = accounts.change(
            who,
            user_id,
            Change(
                wanted.display_name, wanted.email, wanted.language, wanted.disabled, grants, wanted.reason
            ),
        )
        return view_person(found)

    @router.post(
        "/users/{user_id}/password",
        response_model=NewPassword,
        responses=problems(400, 401, 403, 404, 409, 422, 429, 503),
        summary="Reset a password",
    )
    def reset(
        user_id: UserId, who: Annotated[Principal, administers], once: Annotated[Once, once]
    ) -> Response:
        """A new first password, shown this once; the person's sessions end."""
        return once.answer(
            who.id,
            status.HTTP_200_OK,
            lambda: NewPassword(password=accounts.reset_password(who, user_id)),
        )


def _add_sessions(router: APIRouter, accounts: AccountsService, administers: object) -> None:
    @router.get(
        "/users/{user_id}/sessions",
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="List a person's sessions",
    )
    def sessions(user_id: UserId, who: Annotated[Principal, administers]) -> SessionList:
        """Where they are signed in, the latest first."""
        found = accounts.sessions(user_id)
        return SessionList(items=[view_session(each, who.session_id) for each in found])

    @router.delete(
        "/users/{user_id}/sessions",
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="Sign a person out everywhere",
    )
    def end_sessions(user_id: UserId, who: Annotated[Principal, administers]) -> Ended:
        """End all of their sessions."""
        return Ended(ended=accounts.end_sessions(who, user_id))
