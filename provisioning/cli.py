"""`provision`: the technician's tool. JSON lines go to standard output, everything else to standard error."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from provisioning.errors import ProvisioningError
from provisioning.grafana.command import add_command, run_command
from provisioning.local.run import LocalRun, run_local

_MEDIA: Final = Path(__file__).parent / "demo"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 when facts were lost, 2 when it could not run."""
    args = _parser().parse_args(argv)
    if args.command == "grafana":
        return _grafana(args)
    asked = LocalRun(args.folder.resolve(), _MEDIA, args.port, args.seconds, args.store)
    try:
        found = run_local(asked, _say)
    except ProvisioningError as error:
        print(f"provision: {error}", file=sys.stderr)
        return 2
    print(msgspec.json.encode(found).decode(), flush=True)
    return 1 if found.lost or found.duplicated else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="provision", description="Set up nodes and servers.")
    commands = parser.add_subparsers(dest="command", required=True)
    local = commands.add_parser("local", help="the whole system on this machine, on real video")
    local.add_argument("--seconds", type=_positive, help="stop by itself, and end with one JSON line")
    local.add_argument(
        "--folder", type=Path, default=Path("var/demo"), help="where it keeps its data (var/demo)"
    )
    local.add_argument("--port", type=int, default=8080, help="of the console (8080; another if it is taken)")
    local.add_argument(
        "--store",
        choices=("duckdb", "influx"),
        default="duckdb",
        help="of measurements (duckdb)",
    )
    add_command(commands)
    return parser


def _grafana(args: argparse.Namespace) -> int:
    try:
        return run_command(args, lambda line: print(line, flush=True))
    except ProvisioningError as error:
        print(f"provision: {error}", file=sys.stderr)
        return 2


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of seconds")
    return value


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
