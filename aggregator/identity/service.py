"""Who asks, and what they may: keys with scopes for programs, passwords and sessions for people.

Invariants: no secret is stored, only digests; an unknown name costs the same time as a wrong
password; at most two argon2 computations run at once, so that knocking cannot take the machine.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from aggregator.errors import ForbiddenError, TooManyAttemptsError, UnauthenticatedError
from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.identity.repository import IdentityRepository, SessionRecord
from aggregator.identity.throttle import Throttle
from aggregator.identity.tokens import digest, new_api_key, new_password, new_session_token

READ: Final = "read"
QUERY: Final = "query"
"""Time series over /query, and nothing else; of the sites that `site:…` scopes name."""
_SITE: Final = "site:"
_EVERY_SITE: Final = "site:*"
WRITE_NODES: Final = "nodes:write"
ADMIN: Final = "admin"
"""Scopes of keys; `admin` holds every other."""
_NAMES: Final = frozenset(permission.value for permission in Permission)
_JOINED: Final[Mapping[str, frozenset[Permission]]] = {
    READ: frozenset(
        {
            Permission.EVENTS_READ,
            Permission.MEASUREMENTS_READ,
            Permission.NODES_READ,
            Permission.STREAMS_READ,
            Permission.TIMESERIES_QUERY,
        }
    ),
    QUERY: frozenset({Permission.TIMESERIES_QUERY}),
    WRITE_NODES: frozenset({Permission.NODES_WRITE}),
}
"""Scopes that stand for several permissions; any permission's own name is a scope too."""
FIRST_USER: Final = "admin"
SESSION_LIFE: Final = timedelta(hours=12)
_MAX_PASSWORD: Final = 256
_HASHERS: Final = 2


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """Secrets of the first start, shown once."""

    user: str
    password: str
    api_key: str


class IdentityService:
    """The use cases. `clock` gives aware UTC."""

    def __init__(self, repository: IdentityRepository, clock: Callable[[], datetime]) -> None:
        self._repository = repository
        self._clock = clock
        self._hasher = PasswordHasher()
        self._no_such_user = self._hasher.hash(new_password())
        self._hashing = threading.BoundedSemaphore(_HASHERS)
        self._throttle = Throttle()
        self._throttle_lock = threading.Lock()

    def propose_first_login(self) -> FirstLogin | None:
        """Secrets for a first start, valid once accepted; None when there are keys or people already."""
        if self._repository.count_keys() or self._repository.count_users():
            return None
        return FirstLogin(FIRST_USER, new_password(), new_api_key())

    def accept_first_login(self, login: FirstLogin) -> None:
        """Make the proposed secrets valid; call it once they are where their owner finds them."""
        now = self._clock()
        password_hash = self._hasher.hash(login.password)
        self._repository.add_user(
            name=login.user, password_hash=password_hash, grants=(Grant(Role.ADMIN),), now=now
        )
        self._repository.add_key(
            name="first start", hash_=digest(login.api_key), scopes=frozenset({ADMIN}), now=now
        )

    def check_key(self, key: str, scope: str) -> None:
        """Let a key pass that has `scope`; raises UnauthenticatedError or ForbiddenError."""
        found = self._repository.key(digest(key), self._clock())
        if found is None:
            raise UnauthenticatedError("this API key is not known or was revoked: check the key")
        if ADMIN not in found.scopes and scope not in found.scopes:
            raise ForbiddenError(f"the key {found.name!r} lacks the scope {scope!r}: use one that has it")

    def principal_of_key(self, key: str) -> Principal:
        """Who shows this key; raises UnauthenticatedError."""
        found = self._repository.key(digest(key), self._clock())
        if found is None:
            raise UnauthenticatedError("this API key is not known, was revoked or has expired: check the key")
        if ADMIN in found.scopes:
            return Principal(Kind.KEY, found.id, found.name, (Grant(Role.ADMIN),))
        only = {Permission(scope) for scope in found.scopes if scope in _NAMES}
        for scope in found.scopes:
            only |= _JOINED.get(scope, frozenset())
        return Principal(Kind.KEY, found.id, found.name, (Grant(Role.ADMIN),), frozenset(only))

    def principal_of_session(self, token: str) -> tuple[Principal, str] | None:
        """Who is signed in with this cookie, and what their changes must carry; None for nobody."""
        found = self.session(token)
        if found is None:
            return None
        who = Principal(
            Kind.PERSON,
            found.user_id,
            found.user_name,
            found.grants,
            language=found.language,
            session_id=digest(token).hex()[:16],
        )
        return who, found.csrf

    def sites_of(self, key: str) -> frozenset[str] | None:
        """Sites whose time series a key may read, None for all; raises as `check_key` does."""
        found = self._repository.key(digest(key), self._clock())
        if found is None:
            raise UnauthenticatedError("this API key is not known or was revoked: check the key")
        if found.scopes & {ADMIN, READ} or (QUERY in found.scopes and _EVERY_SITE in found.scopes):
            return None
        if QUERY not in found.scopes:
            raise ForbiddenError(f"the key {found.name!r} lacks the scope {QUERY!r}: use one that has it")
        return frozenset(
            unquote(scope.removeprefix(_SITE)) for scope in found.scopes if scope.startswith(_SITE)
        )

    def add_query_key(self, name: str, sites: Iterable[str] | None) -> str:
        """New key for a dashboard server, which reads the time series of `sites` (None: of all)."""
        named = {_EVERY_SITE} if sites is None else {_SITE + quote(site, safe="") for site in sites}
        key = new_api_key()
        self._repository.add_key(
            name=name, hash_=digest(key), scopes=frozenset({QUERY, *named}), now=self._clock()
        )
        return key

    def sign_in(self, name: str, password: str, *, address: str) -> str:
        """Session token of a person; raises UnauthenticatedError or TooManyAttemptsError."""
        key = f"{name[:64]}\n{address}"
        with self._throttle_lock:
            wait_s = self._throttle.wait_s(key, time.monotonic())
        if wait_s > 0:
            raise TooManyAttemptsError(
                f"wrong passwords came too fast: try again in {wait_s:.0f} s", retry_after_s=wait_s
            )
        user = None if "\x00" in name else self._repository.user(name)  # PostgreSQL takes no such text
        right = self._verify(user.password_hash if user else self._no_such_user, password)
        if user is None or not right:
            with self._throttle_lock:
                self._throttle.wrong(key, time.monotonic())
            raise UnauthenticatedError("the name or the password is wrong")
        with self._throttle_lock:
            self._throttle.right(key)
        return self._new_session(user.id)

    def session(self, token: str) -> SessionRecord | None:
        """The session behind a cookie, or None."""
        return self._repository.session(digest(token), self._clock())

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._repository.end_session(digest(token))

    def reset_password(self, name: str) -> str:
        """Give a person a new password, which ends their sessions; raises UnauthenticatedError."""
        user = self._repository.user(name)
        if user is None:
            raise UnauthenticatedError(f"there is no console user {name!r}")
        password = new_password()
        self._repository.set_password_hash(user.id, self._hasher.hash(password))
        return password

    def _new_session(self, user_id: str) -> str:
        token = new_session_token()
        now = self._clock()
        self._repository.add_session(
            hash_=digest(token),
            user_id=user_id,
            csrf=new_session_token(),
            now=now,
            expires_at=now + SESSION_LIFE,
        )
        return token

    def _verify(self, stored: str, password: str) -> bool:
        if len(password) > _MAX_PASSWORD:
            return False
        with self._hashing:
            try:
                return self._hasher.verify(stored, password)
            except (VerificationError, InvalidHashError):
                return False
