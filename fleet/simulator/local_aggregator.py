"""A real aggregator with its embedded broker, as a process of its own in a temporary folder."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

_READY_S: Final = 60.0
_STOP_S: Final = 20.0


class AggregatorStartError(Exception):
    """The aggregator did not become ready; the message carries the end of its log."""


class Ready(msgspec.Struct, frozen=True):
    """The one line that `aggregator serve` writes to standard output."""

    http: str
    broker: str
    api_key_file: str


@contextmanager
def local_aggregator(folder: Path) -> Iterator[Ready]:
    """Run `aggregator serve` on free ports with its data in `folder` until the block ends."""
    config = folder / "aggregator.toml"
    config.write_text(
        f'[server]\nport = 0\ndata_dir = "{folder / "data"}"\n[broker]\nkind = "embedded"\nport = 0\n',
        "utf-8",
    )
    log = folder / "aggregator.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator.app", "serve", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        yield _ready(process, log)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> Ready:
    watchdog = threading.Timer(_READY_S, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline() if process.stdout is not None else b""
    finally:
        watchdog.cancel()
    try:
        return msgspec.json.decode(line, type=Ready)
    except msgspec.DecodeError as error:
        tail = log.read_text("utf-8", errors="replace")[-1500:]
        raise AggregatorStartError(f"`aggregator serve` did not become ready:\n{tail}") from error
