"""People: who administers them, and what they do with their own account.

Invariants: nobody gives what they do not hold, so a key that may administer people cannot make itself an
administrator; the unmasked original of evidence is granted by name, by a person, to another, with a reason;
a change of a password ends every session of the account.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aggregator.audit.entry import AuditEntry
from aggregator.errors import (
    CallerError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyAttemptsError,
)
from aggregator.identity.hashing import Passwords
from aggregator.identity.passwords import check_password
from aggregator.identity.people_repository import NewPerson, OpenSession, PeopleRepository, Person
from aggregator.identity.permissions import PERMISSIONS, Permission
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.identity.recording import entry_by
from aggregator.identity.repository import IdentityRepository
from aggregator.identity.service import LOCK, WRONG_BEFORE_LOCK, new_session, session_id
from aggregator.identity.tokens import new_password, new_session_token

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._@-]{1,62}[a-z0-9]$"
_NAME: Final = re.compile(NAME_PATTERN)
_NOT_FOUND: Final = "there is no such person; GET /api/v1/users lists them"


class WrongPasswordError(ForbiddenError):
    """The current password that goes with a change is not right."""

    code = "wrong_password"
    title = "Wrong password"


class EscalationError(ForbiddenError):
    """Somebody wants to give what they do not hold themselves."""

    code = "escalation"
    title = "Not yours to give"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A local account that somebody wants made."""

    name: str
    display_name: str
    email: str
    language: str
    grants: tuple[Grant, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change of a person; None changes nothing."""

    display_name: str | None = None
    email: str | None = None
    language: str | None = None
    disabled: bool | None = None
    grants: tuple[Grant, ...] | None = None
    reason: str = ""


class AccountsService:
    """The use cases. `clock` gives aware UTC."""

    def __init__(
        self,
        people: PeopleRepository,
        identity: IdentityRepository,
        passwords: Passwords,
        clock: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._identity = identity
        self._passwords = passwords
        self._clock = clock

    def create(self, who: Principal, wanted: NewAccount) -> tuple[Person, str]:
        """A new person and their first password, shown once; raises ConflictError or EscalationError."""
        if not _NAME.match(wanted.name):
            raise CallerError("a user name has 3 to 64 of a–z, 0–9, '.', '_', '@' and '-'")
        _check_may_give(who, wanted.grants, wanted.reason, to="")
        password = new_password()
        now = self._clock()
        person = NewPerson(
            name=wanted.name,
            display_name=wanted.display_name,
            email=wanted.email,
            language=wanted.language,
            password_hash=self._passwords.hash(password),
            grants=wanted.grants,
        )
        detail = {"name": wanted.name, "grants": described(wanted.grants)} | _because(wanted.reason)
        made = self._people.add(
            person, now, lambda user_id: entry_by(who, "user.created", f"user:{user_id}", now, detail=detail)
        )
        return made, password

    def page(self, *, after: str, limit: int) -> list[Person]:
        """People by name."""
        return self._people.page(after=after, limit=limit)

    def get(self, user_id: str) -> Person:
        """One person; raises NotFoundError."""
        found = self._people.get(user_id)
        if found is None:
            raise NotFoundError(_NOT_FOUND)
        return found

    def change(self, who: Principal, user_id: str, wanted: Change) -> Person:
        """Change a person; disabling ends their sessions; raises NotFoundError, ConflictError."""
        before = self.get(user_id)
        if wanted.disabled and who.id == user_id:
            raise ConflictError("you cannot disable yourself: ask another administrator")
        if wanted.grants is not None:
            _check_may_give(who, wanted.grants, wanted.reason, to=user_id)
        values: dict[str, object] = {
            name: value
            for name, value in (
                ("display_name", wanted.display_name),
                ("email", wanted.email),
                ("language", wanted.language),
                ("disabled", wanted.disabled),
            )
            if value is not None and value != getattr(before, name)
        }
        entries = self._entries_of(who, before, wanted, values)
        grants = wanted.grants if wanted.grants != before.grants else None
        found = self._people.change(
            user_id, values, grants, entries, ends_sessions=bool(values.get("disabled"))
        )
        if found is None:
            raise NotFoundError(_NOT_FOUND)
        return found

    def reset_password(self, who: Principal, user_id: str) -> str:
        """A new password, to be changed at the first sign-in; the person's sessions end."""
        person = self.get(user_id)
        if person.subject:
            raise ConflictError(f"{person.name!r} signs on elsewhere: the password is changed there")
        password = new_password()
        now = self._clock()
        values: dict[str, object] = {
            "password_hash": self._passwords.hash(password),
            "must_change": True,
            "wrong": 0,
            "locked_until_ms": 0,
        }
        entry = entry_by(who, "user.password_reset", f"user:{user_id}", now)
        self._people.change(user_id, values, None, [entry], ends_sessions=True)
        return password

    def reset_password_of(self, name: str) -> str:
        """The same by name, for the command on the server itself; raises NotFoundError."""
        person = self._people.of_name(name)
        if person is None:
            raise NotFoundError(f"there is no console user {name!r}")
        return self.reset_password(_ON_SERVER, person.id)

    def choose_password(self, who: Principal, *, current: str, wanted: str, agent: str) -> str:
        """Change one's own password; gives the token of the new session, every other ends.

        Raises:
            WrongPasswordError: `current` is not it; it counts like a wrong password at the sign-in.
            WeakPasswordError: the new one may not be chosen.
        """
        if who.kind is not Kind.PERSON:
            raise ForbiddenError("a key has no password: sign in at the console to change yours")
        person = self.get(who.id)
        if not person.has_password:
            raise ConflictError("you sign on elsewhere: your password is changed there")
        self._check_current(who, person, current)
        check_password(wanted, (person.name, person.display_name, person.email.partition("@")[0]))
        if wanted == current:
            raise ConflictError("this is the password that you have: choose another")
        now = self._clock()
        token = new_session_token()
        session = new_session(token, now, address=who.address, agent=agent)
        entry = entry_by(who, "user.password_changed", f"user:{who.id}", now)
        self._people.replace_password(who.id, self._passwords.hash(wanted), session, now, entry)
        return token

    def sessions(self, user_id: str) -> list[OpenSession]:
        """Somebody's sessions, the latest first; raises NotFoundError."""
        self.get(user_id)
        return self._people.sessions(user_id, self._clock())

    def end_sessions(self, who: Principal, user_id: str) -> int:
        """End all of somebody's sessions; gives how many; raises NotFoundError."""
        self.get(user_id)
        entry = entry_by(who, "user.signed_out_everywhere", f"user:{user_id}", self._clock())
        return self._people.end_sessions(user_id, entry)

    def end_session(self, who: Principal, user_id: str, session: str) -> None:
        """End one session, named as `sessions` names it; raises NotFoundError."""
        for each in self.sessions(user_id):
            if session_id(each.hash) == session:
                entry = entry_by(who, "session.ended", f"session:{session}", self._clock())
                self._people.end_sessions(user_id, entry, only=each.hash)
                return
        raise NotFoundError("there is no such session: it has ended")

    def choose_language(self, who: Principal, language: str) -> None:
        """Note in which language a person reads."""
        if who.kind is Kind.PERSON:
            self._people.change(who.id, {"language": language}, None, [])

    def _check_current(self, who: Principal, person: Person, current: str) -> None:
        now = self._clock()
        locked = entry_by(who, "user.locked", f"user:{who.id}", now)
        attempt = self._identity.begin_attempt(
            person.name, now, most=WRONG_BEFORE_LOCK, lock=LOCK, locked_entry=locked
        )
        if attempt is None or attempt.locked:
            raise TooManyAttemptsError(
                "wrong passwords came too often: wait a quarter of an hour",
                retry_after_s=LOCK.total_seconds(),
            )
        if not self._passwords.verify(attempt.user.password_hash, current):
            self._identity.refuse_attempt(entry_by(who, "session.refused", f"user:{who.id}", now))
            raise WrongPasswordError("the current password is not right: check it")

    def _entries_of(
        self, who: Principal, before: Person, wanted: Change, values: dict[str, object]
    ) -> list[AuditEntry]:
        now = self._clock()
        subject = f"user:{before.id}"
        entries = []
        if "disabled" in values:
            action = "user.disabled" if values["disabled"] else "user.enabled"
            entries.append(entry_by(who, action, subject, now, detail=_because(wanted.reason)))
        if named := sorted(set(values) - {"disabled"}):
            entries.append(entry_by(who, "user.changed", subject, now, detail={"fields": " ".join(named)}))
        if wanted.grants is not None and wanted.grants != before.grants:
            detail = {"before": described(before.grants), "after": described(wanted.grants)}
            entries.append(
                entry_by(who, "user.grants_changed", subject, now, detail=detail | _because(wanted.reason))
            )
        return entries


_ON_SERVER: Final = Principal(Kind.KEY, "", "aggregator password", ())
"""Whoever can run commands on the server: the audit log calls them by the command."""


def described(grants: Sequence[Grant]) -> str:
    """Grants in one line, for the audit log."""
    return "; ".join(
        f"{grant.role.value} in {_listed(grant.areas)} of {_listed(grant.agencies)}"
        + (f" and {' '.join(sorted(grant.extra))}" if grant.extra else "")
        for grant in grants
    )


def _listed(ids: frozenset[str] | None) -> str:
    return "all" if ids is None else ",".join(sorted(ids)) or "none"


def _because(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}


def _check_may_give(who: Principal, grants: Sequence[Grant], reason: str, *, to: str) -> None:
    given: set[Permission] = set()
    for grant in grants:
        given |= PERMISSIONS[grant.role] | grant.extra
    if Permission.EVIDENCE_ORIGINAL in given:
        given.discard(Permission.EVIDENCE_ORIGINAL)
        if who.kind is not Kind.PERSON or who.id == to or not reason:
            raise EscalationError(
                f"{Permission.EVIDENCE_ORIGINAL.value} is given by a person to another, with a reason: "
                "send `reason`"
            )
    missing = sorted(each.value for each in given if who.areas_for(each) is not None or not who.may(each))
    if missing:
        raise EscalationError(f"you cannot give what you do not hold everywhere: {', '.join(missing)}")
