"""FastAPI dependencies that let a request pass.

A program shows a key (`Authorization: Bearer` or `X-API-Key`); a console shows its session cookie,
and for changes the session's token beside it, so that no other site's page can change anything through it.
"""

import hmac
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Cookie, Depends, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from aggregator.errors import ForbiddenError, UnauthenticatedError
from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.identity.service import READ, WRITE_NODES, IdentityService

SESSION_COOKIE: Final = "matthan_session"
CSRF_HEADER: Final = "X-CSRF-Token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer = HTTPBearer(auto_error=False, description="An API key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key")


def _shown_key(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> str | None:
    return bearer.credentials if bearer is not None else header


Key = Annotated[str | None, Depends(_shown_key)]
Session = Annotated[str | None, Cookie(alias=SESSION_COOKIE, include_in_schema=False)]


class Requires:
    """Dependency of an endpoint; the table of authorisation reads its `permission`."""

    def __init__(self, permission: Permission, who: Callable[..., Principal]) -> None:
        self.permission = permission
        self._who = who

    def __call__(
        self,
        request: Request,
        key: Key,
        session: Session = None,
        csrf: Annotated[str | None, Header(alias=CSRF_HEADER, include_in_schema=False)] = None,
    ) -> Principal:
        """Who asks, if they may."""
        who = self._who(request, key, session, csrf)
        if not who.may(self.permission):
            raise ForbiddenError(
                f"{who.name!r} may not do this: it takes the permission {self.permission.value!r}, "
                "which an administrator can give"
            )
        return who


class Guard:
    """Dependencies over the identity service."""

    def __init__(self, identity: IdentityService) -> None:
        self._identity = identity

    def requires(self, permission: Permission) -> "Requires":
        """Dependency that gives who asks, and lets nobody pass who may not do `permission` anywhere."""
        return Requires(permission, self.who)

    def who(self, request: Request, key: str | None, session: str | None, csrf: str | None) -> Principal:
        """Who asks; raises UnauthenticatedError, or ForbiddenError for a change without the session's token.

        Another site's page can make a browser send the cookie, and cannot read the token.
        """
        if key is not None:
            return self._identity.principal_of_key(key)
        found = None if session is None else self._identity.principal_of_session(session)
        if found is None:
            raise UnauthenticatedError(
                "sign in, or send an API key as `Authorization: Bearer …` or `X-API-Key`; "
                "the first one stands in the server's data directory"
            )
        who, token = found
        if request.method not in _SAFE and not hmac.compare_digest(csrf or "", token):
            raise ForbiddenError(f"send the session's token as {CSRF_HEADER}: load the page again")
        return who

    def reader(self, key: Key, session: Session = None) -> None:
        """Pass whoever may read: a key with the scope, or a signed-in console."""
        if key is not None:
            self._identity.check_key(key, READ)
        elif session is None or self._identity.session(session) is None:
            raise UnauthenticatedError(
                "send an API key as `Authorization: Bearer …` or `X-API-Key`; "
                "the first one stands in the server's data directory"
            )

    def sites_of(self, key: str) -> frozenset[str] | None:
        """Sites whose time series a key may read, None for all of them."""
        return self._identity.sites_of(key)

    def nodes_writer(self, key: Key) -> None:
        """Pass a key that may register and revoke nodes."""
        if key is None:
            raise UnauthenticatedError("send an API key as `Authorization: Bearer …` or `X-API-Key`")
        self._identity.check_key(key, WRITE_NODES)
