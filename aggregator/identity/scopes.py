"""The scopes of a key, as they are stored: permissions, areas and sites in one line of words. Pure.

`admin` holds everything that the role of an administrator does; `read`, `query` and `nodes:write` stand for
several permissions; any permission's own name is a scope; `area:…` confines a key to areas and `site:…`
a dashboards' key to sites. A word that this version does not know allows nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant

READ: Final = "read"
QUERY: Final = "query"
WRITE_NODES: Final = "nodes:write"
ADMIN: Final = "admin"
_AREA: Final = "area:"
_SITE: Final = "site:"
_EVERY_SITE: Final = "site:*"
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


@dataclass(frozen=True, slots=True)
class KeyScope:
    """What a key may do, and where.

    Attributes:
        permissions: None for all that an administrator may.
        areas: ids, each with all below it; None for everywhere.
        sites: names of sites; None confines nothing.
    """

    permissions: frozenset[Permission] | None
    areas: frozenset[str] | None = None
    sites: frozenset[str] | None = None

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The grants of a principal with this key, to be confined to `permissions`."""
        return (Grant(Role.ADMIN, self.areas),)


def parse_scopes(words: Iterable[str]) -> KeyScope:
    """What stored words mean."""
    found = frozenset(words)
    areas = frozenset(unquote(word.removeprefix(_AREA)) for word in found if word.startswith(_AREA))
    held = {Permission(word) for word in found if word in _NAMES}
    for word in found:
        held |= _JOINED.get(word, frozenset())
    return KeyScope(
        None if ADMIN in found else frozenset(held), areas or None, None if ADMIN in found else _sites(found)
    )


def written_scopes(scope: KeyScope) -> frozenset[str]:
    """Words to store; who makes keys refuses an empty set of areas, which no word could tell."""
    words = {ADMIN} if scope.permissions is None else {each.value for each in scope.permissions}
    words |= {_AREA + quote(area, safe="") for area in scope.areas or ()}
    if scope.sites is not None:
        words |= {QUERY} | {_SITE + quote(site, safe="") for site in scope.sites}
    return frozenset(words)


def query_scopes(sites: Iterable[str] | None) -> frozenset[str]:
    """Words of a key that reads the time series of these sites (None: of all) and does nothing else."""
    named = {_EVERY_SITE} if sites is None else {_SITE + quote(site, safe="") for site in sites}
    return frozenset({QUERY, *named})


def _sites(words: frozenset[str]) -> frozenset[str] | None:
    if QUERY not in words or READ in words or _EVERY_SITE in words:
        return None
    return frozenset(unquote(word.removeprefix(_SITE)) for word in words if word.startswith(_SITE))
