"""Who asks, and over what: roles within areas and agencies. Pure.

Invariants: what no grant gives is not allowed; a grant on an area covers all below it, which `places`
expands; `None` is everywhere, an empty set is nowhere. What belongs to an area and an agency must be reached
by one grant in both: areas of one grant never join agencies of another.
"""

from dataclasses import dataclass
from enum import StrEnum

from aggregator.identity.permissions import PERMISSIONS, Permission, Role


class Kind(StrEnum):
    """What asks."""

    PERSON = "person"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within areas and agencies.

    Attributes:
        role: what it lets do.
        areas: ids of areas, each with all below it; None for everywhere.
        agencies: ids of agencies; None for any.
        extra: permissions beyond the role's, given by name.
    """

    role: Role
    areas: frozenset[str] | None = None
    agencies: frozenset[str] | None = None
    extra: frozenset[Permission] = frozenset()

    def holds(self, permission: Permission) -> bool:
        """Whether the grant gives the permission somewhere."""
        return permission in PERMISSIONS[self.role] or permission in self.extra


@dataclass(frozen=True, slots=True)
class Reach:
    """Areas, each with all below it, and agencies, of one grant; None for all."""

    areas: frozenset[str] | None
    agencies: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        kind: a person with a session, or a program with a key.
        id: of the person or the key.
        name: for people to read.
        grants: roles and where they hold.
        only: what a key is confined to; None confines nothing.
        language: `vi` or `en`.
        session_id: of the session, for the audit log; empty for a key.
        sites: names of sites that a dashboards' key is confined to, beside its areas; None confines nothing.
        address: where the request came from, for the audit log.
    """

    kind: Kind
    id: str
    name: str
    grants: tuple[Grant, ...]
    only: frozenset[Permission] | None = None
    language: str = "vi"
    session_id: str = ""
    sites: frozenset[str] | None = None
    address: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether it is allowed anywhere at all."""
        return bool(self._giving(permission))

    def areas_for(self, permission: Permission) -> frozenset[str] | None:
        """Areas, each with all below it, where it is allowed; None for everywhere."""
        return _joined([grant.areas for grant in self._giving(permission)])

    def reaches_for(self, permission: Permission) -> tuple[Reach, ...]:
        """Where it is allowed, grant by grant: for cases, which have an area and an agency."""
        return tuple(dict.fromkeys(Reach(each.areas, each.agencies) for each in self._giving(permission)))

    def _giving(self, permission: Permission) -> list[Grant]:
        if self.only is not None and permission not in self.only:
            return []
        return [grant for grant in self.grants if grant.holds(permission)]


def _joined(parts: list[frozenset[str] | None]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for part in parts:
        if part is None:
            return None
        found |= part
    return found
