"""Who comes into which organisation of Grafana, with which role."""

import configparser
import json

import pytest

from aggregator.errors import ConfigError
from aggregator.identity.grafana_sign_on import (
    Endpoints,
    GrafanaClient,
    Signing,
    grafana_ini,
    is_confined,
    role_of,
)
from aggregator.identity.permissions import Role
from aggregator.identity.principal import Grant

HUE = frozenset({"46"})
AT = Endpoints("https://id.example/auth", "https://id.example/token", "https://id.example/me")
GRAFANA = GrafanaClient("grafana", "/etc/grafana/secret", "https://wall.example/")
GROUPS = {
    "ioc-admins": (Grant(Role.ADMIN),),
    "trực ban": (Grant(Role.OPERATOR),),
    "hue": (Grant(Role.OPERATOR, HUE), Grant(Role.OFFICER)),
    "police": (Grant(Role.OFFICER),),
}


def made(
    groups: dict[str, tuple[Grant, ...]], organisations: dict[str, str], claim: str = "groups"
) -> configparser.SectionProxy:
    signing = Signing(("openid", "profile"), claim, groups, "Danh bạ thành phố")
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=(";",))
    parser.read_string(grafana_ini(signing, AT, GRAFANA, organisations))
    return parser["auth.generic_oauth"]


@pytest.mark.parametrize(
    ("grants", "expected", "confined"),
    [
        ((Grant(Role.ADMIN),), "Admin", False),
        ((Grant(Role.ADMIN, HUE),), "Viewer", True),
        ((Grant(Role.LEADER),), "Viewer", False),
        ((Grant(Role.OFFICER),), None, True),
        ((Grant(Role.CITIZEN), Grant(Role.TECHNICIAN, HUE)), "Viewer", True),
        ((), None, True),
    ],
)
def test_a_role_follows_from_what_may_be_queried(
    grants: tuple[Grant, ...], expected: str | None, *, confined: bool
) -> None:
    assert (role_of(grants), is_confined(grants)) == (expected, confined)


def test_groups_come_into_their_organisations_and_confined_ones_into_none_but_their_own() -> None:
    assert json.loads(made(GROUPS, {})["org_mapping"]) == [
        "ioc-admins:Main Org.:Admin",
        "trực ban:Main Org.:Viewer",
    ]
    assert json.loads(made(GROUPS, {"hue": "Phường Huế"})["org_mapping"]) == [
        "ioc-admins:Main Org.:Admin",
        "hue:Phường Huế:Viewer",
        "trực ban:Main Org.:Viewer",
    ]


def test_the_same_provider_is_asked_and_who_has_no_role_stays_out() -> None:
    found = made(GROUPS, {}, "https://city.example/groups")
    assert {
        name: found[name] for name in ("client_id", "client_secret", "scopes", "auth_url", "use_pkce")
    } == {
        "client_id": "grafana",
        "client_secret": "$__file{/etc/grafana/secret}",
        "scopes": "openid profile",
        "auth_url": "https://id.example/auth",
        "use_pkce": "true",
    }
    assert found["org_attribute_path"] == '"https://city.example/groups"'
    assert found["role_attribute_strict"] == "true"
    assert "role_attribute_path" not in found


@pytest.mark.parametrize(
    ("groups", "organisations", "says"),
    [
        ({"hue": GROUPS["hue"]}, {}, "--organisation"),
        (GROUPS, {"huế": "X"}, "has no 'huế'"),
        ({"a:b": (Grant(Role.ADMIN),)}, {}, "another name"),
        (GROUPS, {"hue": "X\nadmin = true"}, "another name"),
    ],
)
def test_what_cannot_be_written_is_told(
    groups: dict[str, tuple[Grant, ...]], organisations: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        made(groups, organisations)
