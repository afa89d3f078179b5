"""What somebody may see and do among reports: by area and agency, grant by grant. Pure.

A report is in sight when one grant reaches both its area and its agency; one of a restricted category takes
the permission for such reports there too. A report without a known area is seen by whoever sees everywhere,
one that is nobody's yet by whoever is not confined to agencies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal
from aggregator.reports.states import Hat

Within = Callable[[frozenset[str]], frozenset[str]]
"""Areas to themselves and all below them, today."""
_HATS: Final = {
    Permission.REPORTS_VERIFY: Hat.DESK,
    Permission.REPORTS_WORK: Hat.AGENCY,
    Permission.REPORTS_PUBLISH: Hat.APPROVER,
}


@dataclass(frozen=True, slots=True)
class Patch:
    """Areas, all below them included, and agencies; None for all."""

    areas: frozenset[str] | None
    agencies: frozenset[str] | None

    def covers(self, area: str, agency: str) -> bool:
        """Whether it reaches both."""
        return (self.areas is None or (area != "" and area in self.areas)) and (
            self.agencies is None or (agency != "" and agency in self.agencies)
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """Where somebody may do something, and where also with restricted reports."""

    patches: tuple[Patch, ...]
    restricted: tuple[Patch, ...] = ()

    def sees(self, area: str, agency: str, *, restricted: bool) -> bool:
        """Whether a report is in sight."""
        return any(each.covers(area, agency) for each in self.patches) and (
            not restricted or any(each.covers(area, agency) for each in self.restricted)
        )


def sight_of(who: Principal, permission: Permission, within: Within) -> Sight:
    """Where somebody may do something."""
    return Sight(_patches(who, permission, within), _patches(who, Permission.REPORTS_RESTRICTED, within))


def hats_of(who: Principal, area: str, agency: str, within: Within) -> frozenset[Hat]:
    """In what capacities somebody may act on a report in their sight."""
    return frozenset(
        hat
        for permission, hat in _HATS.items()
        if any(each.covers(area, agency) for each in _patches(who, permission, within))
    )


def _patches(who: Principal, permission: Permission, within: Within) -> tuple[Patch, ...]:
    return tuple(
        Patch(None if reach.areas is None else within(reach.areas), reach.agencies)
        for reach in who.reaches_for(permission)
    )
