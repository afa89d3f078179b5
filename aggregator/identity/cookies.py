"""The session's cookie: nobody but the browser reads it, and no other site's page sends it."""

from starlette.responses import Response

from aggregator.identity.guard import SESSION_COOKIE
from aggregator.identity.service import SESSION_LIFE


def set_session(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser the cookie of a session."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def clear_session(response: Response, *, secure: bool) -> None:
    """Take it back."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=secure)
