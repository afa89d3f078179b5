"""Who may talk to the editor: this machine's browser that opened the printed address, once. Pure.

The address carries a random token that works once; it is traded for a cookie. The name in the Host header
must be a name of this machine, so that no page elsewhere reaches the editor under a name of its own.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from enum import Enum
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Admission(Enum):
    """What is to be done with a request."""

    SERVE = "serve"
    OPEN = "open"
    """The token was right: give the cookie."""
    WRONG_HOST = "wrong_host"
    WRONG_ORIGIN = "wrong_origin"
    USED = "used"
    STRANGER = "stranger"


def _random() -> str:
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class Guard:
    """The door of one editor.

    Attributes:
        cookie: name of the cookie; cookies of one host are shared by its ports, so it names the port.
        token: what the printed address carries; empty once it was used.
        key: what the cookie carries.
    """

    cookie: str
    token: str = field(default_factory=_random)
    key: str = field(default_factory=_random)

    def admit(self, *, host: str, origin: str, cookies: str, token: str) -> Admission:
        """Judge a request by its headers and the token in its address; uses the token up."""
        if _name(host) not in NAMES:
            return Admission.WRONG_HOST
        if origin and origin != f"http://{host}":
            return Admission.WRONG_ORIGIN
        if token:
            if self.token and hmac.compare_digest(token.encode(), self.token.encode()):
                self.token = ""
                return Admission.OPEN
            return Admission.SERVE if self._knows(cookies) else Admission.USED
        return Admission.SERVE if self._knows(cookies) else Admission.STRANGER

    def set_cookie(self) -> str:
        """The header that gives the cookie."""
        return f"{self.cookie}={self.key}; HttpOnly; SameSite=Strict; Path=/"

    def _knows(self, cookies: str) -> bool:
        try:
            morsel = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self.key.encode())


def _name(host: str) -> str:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name
