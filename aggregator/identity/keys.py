"""API keys: who makes and revokes them.

Invariants: a key is shown once and stored as a digest; nobody makes a key that may do what they may not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aggregator.audit.entry import AuditEntry
from aggregator.errors import CallerError, NotFoundError
from aggregator.identity.accounts import EscalationError
from aggregator.identity.keys_repository import KeysRepository, StoredKey
from aggregator.identity.permissions import PERMISSIONS, Permission, Role
from aggregator.identity.principal import Principal
from aggregator.identity.recording import entry_by
from aggregator.identity.scopes import KeyScope, query_scopes, written_scopes
from aggregator.identity.tokens import digest, new_api_key

LONGEST: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that somebody wants made; `scope.permissions` None is all that an administrator may."""

    name: str
    scope: KeyScope
    expires_at: datetime | None


class KeysService:
    """The use cases. `clock` gives aware UTC."""

    def __init__(self, repository: KeysRepository, clock: Callable[[], datetime]) -> None:
        self._repository = repository
        self._clock = clock

    def make(self, who: Principal, wanted: NewKey) -> tuple[StoredKey, str]:
        """A new key, and its secret; raises CallerError or EscalationError."""
        now = self._clock()
        if wanted.expires_at is not None and not now < wanted.expires_at <= now + LONGEST:
            raise CallerError(
                "expires_at must lie ahead, ten years at most: leave it out for a key without end"
            )
        _check_may_give(who, wanted.scope.permissions)
        words = written_scopes(wanted.scope)
        secret = new_api_key()
        detail = {"name": wanted.name, "scopes": " ".join(sorted(words))}
        if wanted.expires_at is not None:
            detail["expires_at"] = wanted.expires_at.isoformat()
        made = self._repository.add(
            name=wanted.name,
            hash_=digest(secret),
            scopes=words,
            now=now,
            expires_at=wanted.expires_at,
            created_by=who.id,
            entry=lambda key_id: entry_by(who, "key.made", f"key:{key_id}", now, detail=detail),
        )
        return made, secret

    def make_query_key(self, name: str, sites: Iterable[str] | None) -> str:
        """New key for a dashboard server, which reads the time series of `sites` (None: of all)."""
        now = self._clock()
        secret = new_api_key()
        self._repository.add(
            name=name,
            hash_=digest(secret),
            scopes=query_scopes(sites),
            now=now,
            expires_at=None,
            created_by="",
            entry=lambda key_id: AuditEntry(
                "system", "", "aggregator key", "key.made", f"key:{key_id}", now, detail={"name": name}
            ),
        )
        return secret

    def page(self, *, after: str, limit: int) -> list[StoredKey]:
        """Keys in the order of their making, the revoked ones too."""
        return self._repository.page(after=after, limit=limit)

    def get(self, key_id: str) -> StoredKey:
        """One key; raises NotFoundError."""
        found = self._repository.get(key_id)
        if found is None:
            raise NotFoundError("there is no such key; GET /api/v1/keys lists them")
        return found

    def revoke(self, who: Principal, key_id: str) -> None:
        """Make a key stop working at once; raises NotFoundError."""
        now = self._clock()
        if not self._repository.revoke(key_id, now, entry_by(who, "key.revoked", f"key:{key_id}", now)):
            raise NotFoundError("there is no such key in force; GET /api/v1/keys lists them")


def _check_may_give(who: Principal, permissions: frozenset[Permission] | None) -> None:
    given = PERMISSIONS[Role.ADMIN] if permissions is None else permissions
    if Permission.EVIDENCE_ORIGINAL in given:
        raise EscalationError(
            f"{Permission.EVIDENCE_ORIGINAL.value} is given to a person by name, never to a key"
        )
    missing = sorted(each.value for each in given if who.areas_for(each) is not None or not who.may(each))
    if missing:
        raise EscalationError(f"you cannot give what you do not hold everywhere: {', '.join(missing)}")
