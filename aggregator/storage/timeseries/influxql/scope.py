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


@dataclass(frozen=True, slots=True)
class SiteScope:
    """The sites that may be seen; None is all of them. Who may see none gets no query (`nowhere`)."""

    sites: frozenset[str] | None = None

    @property
    def nowhere(self) -> bool:
        """Whether no site may be seen."""
        return self.sites is not None and not self.sites


EVERYWHERE = SiteScope()


def scoped(statement: Select | Listing, scope: SiteScope) -> Select | Listing:
    """The statement, restricted to the sites of `scope`; raises ValueError where there are none."""
    if scope.nowhere:
        raise ValueError("a scope without sites has nothing to ask")
    if scope.sites is None or isinstance(statement, ShowFieldKeys):
        return statement
    return replace(statement, where=_joined(statement.where, _sites(scope.sites)))


def _joined(where: Condition | None, sites: Condition) -> Condition:
    return sites if where is None else Both(sites, where)


def _sites(sites: frozenset[str]) -> Condition:
    one_each: list[Condition] = [Compare(Ref("site", "tag"), "=", site) for site in sorted(sites)]
    return reduce(Either, one_each)
