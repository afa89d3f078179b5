"""`edge-agent doctor`: runs every check and prints what it found.

One line a check: for people in Vietnamese and English, or with `--json` one JSON object. Ends with 0 when all
is well, 1 when something wants attention, 2 when something does not work.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from edge_agent.doctor.catalogue import Result, in_words, load_catalogue
from edge_agent.doctor.configuration import configuration
from edge_agent.doctor.finding import exit_code
from edge_agent.doctor.plan import planned_checks
from edge_agent.doctor.runner import run_checks

DEFAULT_CONFIG = Path("/etc/matthan/node.toml")

_SIGNS = {"ok": "OK  ", "warn": "WARN", "fail": "FAIL", "not_applicable": "-   "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("--config", type=Path, help=f"the node's configuration (default: {DEFAULT_CONFIG})")
    parser.add_argument("--json", action="store_true", help="one JSON object a check, on standard output")


def run(args: argparse.Namespace) -> int:
    """Check the node; returns the exit code."""
    path = args.config if args.config is not None else DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None
    catalogue = load_catalogue()
    results = [
        in_words(timed.finding, catalogue, timed.took_ms)
        for timed in run_checks(planned_checks(configuration(path)))
    ]
    for result in results:
        line = msgspec.json.encode(result).decode() if args.json else in_text(result)
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    return exit_code([result.status for result in results])


def in_text(result: Result) -> str:
    """A result for people: what it is in both languages, and below it what to do."""
    name = f"{result.code} {result.subject}".strip()
    lines = [f"{_SIGNS[result.status]} {name:<20} {result.cause.vi}", f"{'':<26}{result.cause.en}"]
    if result.next_step.en:
        lines += [f"{'':<26}→ {result.next_step.vi}", f"{'':<26}→ {result.next_step.en}"]
    return "\n".join(lines)
