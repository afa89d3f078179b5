import pytest

from aggregator.identity.permissions import Permission, Role
from aggregator.identity.principal import Grant, Kind, Principal
from aggregator.reports.sight import hats_of, sight_of
from aggregator.reports.states import Hat

READ = Permission.REPORTS_READ


def within(areas: frozenset[str]) -> frozenset[str]:
    return areas | ({"ward"} if "city" in areas else frozenset())


def who(*grants: Grant) -> Principal:
    return Principal(Kind.PERSON, "p", "Lan", grants)


CITY_OPERATOR = who(Grant(Role.OPERATOR, frozenset({"city"})))
OFFICER = who(Grant(Role.OFFICER, frozenset({"city"}), frozenset({"transport"})))
EVERYWHERE = who(Grant(Role.ADMIN))


@pytest.mark.parametrize(
    ("principal", "area", "agency", "seen"),
    [
        (CITY_OPERATOR, "ward", "", True),
        (CITY_OPERATOR, "other", "", False),
        (CITY_OPERATOR, "", "", False),
        (OFFICER, "ward", "transport", True),
        (OFFICER, "ward", "urban", False),
        (OFFICER, "ward", "", False),
        (OFFICER, "other", "transport", False),
        (EVERYWHERE, "", "", True),
        (who(Grant(Role.TECHNICIAN)), "ward", "", False),
    ],
)
def test_a_report_is_seen_where_one_grant_reaches_its_area_and_agency(
    principal: Principal, area: str, agency: str, *, seen: bool
) -> None:
    assert sight_of(principal, READ, within).sees(area, agency, restricted=False) is seen


def test_areas_of_one_grant_never_join_agencies_of_another() -> None:
    both = who(
        Grant(Role.OFFICER, frozenset({"a"}), frozenset({"x"})),
        Grant(Role.OFFICER, frozenset({"b"}), frozenset({"y"})),
    )
    sight = sight_of(both, READ, within)
    assert sight.sees("a", "x", restricted=False)
    assert not sight.sees("a", "y", restricted=False)


@pytest.mark.parametrize(
    ("principal", "seen"),
    [
        (CITY_OPERATOR, False),
        (OFFICER, False),
        (who(Grant(Role.LEADER, frozenset({"city"}))), True),
        (
            who(Grant(Role.OPERATOR, frozenset({"city"}), None, frozenset({Permission.REPORTS_RESTRICTED}))),
            True,
        ),
        (who(Grant(Role.OPERATOR, frozenset({"city"})), Grant(Role.LEADER, frozenset({"other"}))), False),
        (EVERYWHERE, True),
    ],
)
def test_a_restricted_report_takes_the_permission_there_too(principal: Principal, *, seen: bool) -> None:
    assert sight_of(principal, READ, within).sees("ward", "transport", restricted=True) is seen


@pytest.mark.parametrize(
    ("principal", "hats"),
    [
        (CITY_OPERATOR, {Hat.DESK}),
        (OFFICER, {Hat.AGENCY}),
        (who(Grant(Role.LEADER, frozenset({"ward"}))), {Hat.APPROVER}),
        (EVERYWHERE, {Hat.DESK, Hat.AGENCY, Hat.APPROVER}),
        (who(Grant(Role.OPERATOR, frozenset({"other"}))), set()),
    ],
)
def test_people_act_in_the_capacity_of_their_role(principal: Principal, hats: set[Hat]) -> None:
    assert hats_of(principal, "ward", "transport", within) == hats
