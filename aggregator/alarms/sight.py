"""What somebody may see and do among alarms: by area and agency, grant by grant. Pure.

A row is in sight when one grant reaches both its area and its agency; a row without a known place is seen by
whoever sees everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.identity.permissions import Permission
from aggregator.identity.principal import Principal

Within = Callable[[frozenset[str]], frozenset[str]]
"""Areas to themselves and all below them, today."""


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
    """Every patch, and the sites that a dashboards' key is confined to (None: not confined)."""

    patches: tuple[Patch, ...]
    sites: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether everything is in sight."""
        return self.sites is None and Patch(None, None) in self.patches

    def sees(self, area: str, agency: str, site: str) -> bool:
        """Whether a row is in sight."""
        return (self.sites is None or site in self.sites) and any(
            patch.covers(area, agency) for patch in self.patches
        )

    @property
    def areas(self) -> frozenset[str] | None:
        """Areas of all patches; None for everywhere."""
        found: frozenset[str] = frozenset()
        for patch in self.patches:
            if patch.areas is None:
                return None
            found |= patch.areas
        return found


def sight_of(who: Principal, permission: Permission, within: Within) -> Sight:
    """Where somebody may do something."""
    return Sight(
        tuple(
            Patch(None if reach.areas is None else within(reach.areas), reach.agencies)
            for reach in who.reaches_for(permission)
        ),
        who.sites,
    )
