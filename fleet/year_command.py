"""`fleet year`: the made-up year of a city as line protocol, for demos, pictures and tests of scale."""

import argparse
import itertools
import sys
from datetime import UTC, datetime
from typing import Final

from fleet.simulator.year import Year, YearPlan
from fleet.simulator.year_lines import lines_of_facts

_MINUTE: Final = 60


def add_year_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `year` to the parser."""
    year = commands.add_parser("year", help="a made-up year of a city as InfluxDB line protocol")
    year.add_argument("--cameras", type=_positive, default=126, help="126, as the cities published")
    year.add_argument("--days", type=_positive, default=365)
    year.add_argument("--until", type=_instant, help="its end, ISO 8601 with an offset (now)")
    year.add_argument("--seed", type=int, default=1)
    year.add_argument("--step", type=_step, default=3600, metavar="SECONDS", help="a row each … (3600)")
    year.add_argument("--recent-hours", type=int, default=24, help="the last hours in fine steps (24)")
    year.add_argument("--recent-step", type=_step, default=60, metavar="SECONDS", help="a row each … (60)")


def run_year_command(args: argparse.Namespace) -> int:
    """Write the lines to standard output; figures at the end to standard error."""
    end = args.until or datetime.now(tz=UTC).replace(second=0, microsecond=0)
    plan = YearPlan(end, args.cameras, args.days, args.seed, args.step, args.recent_hours, args.recent_step)
    numbers = itertools.count(1)
    written = 0
    for facts in Year(plan):
        lines = list(lines_of_facts(facts, numbers))
        written += len(lines)
        if lines:
            sys.stdout.write("\n".join(lines) + "\n")
    sys.stderr.write(f"fleet: {written} points of {args.cameras} cameras over {args.days} days\n")
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return value


def _step(text: str) -> int:
    value = _positive(text)
    if value % _MINUTE:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of minutes: rows begin on a minute")
    return value


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset: write {text}+07:00")
    return value
