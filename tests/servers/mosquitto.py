"""A real mosquitto with the product's own configuration file, its paths and port moved under a directory."""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from servers.debian import obtain
from servers.ports import LOOPBACK
from servers.process import ServerProcess

from aggregator.broker.accounts import NodeCredentials
from aggregator.broker.external_mosquitto import ExternalMosquitto

SHIPPED = Path(__file__).resolve().parents[2] / "provisioning/mosquitto/mosquitto.conf"


class MosquittoServer(ServerProcess):
    """mosquitto on a loopback port, with the accounts of `broker`.

    `extra` lines are added to the shipped configuration. Denied publishes are logged (``log_type debug``), so
    that `broker.violations()` sees them.
    """

    name = "mosquitto"

    def __init__(self, directory: Path, *, port: int | None = None, extra: Iterable[str] = ()) -> None:
        super().__init__(directory, port=port)
        self._extra = ("log_type debug", *extra)
        self._packages = obtain("mosquitto")
        self.files = directory / "files"
        self.store_dir = directory / "store"
        self.config_path = directory / "mosquitto.conf"
        self.broker = ExternalMosquitto(
            directory / "accounts",
            url=f"mqtt://{LOOPBACK}:{self.port}",
            files=self.files,
            pid_file=directory / "mosquitto.pid",
            log_path=self.log_path,
        )

    @property
    def url(self) -> str:
        """Where MQTT clients connect."""
        return self.broker.url

    def prepare(self) -> None:
        """Write accounts and configuration."""
        super().prepare()
        for directory in (self.files, self.store_dir):
            directory.mkdir(exist_ok=True)
        self.broker.start()
        self.config_path.write_text(self._configuration())

    def command(self) -> list[str]:
        return [str(self._packages.program("mosquitto")), "-c", str(self.config_path)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ) | self._packages.environment()

    def add_nodes(self, node_ids: Iterable[str]) -> list[NodeCredentials]:
        """Return live credentials of the nodes."""
        return self.broker.ensure_nodes(node_ids)

    def wipe_persistence(self) -> None:
        """Remove what the (stopped) broker stored: sessions, queues, retained messages; accounts stay."""
        shutil.rmtree(self.store_dir)
        self.store_dir.mkdir()

    def close(self) -> None:
        """Stop the broker and let its accounts go."""
        self.stop()
        self.broker.stop()

    def _configuration(self) -> str:
        moved = {
            "listener": f"{self.port} {LOOPBACK}",
            "password_file": str(self.files / "passwords"),
            "acl_file": str(self.files / "acl"),
            "persistence_location": f"{self.store_dir}/",
            "pid_file": str(self.directory / "mosquitto.pid"),
            "log_dest": f"file {self.log_path}",
        }
        text = SHIPPED.read_text()
        for key, value in moved.items():
            text, count = re.subn(rf"^{key} .*$", f"{key} {value}", text, flags=re.MULTILINE)
            if count != 1:
                raise ValueError(f"{SHIPPED.name} has {count} lines of {key}; one is expected")
        # Started as root it would become the user of this name; a checkout need not be readable to that one.
        return "\n".join([text, "user root", *self._extra, ""])
