"""`provision grafana`: puts datasource, folders, boards and alert rules into a Grafana server."""

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from provisioning.errors import ProvisioningError
from provisioning.grafana.items import Item, Json, Scope, Shipped, desired_items
from provisioning.grafana.marks import CONSOLE_URL
from provisioning.grafana.plan import Action, Change, Difference, plan_changes
from provisioning.grafana.server import GrafanaError, GrafanaServer

_LANGUAGES: Final = ("vi", "en")
_KEY_FILE: Final = "var/api-key"
_TOKEN: Final = "GRAFANA_TOKEN"  # noqa: S105  the name of a variable, not a token


class ScopeSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[scope]]`: an organisation, the file of its datasource's API key, the language of its alerts."""

    organisation: str
    key_file: str
    language: str = "vi"


class ScopesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file that `--scopes` names."""

    scope: tuple[ScopeSection, ...]


class ChangeLine(msgspec.Struct, frozen=True):
    """One change, as a line of standard output."""

    organisation: str
    action: str
    kind: str
    uid: str
    differences: tuple[Difference, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """The closing line: how many changes there were, and whether they were made."""

    organisations: int
    changes: int
    applied: bool


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `grafana` to the parser."""
    grafana = commands.add_parser(
        "grafana", help="dashboards, datasource and alert rules of a Grafana server"
    )
    grafana.add_argument("--url", required=True, help="address of the Grafana server")
    grafana.add_argument(
        "--token",
        default=os.environ.get(_TOKEN, ""),
        help=f"token of a service account, or user:password of a server administrator ({_TOKEN})",
    )
    grafana.add_argument("--check", action="store_true", help="change nothing; show what would change")
    grafana.add_argument(
        "--scopes", type=Path, help="TOML file of [[scope]] organisation, key_file, language"
    )
    grafana.add_argument("--organisation", default="Main Org.", help="without --scopes: the one organisation")
    grafana.add_argument("--key-file", type=Path, default=Path(_KEY_FILE), help=f"and its key ({_KEY_FILE})")
    grafana.add_argument(
        "--aggregator", default="http://127.0.0.1:8080", help="where Grafana finds the aggregator"
    )
    grafana.add_argument("--console", default=CONSOLE_URL, help="where people's browsers find the console")


def run_command(args: argparse.Namespace, emit: Callable[[str], None]) -> int:
    """Run it, giving `emit` a JSON line a change and a closing one.

    Returns 0 when the server is in step, 1 when --check found differences.

    Raises:
        ProvisioningError: a file or the server's answer does not let it go on.
    """
    if not args.token:
        raise GrafanaError(f"give --token, or set {_TOKEN}")
    shipped = load_shipped()
    changes = 0
    scopes = _scopes(args)
    with contextlib.closing(GrafanaServer(args.url, args.token)) as server:
        for scope in scopes:
            wanted = desired_items(
                scope,
                shipped,
                aggregator_url=args.aggregator.rstrip("/"),
                console_url=args.console.rstrip("/"),
            )
            for line in provision_scope(server, scope, wanted, check=args.check):
                emit(msgspec.json.encode(line).decode())
                changes += 1
    applied = not args.check
    emit(msgspec.json.encode(Outcome(len(scopes), changes, applied)).decode())
    return 1 if args.check and changes else 0


def provision_scope(
    server: GrafanaServer, scope: Scope, wanted: tuple[Item, ...], *, check: bool
) -> Iterator[ChangeLine]:
    """Bring one organisation in step, telling each change once it is made (or with `check` what it would be).

    Raises:
        GrafanaError: somebody else's things stand under our uids; nothing was changed.
    """
    organisation = server.organisation(scope.organisation)
    if organisation is None:
        if not check:
            organisation = server.make_organisation(scope.organisation)
        yield ChangeLine(scope.organisation, Action.CREATE, "organisation", scope.organisation)
    actual = () if organisation is None else server.items(organisation, wanted)
    changes = plan_changes(wanted, actual)
    _refuse_foreign(scope, changes)
    for change in changes:
        if organisation is not None and not check:
            server.apply(organisation, change)
        item = change.item
        yield ChangeLine(scope.organisation, change.action, item.kind, item.uid, change.differences)


def load_shipped() -> Shipped:
    """Boards and rules of this version, from its json/ folder."""
    folder = resources.files("provisioning.grafana").joinpath("json")
    rules = {
        language: msgspec.json.decode(
            folder.joinpath("rules", f"{language}.json").read_bytes(), type=_RulesFile
        )
        for language in _LANGUAGES
    }
    return Shipped(
        boards={
            language: tuple(
                msgspec.json.decode(file.read_bytes(), type=Json)
                for file in sorted(folder.joinpath(language).iterdir(), key=lambda each: each.name)
            )
            for language in _LANGUAGES
        },
        rules={language: rules[language].rules for language in _LANGUAGES},
        folders={language: rules[language].folder for language in _LANGUAGES},
    )


class _RulesFile(msgspec.Struct, frozen=True):
    folder: str
    rules: tuple[Json, ...]


def _refuse_foreign(scope: Scope, changes: tuple[Change, ...]) -> None:
    foreign = [
        f"{change.item.kind} {change.item.uid}" for change in changes if change.action is Action.REFUSE
    ]
    if foreign:
        raise GrafanaError(
            f"somebody else made {', '.join(foreign)} in {scope.organisation!r}: rename or remove them there"
        )


def _scopes(args: argparse.Namespace) -> tuple[Scope, ...]:
    if args.scopes is None:
        return (Scope(args.organisation, _key(args.key_file)),)
    try:
        file = msgspec.toml.decode(args.scopes.read_bytes(), type=ScopesFile)
    except (OSError, msgspec.MsgspecError) as error:
        raise ProvisioningError(
            f"{args.scopes}: {error}: it needs [[scope]] with organisation and key_file"
        ) from error
    base = args.scopes.parent
    for section in file.scope:
        if section.language not in _LANGUAGES:
            raise ProvisioningError(f"{args.scopes}: language {section.language!r} is none of vi, en")
    return tuple(Scope(each.organisation, _key(base / each.key_file), each.language) for each in file.scope)


def _key(path: Path) -> str:
    try:
        key = path.read_text("utf-8").strip()
    except OSError as error:
        raise ProvisioningError(
            f"{path} cannot be read ({error.strerror}): name the key with --key-file"
        ) from error
    if not key:
        raise ProvisioningError(f"{path} is empty: it must hold an API key of the aggregator")
    return key
