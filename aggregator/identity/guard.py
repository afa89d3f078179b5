"""FastAPI dependencies that let a request pass.

A program shows a key (`Authorization: Bearer` or `X-API-Key`); a console shows its session cookie,
which serves reading alone, so that no other site's form can change anything through it.
"""

from typing import Annotated, Final

from fastapi import Cookie, Depends, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from aggregator.errors import UnauthenticatedError
from aggregator.identity.service import READ, WRITE_NODES, IdentityService

SESSION_COOKIE: Final = "matthan_session"
_bearer = HTTPBearer(auto_error=False, description="An API key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key")


def _shown_key(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> str | None:
    return bearer.credentials if bearer is not None else header


Key = Annotated[str | None, Depends(_shown_key)]
Session = Annotated[str | None, Cookie(alias=SESSION_COOKIE, include_in_schema=False)]


class Guard:
    """Dependencies over the identity service."""

    def __init__(self, identity: IdentityService) -> None:
        self._identity = identity

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
