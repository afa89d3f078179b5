import pytest

from aggregator.identity.permissions import PERMISSIONS, Permission, Role
from aggregator.identity.principal import Grant, Kind, Principal, Reach


def person(*grants: Grant, only: frozenset[Permission] | None = None) -> Principal:
    return Principal(Kind.PERSON, "u-1", "Lan", grants, only)


def test_what_no_grant_gives_is_not_allowed() -> None:
    nobody = person()
    assert not any(nobody.may(permission) for permission in Permission)
    assert nobody.areas_for(Permission.ALARMS_READ) == frozenset()


@pytest.mark.parametrize(
    ("grants", "areas"),
    [
        ((Grant(Role.OPERATOR),), None),
        ((Grant(Role.OPERATOR, frozenset({"a"})),), frozenset({"a"})),
        (
            (Grant(Role.OPERATOR, frozenset({"a"})), Grant(Role.LEADER, frozenset({"b"}))),
            frozenset({"a", "b"}),
        ),
        ((Grant(Role.OPERATOR, frozenset({"a"})), Grant(Role.LEADER)), None),
        ((Grant(Role.OPERATOR, frozenset()),), frozenset()),
    ],
)
def test_areas_of_all_grants_join(grants: tuple[Grant, ...], areas: frozenset[str] | None) -> None:
    assert areas == person(*grants).areas_for(Permission.ALARMS_READ)


def test_a_grant_of_another_role_lends_no_area() -> None:
    both = person(Grant(Role.TECHNICIAN), Grant(Role.OPERATOR, frozenset({"a"})))
    assert both.areas_for(Permission.ALARMS_WORK) == frozenset({"a"})
    assert both.areas_for(Permission.NODES_READ) is None


def test_areas_of_one_grant_do_not_join_agencies_of_another() -> None:
    one, other = (frozenset({"a"}), frozenset({"police"})), (frozenset({"b"}), frozenset({"health"}))
    both = person(Grant(Role.OFFICER, *one), Grant(Role.OFFICER, *other), Grant(Role.TECHNICIAN))
    assert both.reaches_for(Permission.ALARMS_WORK) == (Reach(*one), Reach(*other))


def test_a_key_is_confined_to_what_it_names() -> None:
    key = person(Grant(Role.ADMIN), only=frozenset({Permission.EVENTS_READ}))
    assert key.may(Permission.EVENTS_READ)
    assert not key.may(Permission.NODES_WRITE)


def test_the_original_of_evidence_is_given_by_name_alone() -> None:
    assert not any(Permission.EVIDENCE_ORIGINAL in held for held in PERMISSIONS.values())
    named = person(Grant(Role.OPERATOR, extra=frozenset({Permission.EVIDENCE_ORIGINAL})))
    assert named.may(Permission.EVIDENCE_ORIGINAL)


def test_every_role_has_its_row() -> None:
    assert set(Role) == set(PERMISSIONS)
