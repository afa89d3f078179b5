"""`aggregator key …`: keys for the servers that show dashboards."""

import argparse
from collections.abc import Callable, Mapping
from typing import TypeAlias

from aggregator.config import Config
from aggregator.identity_parts import identity_of

Say = Callable[[Mapping[str, object]], None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  its only name


def add_key_command(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add `key` to the parser."""
    parser = commands.add_parser(
        "key", parents=[common], help="make a key for a dashboard server's datasource"
    )
    parser.add_argument("name", help="what the key is for, as it is shown in lists")
    sites = parser.add_mutually_exclusive_group(required=True)
    sites.add_argument("--site", action="append", metavar="SITE", help="a site it may read; may be repeated")
    sites.add_argument("--all-sites", action="store_true", help="let it read every site")


def make_key(options: argparse.Namespace, config: Config, say: Say) -> None:
    """Make the key and print it, once."""
    with identity_of(config) as found:
        key = found.keys.make_query_key(options.name, None if options.all_sites else options.site)
    say({"name": options.name, "sites": "*" if options.all_sites else options.site, "key": key})
