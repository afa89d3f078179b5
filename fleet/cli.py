"""`fleet`: drive and watch a fleet. JSON lines go to standard output, everything else to standard error."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from fleet.aggregator_api import AggregatorApi, AggregatorUnavailableError, read_api_key
from fleet.simulator.connection import ConnectionRefusedByBrokerError
from fleet.simulator.local_aggregator import AggregatorStartError, Ready, local_aggregator
from fleet.simulator.simulate import Plan, Result, node_names, simulate
from fleet.tap.lines import Line
from fleet.tap.listen import Tap, TapRefusedError
from fleet.year_command import add_year_command, run_year_command

_API_URL: Final = "http://127.0.0.1:8080"
_KEY_FILE: Final = "var/api-key"
_COUNTED: Final = ("watermark", "events", "rows", "skipped", "dead")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 1 when facts were lost, 2 when it could not run."""
    args = _parser().parse_args(argv)
    try:
        if args.command == "simulate":
            return _simulate(args)
        if args.command == "year":
            return run_year_command(args)
        if args.command == "tap":
            return _tap(args)
        return _nodes(args)
    except (
        AggregatorUnavailableError,
        AggregatorStartError,
        ConnectionRefusedByBrokerError,
        TapRefusedError,
    ) as error:
        print(f"fleet: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; so may we
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fleet", description="Drive and watch a fleet of nodes.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("simulate", help="N nodes on a real broker and aggregator; one JSON line")
    run.add_argument("--nodes", type=_positive_int, default=10)
    run.add_argument(
        "--rate", type=_not_negative, default=1.0, help="messages a second of each node; 0 is all it can"
    )
    run.add_argument("--batch", type=_positive_int, default=50, help="facts a message")
    run.add_argument("--seconds", type=_positive, default=10.0)
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--broker", help="broker of a running aggregator; without it one is started for the run")
    _add_api(run)
    tap = commands.add_parser("tap", help="live traffic as readable lines")
    tap.add_argument("--node", help="only this node")
    tap.add_argument("--kind", action="append", default=[], help="only this kind or measurement; repeatable")
    tap.add_argument("--json", action="store_true", help="JSON lines instead of columns")
    tap.add_argument("--limit", type=_positive_int, help="stop after so many lines")
    _add_api(tap)
    nodes = commands.add_parser("nodes", help="what each node's streams hold in the stores")
    nodes.add_argument("--node", help="only this node")
    nodes.add_argument("--json", action="store_true")
    _add_api(nodes)
    add_year_command(commands)
    return parser


def _add_api(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--api", default=_API_URL, help=f"address of the aggregator ({_API_URL})")
    parser.add_argument("--api-key-file", type=Path, default=Path(_KEY_FILE), help=f"its key ({_KEY_FILE})")


def _simulate(args: argparse.Namespace) -> int:
    plan = Plan(args.nodes, args.rate, args.batch, args.seconds, args.seed)
    if args.broker is None:
        with (
            tempfile.TemporaryDirectory(prefix="matthan-simulate-") as folder,
            local_aggregator(Path(folder)) as ready,
        ):
            result = _run(plan, ready)
    else:
        result = _run(plan, Ready(args.api, args.broker, str(args.api_key_file)))
    print(msgspec.json.encode(result).decode())
    return 1 if result.lost or result.duplicated else 0


def _run(plan: Plan, ready: Ready) -> Result:
    api = AggregatorApi(ready.http, read_api_key(Path(ready.api_key_file)))
    try:
        credentials = [
            msgspec.structs.replace(held, broker_url=ready.broker)
            for held in api.register_nodes(node_names(plan.nodes))
        ]
        return simulate(plan, credentials, api)
    finally:
        api.close()


def _tap(args: argparse.Namespace) -> int:
    api = AggregatorApi(args.api, read_api_key(args.api_key_file))
    credentials = api.tap_credentials()
    api.close()
    left = args.limit

    def sink(line: Line) -> None:
        nonlocal left
        print(msgspec.json.encode(line).decode() if args.json else line.readable(), flush=True)
        if left is not None:
            left -= 1
            if left == 0:
                tap.stop()

    tap = Tap(credentials, node=args.node, kinds=frozenset(args.kind), sink=sink)
    signal.signal(signal.SIGINT, lambda _number, _frame: tap.stop())
    signal.signal(signal.SIGTERM, lambda _number, _frame: tap.stop())
    tap.listen()
    return 0


def _nodes(args: argparse.Namespace) -> int:
    api = AggregatorApi(args.api, read_api_key(args.api_key_file))
    audits = api.streams(args.node)
    api.close()
    if args.json:
        for audit in audits:
            print(msgspec.json.encode(audit).decode())
        return 0
    print(f"{'node':<16} {'stream':<18}", *(f"{title:>10}" for title in _COUNTED))
    for audit in audits:
        counts = (audit.watermark, audit.events_stored, audit.rows_stored, audit.skipped, audit.dead_lettered)
        print(f"{audit.node:<16} {audit.stream:<18}", *(f"{count:>10}" for count in counts))
    return 0


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _not_negative(text: str) -> float:
    return 0.0 if float(text) == 0 else _positive(text)


def _positive_int(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return value


if __name__ == "__main__":
    sys.exit(main())
