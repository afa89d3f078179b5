"""`aggregator sign-on grafana`: prints the configuration of Grafana for the console's own provider."""

import argparse
import sys
import time
from typing import TypeAlias

from aggregator.config import Config
from aggregator.errors import ConfigError
from aggregator.identity.grafana_sign_on import Endpoints, GrafanaClient, Signing, grafana_ini
from aggregator.identity.oidc_client import OidcClient
from aggregator.identity_parts import sign_on_settings

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  its only name


def add_sign_on_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add `sign-on` and its sub-command to the parser."""
    parser = commands.add_parser("sign-on", help="single sign-on of other programs")
    steps = parser.add_subparsers(dest="step", required=True)
    grafana = steps.add_parser(
        "grafana", parents=[common], help="print grafana.ini for the console's own provider and groups"
    )
    grafana.add_argument("--url", required=True, help="where browsers find Grafana")
    grafana.add_argument("--client-id", required=True, help="of Grafana at the provider")
    grafana.add_argument("--secret-file", default="", help="where Grafana reads its secret at the provider")
    grafana.add_argument(
        "--organisation",
        action="append",
        default=[],
        metavar="GROUP=NAME",
        help="the organisation of a group; needed by those that are confined to areas (repeatable)",
    )


def print_sign_on(options: argparse.Namespace, config: Config) -> None:
    """Ask the provider where its endpoints are, and print; raises ConfigError, ProviderAwayError."""
    if not config.oidc.issuer:
        raise ConfigError("single sign-on is off: set [oidc] issuer first (docs/sign-on.md)")
    settings = sign_on_settings(config)
    client = OidcClient(settings, time.monotonic)
    try:
        provider = client.provider()
    finally:
        client.close()
    organisations = dict(_pair(each) for each in options.organisation)
    sys.stdout.write(
        grafana_ini(
            Signing(settings.scopes, settings.groups_claim, settings.groups, settings.label),
            Endpoints(
                provider.authorization_endpoint, provider.token_endpoint, provider.userinfo_endpoint or ""
            ),
            GrafanaClient(options.client_id, options.secret_file, options.url),
            organisations,
        )
    )


def _pair(text: str) -> tuple[str, str]:
    group, sign, name = text.partition("=")
    if not (group and sign and name):
        raise ConfigError(f"--organisation is GROUP=NAME, not {text!r}")
    return group, name
