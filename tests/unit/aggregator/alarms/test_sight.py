"""Which alarms somebody sees: by area and agency of one grant."""

import pytest

from aggregator.alarms.sight import sight_of
from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant, Kind, Principal

BELOW = {"city": frozenset({"ward"})}


def within(areas: frozenset[str]) -> frozenset[str]:
    return areas.union(*(BELOW.get(area, frozenset()) for area in areas))


def who(*grants: Grant, sites: frozenset[str] | None = None) -> Principal:
    return Principal(Kind.PERSON, "1", "Lan", grants, sites=sites)


HERE = Grant(Role.OPERATOR, frozenset({"city"}))
POLICE = Grant(Role.OFFICER, frozenset({"ward"}), frozenset({"police"}))
ALL = Grant(Role.OPERATOR)


@pytest.mark.parametrize(
    ("somebody", "alarm", "expected"),
    [
        (who(ALL), ("", "", ""), True),
        (who(HERE), ("ward", "", ""), True),
        (who(HERE), ("", "", ""), False),
        (who(HERE), ("elsewhere", "", ""), False),
        (who(POLICE), ("ward", "police", ""), True),
        (who(POLICE), ("ward", "health", ""), False),
        (who(POLICE), ("ward", "", ""), False),
        (who(POLICE, Grant(Role.OFFICER, frozenset({"far"}))), ("far", "health", ""), True),
        (who(POLICE, Grant(Role.OFFICER, frozenset({"far"}))), ("ward", "health", ""), False),
        (who(Grant(Role.CITIZEN)), ("ward", "", ""), False),
        (who(ALL, sites=frozenset({"yard"})), ("ward", "", "yard"), True),
        (who(ALL, sites=frozenset({"yard"})), ("ward", "", "other"), False),
        (who(Grant(Role.OPERATOR, frozenset())), ("ward", "", ""), False),
    ],
)
def test_one_grant_must_reach_area_and_agency(
    somebody: Principal,
    alarm: tuple[str, str, str],
    expected: bool,  # noqa: FBT001  a table
) -> None:
    sight = sight_of(somebody, Permission.ALARMS_READ, within)
    assert sight.sees(*alarm) == expected


def test_whole_sight_is_that_of_an_unbounded_grant_alone() -> None:
    assert sight_of(who(HERE, ALL), Permission.ALARMS_READ, within).is_whole
    assert not sight_of(who(HERE), Permission.ALARMS_READ, within).is_whole
    assert sight_of(who(HERE, POLICE), Permission.ALARMS_READ, within).areas == {"city", "ward"}
