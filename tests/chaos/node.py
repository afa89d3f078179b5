"""A node's process and the truth about what it made: its outbox file."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM
from types import TracebackType
from typing import Self

from fleet.aggregator_api import Credentials


@dataclass(frozen=True, slots=True)
class Truth:
    """An outbox file: `made` numbers given out, `waiting` facts not settled, `dropped` ones declared."""

    stream: str
    made: int
    watermark: int
    waiting: int
    dropped: int


def read_outbox(path: Path) -> Truth:
    """Read an outbox that may be in use; facts stand in every table that has a `seq`."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10, isolation_level=None)
    with contextlib.closing(db):
        db.execute("BEGIN")  # one state of the file for all that follows
        stream, watermark = db.execute("SELECT stream, watermark FROM outbox").fetchone()
        tables = db.execute(
            "SELECT m.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c"
            " WHERE m.type = 'table' AND c.name = 'seq'"
        ).fetchall()
        found = [db.execute(f"SELECT count(*), max(seq) FROM {name}").fetchone() for (name,) in tables]  # noqa: S608
        dropped, last_skip = db.execute(
            "SELECT total(to_seq - from_seq + 1), max(to_seq) FROM skips"
        ).fetchone()
    made = max(watermark, last_skip or 0, *(last or 0 for _, last in found))
    return Truth(stream.hex(), made, watermark, sum(count for count, _ in found), int(dropped))


class NodeProcess:
    """A program that runs an agent on `folder`; survives being killed and started again.

    Args:
        folder: its configuration, data and log.
        account: what the aggregator gave it.
        command: the program before `--config`, and its arguments after.
        url: the broker, when not the account's (a proxy).
        extra: further TOML of the configuration.
        environment: variables beside this process's own.
    """

    def __init__(
        self,
        folder: Path,
        account: Credentials,
        command: Sequence[str],
        *,
        after: Sequence[str] = (),
        url: str = "",
        health_s: float = 30.0,
        extra: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.node = account.node
        self.folder = folder
        self.config = folder / "node.toml"
        self.log_path = folder / "node.log"
        self.kills = 0
        (folder / "password").write_text(account.password, "utf-8")
        self.config.write_text(
            f"[node]\nid = {json.dumps(account.node)}\ndata_dir = {json.dumps(str(self.data_dir))}\n"
            f"health_s = {health_s}\n"
            f"[broker]\nurl = {json.dumps(url or account.broker_url)}\nuser = {json.dumps(account.user)}\n"
            f"client_id = {json.dumps(account.client_id)}\n"
            f"password_file = {json.dumps(str(folder / 'password'))}\n"
            f"keepalive_s = 5\nresend_s = 10\n{extra}",
            "utf-8",
        )
        self._command = [*command, "--config", str(self.config), *after]
        self._environment = os.environ | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data_dir(self) -> Path:
        """Where the outbox lies."""
        return self.folder / "data"

    @property
    def outbox(self) -> Path:
        """The truth."""
        return self.data_dir / "outbox.sqlite"

    @property
    def pid(self) -> int:
        """Process id of the running agent."""
        if self._process is None:
            raise RuntimeError(f"{self.node} does not run: call start() first")
        return self._process.pid

    def start(self) -> Self:
        """Start it."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        return self

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def kill9(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            assert self.alive(), f"{self.node} ended by itself:\n{self.log()[-3000:]}"
            os.killpg(self._process.pid, SIGKILL)
            self._process.wait(10)
            self.kills += 1

    def stop(self) -> int:
        """Ask it to end; returns its status."""
        if self._process is None:
            return 0
        self._process.send_signal(SIGTERM)
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def end_empty(self, *, within_s: float = 120.0) -> Truth:
        """End it with nothing waiting and tell what it made until then.

        A node tells of its own health at any moment, while it stops too: what is read before its end is
        not all that it made.
        """
        deadline_s = time.monotonic() + within_s
        while True:
            while self.truth().waiting and time.monotonic() < deadline_s:
                time.sleep(0.05)
            assert self.alive(), f"{self.node} ended by itself:\n{self.log()[-3000:]}"
            assert self.stop() in {0, -SIGTERM}, self.log()[-3000:]  # the latter before it had begun
            truth = self.truth()
            if truth.waiting == 0:
                return truth
            assert time.monotonic() < deadline_s, f"{self.node} still holds {truth.waiting}"
            self.start()

    def log(self) -> str:
        """All that it wrote."""
        return self.log_path.read_text("utf-8", errors="replace")

    def truth(self) -> Truth:
        """What its outbox says; nothing made while the file is not there yet."""
        deadline_s = time.monotonic() + 20
        while True:
            try:
                return read_outbox(self.outbox)
            except (sqlite3.OperationalError, TypeError):  # being made just now
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.05)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.alive():
            self.stop()


def feeder(
    folder: Path,
    account: Credentials,
    *,
    facts: int,
    rate: float,
    url: str = "",
    health_s: float = 30.0,
    extra: str = "",
    place: str = "gate",
    until: Path | None = None,
) -> NodeProcess:
    """A node that makes `facts` facts at `rate` a second; with `until` more until that file is there."""
    program = [sys.executable, str(Path(__file__).with_name("feeder.py"))]
    after = ["--facts", str(facts), "--rate", str(rate), "--place", place]
    if until is not None:
        after += ["--until", str(until)]
    return NodeProcess(folder, account, program, after=after, url=url, health_s=health_s, extra=extra)


def agent(
    folder: Path, account: Credentials, *, cameras: str, url: str = "", health_s: float = 5
) -> NodeProcess:
    """`edge-agent run` with `cameras` as TOML."""
    program = [sys.executable, "-m", "edge_agent", "run"]
    return NodeProcess(folder, account, program, url=url, health_s=health_s, extra=cameras)
