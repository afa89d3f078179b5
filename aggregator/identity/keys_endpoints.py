"""`/api/v1/keys`, for who administers keys of programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response, status

from aggregator.identity.guard import Guard
from aggregator.identity.keys import KeysService, NewKey
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.schemas import KeyPage, KeyView, NewKeyRequest, NewKeyView
from aggregator.identity.scopes import KeyScope
from aggregator.identity.views import view_key
from aggregator.web.cursors import decode_cursor, encode_cursor
from aggregator.web.idempotency import Idempotency, Once
from aggregator.web.params import CursorParam, LimitParam
from aggregator.web.responses import problems

KeyId = Annotated[str, Path(max_length=36, description="id of a key")]


def keys_router(keys: KeysService, guard: Guard, idempotency: Idempotency) -> APIRouter:
    """Endpoints over `keys`; keys have no area of their own, so the permission must hold everywhere."""
    router = APIRouter(prefix="/api/v1/keys", tags=["keys"])
    administers = Depends(guard.requires(Permission.KEYS_ADMIN, everywhere=True))

    @router.get(
        "",
        dependencies=[administers],
        responses=problems(400, 401, 403, 422, 429, 503),
        summary="List keys",
    )
    def page(cursor: CursorParam = None, limit: LimitParam = 100) -> KeyPage:
        """Keys in the order of their making, the revoked ones too."""
        after = "" if cursor is None else decode_cursor(cursor, tuple[str])[0]
        found = keys.page(after=after, limit=limit + 1)
        items = found[:limit]
        more = encode_cursor((items[-1].id,)) if len(found) > limit else None
        return KeyPage(items=[view_key(each) for each in items], next_cursor=more)

    @router.get(
        "/{key_id}",
        dependencies=[administers],
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="Show one key",
    )
    def show(key_id: KeyId) -> KeyView:
        """One key, without its secret."""
        return view_key(keys.get(key_id))

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        response_model=NewKeyView,
        responses=problems(400, 401, 403, 409, 413, 422, 429, 503),
        summary="Make a key",
    )
    def create(
        wanted: NewKeyRequest,
        who: Annotated[Principal, administers],
        once: Annotated[Once, Depends(idempotency)],
    ) -> Response:
        """A key with its secret, shown this once; it may do no more than who makes it."""

        def make() -> NewKeyView:
            made, secret = keys.make(who, NewKey(wanted.name, _scope(wanted), wanted.expires_at))
            return NewKeyView(key=view_key(made), secret=secret)

        return once.answer(who.id, status.HTTP_201_CREATED, make)

    @router.delete(
        "/{key_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(401, 403, 404, 422, 429, 503),
        summary="Revoke a key",
    )
    def revoke(key_id: KeyId, who: Annotated[Principal, administers]) -> Response:
        """Make the key stop working at once."""
        keys.revoke(who, key_id)
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    return router


def _scope(wanted: NewKeyRequest) -> KeyScope:
    return KeyScope(
        None if wanted.permissions is None else frozenset(wanted.permissions),
        None if wanted.areas is None else frozenset(wanted.areas),
        None if wanted.sites is None else frozenset(wanted.sites),
    )
