"""Debian's VictoriaMetrics: a real server of InfluxDB's v2 write API, and no store of record.

It acknowledges before it stores (a kill -9 loses what it holds in memory), keeps milliseconds, drops text
fields, and answers no InfluxQL. `-dedup.minScrapeInterval=1ms` makes a repeated point count once.
"""

from pathlib import Path

import httpx
from servers.debian import obtain
from servers.ports import LOOPBACK
from servers.process import ServerProcess


class VictoriaMetricsServer(ServerProcess):
    """VictoriaMetrics on a loopback port."""

    name = "victoria-metrics"

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        super().__init__(directory, port=port)
        self._packages = obtain("victoria-metrics")

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        return [
            str(self._packages.program("victoria-metrics")),
            f"-storageDataPath={self.directory}/data",
            f"-httpListenAddr={LOOPBACK}:{self.port}",
            "-dedup.minScrapeInterval=1ms",
            "-retentionPeriod=100y",
            "-search.latencyOffset=0s",
        ]

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def export(self, match: str) -> list[dict[str, object]]:
        """Every series that matches, with its samples."""
        httpx.get(f"{self.url}/internal/force_flush").raise_for_status()
        found = httpx.get(f"{self.url}/api/v1/export", params={"match[]": match, "reduce_mem_usage": "0"})
        found.raise_for_status()
        return [httpx.Response(200, text=line).json() for line in found.text.splitlines()]
