"""A real InfluxDB 1.x (Debian's influxdb) on loopback, its write-ahead log synced as by default."""

import os
from pathlib import Path

import httpx
from servers.debian import obtain
from servers.ports import LOOPBACK, free_port
from servers.process import ServerProcess


class InfluxServer(ServerProcess):
    """InfluxDB on a loopback port; databases are made by who uses them. `auth` asks for user and password."""

    name = "influxdb"

    def __init__(self, directory: Path, *, port: int | None = None, auth: bool = False) -> None:
        super().__init__(directory, port=port)
        self._packages = obtain("influxdb")
        self._rpc_port = free_port()
        self._auth = auth

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        config = self.directory / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "{LOOPBACK}:{self._rpc_port}"\n'
            f'[meta]\ndir = "{self.directory}/meta"\n'
            f'[data]\ndir = "{self.directory}/data"\nwal-dir = "{self.directory}/wal"\n'
            "query-log-enabled = false\n"
            f'[http]\nbind-address = "{LOOPBACK}:{self.port}"\nlog-enabled = false\n'
            f"auth-enabled = {str(self._auth).lower()}\n"
            "[monitor]\nstore-enabled = false\n"
        )
        return [str(self._packages.program("influxd")), "run", "-config", str(config)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ) | self._packages.environment()

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ping", timeout=2).status_code == httpx.codes.NO_CONTENT
        except httpx.HTTPError:
            return False

    def ask(self, statement: str, **parameters: str) -> object:
        """Run a statement as an operator would, and return the server's JSON."""
        found = httpx.post(f"{self.url}/query", params={"q": statement, "epoch": "ns"} | parameters)
        found.raise_for_status()
        return found.json()

    def write(self, database: str, lines: str) -> None:
        """Write lines as another program would."""
        parameters = {"db": database, "precision": "ns"}
        httpx.post(f"{self.url}/write", params=parameters, content=lines.encode()).raise_for_status()
