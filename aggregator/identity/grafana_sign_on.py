"""The configuration of Grafana that signs people on at the console's own provider, by the same groups. Pure.

Invariants: who may not query the time series gets no role, and so no entry (`role_attribute_strict`); whose
grants are confined to areas gets into an organisation that was named for the group alone, because an
organisation's data are those of its datasource's key, for everybody in it. A role is had within the mapped
organisation alone: `role_attribute_path` is left out, because its role would hold in Grafana's default one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aggregator.errors import ConfigError
from aggregator.identity.permissions import PERMISSIONS, Permission, Role
from aggregator.identity.principal import Grant

VIEWER: Final = "Viewer"
ADMIN: Final = "Admin"
_CALLBACK: Final = "/login/generic_oauth"
_UNSAFE: Final = frozenset("'\"`\\;#$%:*\r\n")
"""Characters that Grafana's file, its organisations' mapping or JMESPath take for their own."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider is asked, from its own description."""

    authorization: str
    token: str
    userinfo: str


@dataclass(frozen=True, slots=True)
class GrafanaClient:
    """Grafana as the provider knows it.

    Attributes:
        client_id: of Grafana's own registration at the provider.
        secret_file: where Grafana reads its secret; empty for a public client.
        root_url: where browsers find Grafana.
        organisation: that people of groups without an own one come into.
    """

    client_id: str
    secret_file: str
    root_url: str
    organisation: str = "Main Org."


@dataclass(frozen=True, slots=True)
class Signing:
    """What the console's configuration says: scopes, the claim, the groups' grants, the button's label."""

    scopes: tuple[str, ...]
    groups_claim: str
    groups: Mapping[str, tuple[Grant, ...]]
    label: str = ""


def role_of(grants: Iterable[Grant]) -> str | None:
    """The role in Grafana of who holds these grants; None for no entry."""
    asking = [grant for grant in grants if Permission.TIMESERIES_QUERY in PERMISSIONS[grant.role]]
    if any(grant.role is Role.ADMIN and grant.areas is None for grant in asking):
        return ADMIN
    return VIEWER if asking else None


def is_confined(grants: Iterable[Grant]) -> bool:
    """Whether none of the grants that let somebody query reaches everywhere."""
    return all(
        grant.areas is not None for grant in grants if Permission.TIMESERIES_QUERY in PERMISSIONS[grant.role]
    )


def grafana_ini(
    signing: Signing, endpoints: Endpoints, client: GrafanaClient, organisations: Mapping[str, str]
) -> str:
    """Lines for grafana.ini.

    Args:
        signing: of the console.
        endpoints: of the provider.
        client: Grafana at the provider.
        organisations: of groups that have their own, by the group's name.

    Raises:
        ConfigError: a name cannot be written, or nobody could come in.
    """
    entries = _entries(signing, client.organisation, organisations)
    if not entries:
        raise ConfigError(
            "no group of [oidc.groups] may query the time series everywhere: name the organisation of a "
            "group that is confined to areas with --organisation GROUP=NAME"
        )
    for text in (*signing.scopes, signing.groups_claim, client.client_id, client.root_url, signing.label):
        _check(text, allowed=":")
    lines = [
        "[server]",
        f"root_url = {client.root_url.rstrip('/')}/",
        "",
        "[users]",
        "auto_assign_org = false",
        "",
        "[auth.generic_oauth]",
        "enabled = true",
        f"name = {signing.label or 'OpenID Connect'}",
        "allow_sign_up = true",
        f"client_id = {client.client_id}",
        *([f"client_secret = $__file{{{client.secret_file}}}"] if client.secret_file else []),
        f"scopes = {' '.join(signing.scopes)}",
        f"auth_url = {endpoints.authorization}",
        f"token_url = {endpoints.token}",
        f"api_url = {endpoints.userinfo}",
        "use_pkce = true",
        "login_attribute_path = preferred_username || sub",
        "role_attribute_strict = true",
        "allow_assign_grafana_admin = false",
        f"org_attribute_path = {_claim(signing.groups_claim)}",
        f"org_mapping = {json.dumps([':'.join(entry) for entry in entries], ensure_ascii=False)}",
    ]
    return "\n".join([f"; at the provider, allow {client.root_url.rstrip('/')}{_CALLBACK}", *lines, ""])


def _entries(
    signing: Signing, organisation: str, organisations: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Group, organisation and role of each group that may come in, administrators first."""
    unknown = organisations.keys() - signing.groups.keys()
    if unknown:
        raise ConfigError(f"[oidc.groups] has no {min(unknown)!r}: name a group as it stands there")
    found = []
    for group, grants in signing.groups.items():
        role = role_of(grants)
        own = organisations.get(group, "" if is_confined(grants) else organisation)
        if role is None or not own:
            continue
        _check(group)
        _check(own)
        found.append((group, own, role))
    return sorted(found, key=lambda entry: (entry[2] != ADMIN, entry))


def _claim(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else f'"{name}"'


def _check(text: str, *, allowed: str = "") -> None:
    wrong = sorted((set(text) & _UNSAFE) - set(allowed))
    if wrong:
        raise ConfigError(
            f"{text!r} has {wrong[0]!r}, which Grafana's configuration cannot hold: give it another name"
        )
