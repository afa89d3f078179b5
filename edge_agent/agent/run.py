"""`edge-agent run`: the agent until a signal ends it.

Exit code 0 after SIGTERM or SIGINT; 2 when the configuration cannot be used, with one line that says why.
Logs go to standard error. Under systemd it tells when it is ready, that it lives, and that it stops.
"""

import argparse
import fcntl
import logging
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import IO, Final

import cv2
import msgspec

from edge_agent.agent import config_file
from edge_agent.agent.agent import Agent
from edge_agent.agent.config_file import LoadedConfig
from edge_agent.agent.memory import return_large_blocks
from edge_agent.control.sd_notify import SdNotifier, notifier_from_environment
from edge_agent.control.watchdog import should_feed, stalled
from edge_agent.uplink.endpoint import Endpoint, endpoint_of
from edge_agent.uplink.errors import EndpointError
from fleet.wire.errors import ConfigError
from fleet.wire.node_config import NodeConfig

log = logging.getLogger(__name__)

BAD_CONFIG: Final = 2
_TICK_S: Final = 1.0
_STALL_SHARE: Final = 0.75


class StartError(Exception):
    """The agent cannot start as things are; one line with the next step."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `edge-agent run`."""
    parser.add_argument(
        "--config", type=Path, required=True, metavar="F", help="the node's configuration, TOML"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")


def run(args: argparse.Namespace) -> int:
    """Run the agent; returns the exit code."""
    start_logging(verbose=args.verbose, under_systemd="JOURNAL_STREAM" in os.environ)
    try:
        loaded = config_file.load(args.config, os.environ)
        endpoint = endpoint_of(loaded.config, read_password(loaded.config))
        lock = hold(Path(loaded.config.node.data_dir))
    except (ConfigError, EndpointError, StartError) as error:
        sys.stderr.write(f"edge-agent run: {' '.join(str(error).split())}\n")
        return BAD_CONFIG
    if loaded.problem:
        log.error("%s", loaded.problem)
    else:
        config_file.keep_copy(loaded, args.config)
    try:
        return serve(loaded, endpoint)
    finally:
        if lock is not None:
            lock.close()


def serve(loaded: LoadedConfig, endpoint: Endpoint) -> int:
    """Run the agent of a configuration until a signal comes."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return_large_blocks()
    cv2.setNumThreads(1)  # the detector has its threads; resizing gains nothing from more
    config = loaded.config
    notifier = notifier_from_environment(os.environ, os.getpid())
    rng = Random(secrets.randbits(64))  # noqa: S311  jitter
    agent = Agent(config, endpoint, config_problem=loaded.problem, rng=rng)
    agent.start()
    log.info(
        "node %s: %d cameras, %d sensors, broker %s",
        config.node.id,
        len(config.cameras),
        len(config.sensors),
        endpoint.label,
    )
    notifier.ready()
    while not stopping.wait(_TICK_S):
        tend(agent, notifier, time.monotonic())
    notifier.stopping()
    log.info("stopping")
    agent.stop()
    sys.stdout.write(msgspec.json.encode(agent.summary).decode() + "\n")
    sys.stdout.flush()
    return 0


def tend(agent: Agent, notifier: SdNotifier, now_s: float) -> None:
    """One turn of the main loop: health, and the watchdog's food while everything moves."""
    try:
        agent.tend(now_s)
    except Exception:
        # The supervisor's own net: the node's health must not end its work.
        log.exception("reading the node's health failed")
    if notifier.watchdog_s is None:
        return
    limit_s = notifier.watchdog_s * _STALL_SHARE
    progress = agent.progress(now_s)
    if should_feed(now_s, progress, limit_s) or not progress:
        notifier.watchdog()
    else:
        log.error("stalled: %s; systemd will restart the agent", ", ".join(stalled(now_s, progress, limit_s)))


def start_logging(*, verbose: bool, under_systemd: bool) -> None:
    """Short lines on standard error; systemd adds the time itself."""
    stamp = "" if under_systemd else "%(asctime)s "
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format=f"{stamp}%(levelname)s %(message)s",
    )


def read_password(config: NodeConfig) -> str:
    """The broker's password.

    Raises:
        StartError: its file cannot be read.
    """
    if not config.broker.password_file:
        return ""
    try:
        return Path(config.broker.password_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            f"broker.password_file: {config.broker.password_file} cannot be read ({error}): put the password"
            " that the aggregator gave this node into it, readable by this user"
        ) from error


def hold(data_dir: Path) -> IO[str] | None:
    """Take the data folder for this process; None where a lock cannot be written.

    Raises:
        StartError: another agent has it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "agent.lock").open("w", encoding="ascii")
    except OSError as error:
        log.error("%s cannot be written (%s): facts will be held in memory only", data_dir, error.strerror)  # noqa: TRY400  a state of the disk, not of the code
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StartError(
            f"node.data_dir: another agent runs on {data_dir}: stop it, or give this one a folder of its own"
        ) from error
    return lock
