"""What an asker may see, as a condition in the query itself. Pure.

Invariant: a statement that comes out of `scoped` cannot tell of another site: every one that reads
points or series has the condition joined by AND at the top. SHOW FIELD KEYS, which knows no WHERE,
tells names of measurements and their fields, and those are the catalogue's.
"""

from dataclasses import dataclass, replace
from functools import reduce

from aggregator.storage.timeseries.influxql.syntax import (
    Both,
    Compare,
    Condition,
    Either,
    Listing,
    Ref,
    Select,
    ShowFieldKeys,
)

_NOWHERE = "\x00"
"""No site has this name: line protocol and the registry refuse control characters."""


@dataclass(frozen=True, slots=True)
class SiteScope:
    """The sites that may be seen; None is all of them, and an empty set none."""

    sites: frozenset[str] | None = None


EVERYWHERE = SiteScope()


def scoped(statement: Select | Listing, scope: SiteScope) -> Select | Listing:
    """The statement, restricted to the sites of `scope`."""
    if scope.sites is None or isinstance(statement, ShowFieldKeys):
        return statement
    return replace(statement, where=_joined(statement.where, _sites(scope.sites)))


def _joined(where: Condition | None, sites: Condition) -> Condition:
    return sites if where is None else Both(sites, where)


def _sites(sites: frozenset[str]) -> Condition:
    one_each: list[Condition] = [
        Compare(Ref("site", "tag"), "=", site) for site in sorted(sites) or [_NOWHERE]
    ]
    return reduce(Either, one_each)
