"""`aggregator audit …`: verify the audit log, print its head, show its lines. Nothing here writes."""

import argparse
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from aggregator.audit.log import KEY_FILE, AuditFilter, AuditLog, read_key
from aggregator.config import Config
from aggregator.errors import ConfigError, OperatorError
from aggregator.identity.views import view_audit
from aggregator.storage.relational.engine import make_engine

Say = Callable[[Mapping[str, object]], None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  its only name
_MOST_TOLD: Final = 100


class AuditBrokenError(OperatorError):
    """The audit log is not what was written."""

    code = "audit_broken"


def add_audit_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add `audit` and its sub-commands to the parser."""
    parser = commands.add_parser("audit", help="verify and read the audit log")
    steps = parser.add_subparsers(dest="step", required=True)
    verify = steps.add_parser("verify", parents=[common], help="find any row that was altered or removed")
    verify.add_argument(
        "--head",
        metavar="ROWS:SEAL",
        help="what `audit head` printed before, kept elsewhere: tells of a log that was put back",
    )
    steps.add_parser("head", parents=[common], help="print the end of the log, to be kept elsewhere")
    show = steps.add_parser("show", parents=[common], help="print lines, newest first")
    show.add_argument("--action", default="", help="such as user.created")
    show.add_argument("--subject", default="", help="such as user:0192…")
    show.add_argument("--actor", default="", help="id of whoever did it")
    show.add_argument("--limit", type=int, default=50)


def run_audit(options: argparse.Namespace, config: Config, say: Say) -> None:
    """Run the sub-command; raises AuditBrokenError when the log does not hold."""
    with _log_of(config) as log:
        match options.step:
            case "head":
                rows, seal = log.head()
                say({"rows": rows, "seal": seal, "head": f"{rows}:{seal}"})
            case "show":
                wanted = AuditFilter(options.action, options.subject, options.actor)
                for row in log.page(wanted, before=None, limit=max(1, options.limit)):
                    say(view_audit(row).model_dump(mode="json"))
            case _:
                _verify(log, options.head, say)


def _verify(log: AuditLog, noted: str | None, say: Say) -> None:
    rows, found = log.verify()
    problems = [each.what for each in found]
    if noted is not None:
        count, seal = _parsed(noted)
        if not log.went_through(count, seal):
            problems.append(
                f"the log never had the head {count}:{seal.hex()[:8]}…: it was put back, or is another"
            )
    say({"rows": rows, "whole": not problems, "breaks": problems[:_MOST_TOLD], "break_count": len(problems)})
    if problems:
        raise AuditBrokenError(
            f"the audit log is not what was written ({problems[0]}): keep the database as it is, "
            "and compare it with its last back-up"
        )


def _parsed(noted: str) -> tuple[int, bytes]:
    count, _, seal = noted.partition(":")
    try:
        return int(count), bytes.fromhex(seal)
    except ValueError as error:
        raise ConfigError("--head is ROWS:SEAL, as `aggregator audit head` prints it") from error


@contextlib.contextmanager
def _log_of(config: Config) -> Iterator[AuditLog]:
    if not (config.data_dir / KEY_FILE).exists():
        raise ConfigError(
            f"there is no {KEY_FILE} in {config.data_dir}: give the server's own file with --config"
        )
    engine = make_engine(config.database_url)
    try:
        yield AuditLog(engine, read_key(config.data_dir))
    finally:
        engine.dispose()
