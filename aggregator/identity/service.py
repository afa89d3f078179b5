"""Who asks: keys for programs, passwords and sessions for people.

Invariants: no secret is stored, only digests; an unknown name, a locked account and a wrong password are
answered alike and cost the same time; an attempt is counted before its password is looked at, so that guesses
that come at once cannot outrun the lock; every sign-in makes a new session and ends the one it replaces.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aggregator.audit.entry import AuditEntry
from aggregator.errors import TooManyAttemptsError, UnauthenticatedError
from aggregator.identity.hashing import Passwords
from aggregator.identity.keys_repository import KeysRepository
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.identity.repository import IdentityRepository, NewSession, UserRecord
from aggregator.identity.scopes import ADMIN, parse_scopes
from aggregator.identity.throttle import Throttle
from aggregator.identity.tokens import digest, new_api_key, new_password, new_session_token

FIRST_USER: Final = "admin"
SESSION_LIFE: Final = timedelta(hours=12)
SESSION_IDLE: Final = timedelta(hours=1)
WRONG_BEFORE_LOCK: Final = 10
LOCK: Final = timedelta(minutes=15)
_SYSTEM: Final = "system"


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """Secrets of the first start, shown once."""

    user: str
    password: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in: `csrf` is what their changes must carry; `local` people have a password here."""

    principal: Principal
    csrf: str
    must_change: bool
    local: bool


class SignInCounts:
    """How often signing in was refused since the start, for the measurement of it; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused = 0

    def refused(self) -> None:
        """Count one."""
        with self._lock:
            self._refused += 1

    @property
    def total(self) -> int:
        """All since the start."""
        return self._refused


class IdentityService:
    """The use cases. `clock` gives aware UTC."""

    def __init__(
        self,
        repository: IdentityRepository,
        keys: KeysRepository,
        passwords: Passwords,
        clock: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._keys = keys
        self._clock = clock
        self._passwords = passwords
        self._throttle = Throttle()
        self._throttle_lock = threading.Lock()
        self.sign_ins = SignInCounts()

    def propose_first_login(self) -> FirstLogin | None:
        """Secrets for a first start, valid once accepted; None when there are keys or people already."""
        if self._repository.count_keys() or self._repository.count_users():
            return None
        return FirstLogin(FIRST_USER, new_password(), new_api_key())

    def accept_first_login(self, login: FirstLogin) -> None:
        """Make the proposed secrets valid; call it once they are where their owner finds them."""
        now = self._clock()
        self._repository.add_first_user(
            name=login.user,
            password_hash=self._passwords.hash(login.password),
            grants=(Grant(Role.ADMIN),),
            now=now,
            entry=_by_system("user.created", f"user:{login.user}", now),
        )
        self._keys.add(
            name="first start",
            hash_=digest(login.api_key),
            scopes=frozenset({ADMIN}),
            now=now,
            expires_at=None,
            created_by="",
            entry=lambda key_id: _by_system("key.made", f"key:{key_id}", now),
        )

    def principal_of_key(self, key: str) -> Principal:
        """Who shows this key; raises UnauthenticatedError."""
        found = self._repository.key(digest(key), self._clock())
        if found is None:
            raise UnauthenticatedError("this API key is not known, was revoked or has expired: check the key")
        scope = parse_scopes(found.scopes)
        return Principal(
            Kind.KEY, found.id, found.name, scope.grants, only=scope.permissions, sites=scope.sites
        )

    def visitor(self, token: str) -> Visitor | None:
        """Who is signed in with this cookie; None for nobody."""
        hash_ = digest(token)
        found = self._repository.session(hash_, self._clock(), SESSION_IDLE)
        if found is None:
            return None
        who = Principal(
            Kind.PERSON,
            found.user_id,
            found.user_name,
            found.grants,
            language=found.language,
            session_id=session_id(hash_),
        )
        return Visitor(who, found.csrf, must_change=found.must_change and found.local, local=found.local)

    def sign_in(
        self, name: str, password: str, *, address: str, agent: str = "", replaces: str | None = None
    ) -> str:
        """Session token of a person; raises UnauthenticatedError or TooManyAttemptsError.

        `replaces` is the cookie that the browser showed, whose session ends.
        """
        key = f"{name[:64]}\n{address}"
        with self._throttle_lock:
            wait_s = self._throttle.wait_s(key, time.monotonic())
        if wait_s > 0:
            self.sign_ins.refused()
            raise TooManyAttemptsError(
                f"wrong passwords came too fast: try again in {wait_s:.0f} s", retry_after_s=wait_s
            )
        user = self._right(name, password, address)
        if user is None:
            self.sign_ins.refused()
            with self._throttle_lock:
                self._throttle.wrong(key, time.monotonic())
            raise UnauthenticatedError(
                "the name or the password is wrong, or the account is locked for a quarter of an hour "
                f"after {WRONG_BEFORE_LOCK} wrong ones"
            )
        with self._throttle_lock:
            self._throttle.right(key)
        rehashed = self._passwords.hash(password) if self._passwords.is_old(user.password_hash) else None
        return self.open_session(
            user.id, user.name, address=address, agent=agent, replaces=replaces, rehashed=rehashed
        )

    def open_session(
        self,
        user_id: str,
        user_name: str,
        *,
        address: str,
        agent: str,
        replaces: str | None = None,
        rehashed: str | None = None,
        how: str = "password",
    ) -> str:
        """Session token of somebody who has shown who they are."""
        token = new_session_token()
        session = new_session(token, self._clock(), address=address, agent=agent)
        entry = AuditEntry(
            Kind.PERSON.value,
            user_id,
            user_name,
            "session.begun",
            f"session:{session_id(session.hash)}",
            session.created_at,
            detail={"how": how},
            address=address,
        )
        ended = None if replaces is None else digest(replaces)
        self._repository.sign_in(user_id, session, ended=ended, rehashed=rehashed, entry=entry)
        return token

    def sign_out(self, token: str, *, address: str = "") -> Visitor | None:
        """End a session; gives whose it was."""
        visitor = self.visitor(token)
        hash_ = digest(token)
        entry = None
        if visitor is not None:
            who = visitor.principal
            entry = AuditEntry(
                who.kind.value,
                who.id,
                who.name,
                "session.ended",
                f"session:{session_id(hash_)}",
                self._clock(),
                address=address,
            )
        self._repository.end_session(hash_, entry)
        return visitor

    def _right(self, name: str, password: str, address: str) -> UserRecord | None:
        """The person whose name and password these are, if they may be looked at now."""
        now = self._clock()
        attempt = None
        if "\x00" not in name:  # PostgreSQL takes no such text
            attempt = self._repository.begin_attempt(
                name,
                now,
                most=WRONG_BEFORE_LOCK,
                lock=LOCK,
                locked_entry=_by_system("user.locked", f"user:{name}", now, address=address),
            )
        if attempt is None or attempt.locked:
            self._passwords.verify("", password)
            return None
        if self._passwords.verify(attempt.user.password_hash, password):
            return attempt.user
        self._repository.refuse_attempt(_by_system("session.refused", f"user:{name}", now, address=address))
        return None


def new_session(token: str, now: datetime, *, address: str, agent: str) -> NewSession:
    """What is stored of a session whose cookie is `token`."""
    return NewSession(
        hash=digest(token),
        csrf=new_session_token(),
        created_at=now,
        expires_at=now + SESSION_LIFE,
        address=address,
        agent=agent,
    )


def session_id(hash_: bytes) -> str:
    """What a session is called where people see it; nobody can sign in with it."""
    return hash_.hex()[:16]


def _by_system(action: str, subject: str, at: datetime, *, address: str = "") -> AuditEntry:
    return AuditEntry(_SYSTEM, "", "matthan", action, subject, at, address=address)
