"""`aggregator serve` as a process of its own, with ports and files that outlive its deaths."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL

import httpx
from servers.ports import free_port
from servers.process import ServerProcess

from aggregator.first_start import KEY_FILE
from fleet.aggregator_api import AggregatorApi, Credentials, StreamAudit, read_api_key


class AggregatorServer(ServerProcess):
    """The aggregator with its embedded broker; `kill9` leaves the broker running, as a crash does."""

    name = "aggregator"
    ready_timeout_s = 120.0

    def __init__(self, directory: Path, *, database_url: str = "") -> None:
        super().__init__(directory)
        self.broker_port = free_port()
        self.data_dir = directory / "data"
        self.kills = self.broker_kills = 0
        self._database_url = database_url
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)

    def prepare(self) -> None:
        """Write its configuration."""
        super().prepare()
        (self.directory / "aggregator.toml").write_text(
            f'[server]\nport = {self.port}\ndata_dir = "{self.data_dir}"\n'
            f'[database]\nurl = "{self._database_url}"\n'
            f'[broker]\nkind = "embedded"\nport = {self.broker_port}\n',
            "utf-8",
        )

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "aggregator.app", "serve",
            "--config", str(self.directory / "aggregator.toml"),
        ]  # fmt: skip

    def is_ready(self) -> bool:
        """Tell whether stores, broker and ingest are all there."""
        return self.readiness().is_success

    def readiness(self) -> httpx.Response:
        """Answer of /readyz; 599 when there is none."""
        try:
            return self._http.get("/readyz")
        except httpx.HTTPError as error:
            return httpx.Response(599, text=str(error))

    def register(self, *nodes: str) -> list[Credentials]:
        """Accounts of new nodes."""
        with self._api() as api:
            return api.register_nodes(list(nodes))

    def audit(self, node: str | None) -> list[StreamAudit]:
        """What GET /api/v1/streams counts, of one node or of all."""
        with self._api() as api:
            return api.streams(node)

    def get(self, path: str) -> dict[str, object]:
        """Any other answer of the API."""
        headers = {"Authorization": f"Bearer {self._key()}"}
        answer: dict[str, object] = self._http.get(path, headers=headers).raise_for_status().json()
        return answer

    def status_without_key(self, path: str) -> int:
        """Status of a request that shows no key."""
        return self._http.get(path).status_code

    @property
    def key_file(self) -> Path:
        """Where the first API key stands."""
        return self.data_dir / KEY_FILE

    @property
    def broker_pid(self) -> int:
        """Process id of the embedded broker."""
        return int((self.data_dir / "broker" / "nats.pid").read_text("ascii"))

    def kill9(self) -> None:
        """Kill the aggregator alone."""
        super().kill9()
        self.kills += 1

    def kill9_broker(self) -> None:
        """Kill the broker; its supervisor has to notice."""
        os.kill(self.broker_pid, SIGKILL)
        self.broker_kills += 1

    def wipe_broker(self) -> None:
        """Remove sessions, queues and retained messages; the server must be down."""
        shutil.rmtree(self.data_dir / "broker" / "jetstream")

    def rss_mb(self) -> float:
        """Resident memory of the aggregator."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def close(self) -> None:
        """Stop it, and the broker that a killed one left behind."""
        self.stop(timeout_s=30)
        with contextlib.suppress(OSError, ValueError):
            pid = self.broker_pid
            if str(self.data_dir) in Path(f"/proc/{pid}/cmdline").read_text("utf-8", errors="replace"):
                os.kill(pid, SIGKILL)
        self._http.close()

    @contextlib.contextmanager
    def _api(self) -> Iterator[AggregatorApi]:
        api = AggregatorApi(f"http://127.0.0.1:{self.port}", self._key())
        try:
            yield api
        finally:
            api.close()

    def _key(self) -> str:
        return read_api_key(self.key_file)


def wait_for(what: str, condition: Callable[[], bool], timeout_s: float, every_s: float = 0.1) -> float:
    """Wait until `condition`; returns how long it took, and fails with `what` when it takes too long."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < timeout_s, f"not within {timeout_s:g} s: {what}"
        time.sleep(every_s)
    return time.monotonic() - began_s
