"""The whole server on each store: what nodes send comes back by the API, and the store is kept."""

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest
from servers.aggregator import AggregatorServer, now_ms
from servers.influxdb import InfluxServer
from servers.patience import eventually

MINUTE_MS = 60_000


class ServerOn(AggregatorServer):
    """A server with a `[timeseries]` section of its own."""

    def __init__(self, directory: Path, section: str) -> None:
        super().__init__(directory)
        self._section = section

    @property
    def config(self) -> Path:
        return self.directory / "aggregator.toml"

    def command(self) -> list[str]:
        made = super().command()
        self.config.write_text(self.config.read_text() + self._section)
        return made


@pytest.fixture(params=["duckdb", "influx"])
def server(request: pytest.FixtureRequest, influx_server: InfluxServer, tmp_path: Path) -> Iterator[ServerOn]:
    """A server on each store."""
    section = '[timeseries]\nkind = "duckdb"\n'
    if request.param == "influx":
        section = (
            f'[timeseries]\nkind = "influx"\nflavour = "v1"\nurl = "{influx_server.url}"\n'
            f'database = "serve-{tmp_path.name}"\n'
        )
    with ServerOn(tmp_path, section) as started:
        yield started


def test_what_a_node_sends_is_read_back_and_its_events_are_projected(
    server: ServerOn, influx_server: InfluxServer
) -> None:
    start = now_ms() // MINUTE_MS * MINUTE_MS
    with server.node("n-1") as node, server.client() as api:
        node.say("born")
        node.send_rows(
            [(start, 60.0, "flow", "cam-01", "gate", "person", "in", float(n), 1, 0) for n in (1, 2)]
        )
        node.send_events([{}, {"kind": "intruded"}])

        def stored() -> tuple[int, int, int]:
            items = api.get("/api/v1/streams").json()["items"]
            keys = ("rows_stored", "events_stored", "duplicated")
            rows, events, doubles = (sum(item[key] for item in items) for key in keys)
            return rows, events, doubles

        assert eventually(stored, lambda found: found[:2] == (2, 2)) == (2, 2, 0)
        page = api.get("/api/v1/measurements", params={"name": "flow", "node": "n-1"}).json()
        assert [(point["value"], point["rows"], point["zone_or_line"]) for point in page["items"]] == [
            (3.0, 2, "gate")
        ]
        assert api.get("/readyz").json()["ready"] is True
        database = f"serve-{server.directory.name}"
        if "influx" in server.config.read_text():
            asked = 'SELECT sum("count") FROM "events"'
            projected = eventually(
                lambda: influx_server.ask(asked, db=database), lambda found: "2" in str(found)
            )
            assert "'values': [[0, 2]]" in str(projected)


def test_a_back_up_is_made_of_the_running_server_or_refused_where_influxdb_has_its_own(
    server: ServerOn,
) -> None:
    command = [sys.executable, "-m", "aggregator.app", "timeseries"]
    done = run(
        [*command, "backup", "--name", "now.duckdb", "--config", str(server.config)],
        capture_output=True,
        text=True,
        check=False,
    )
    moving = run(
        [*command, "move", "--to", "duckdb", "--config", str(server.config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert moving.returncode != 0
    with server.client() as api:
        if "influx" in server.config.read_text():
            assert (done.returncode, "influxd backup" in done.stderr) == (2, True)
            assert "an aggregator runs" in moving.stderr
            assert api.post("/api/v1/timeseries/compact").status_code == 409
        else:
            assert done.returncode == 0, done.stderr
            assert (server.data_dir / "backups" / "now.duckdb").stat().st_size > 0
            again = api.post("/api/v1/timeseries/backup", params={"name": "now.duckdb"})
            assert (again.status_code, again.json()["code"]) == (409, "conflict")
            assert api.post("/api/v1/timeseries/backup", params={"name": "../x"}).status_code == 422
            assert api.post("/api/v1/timeseries/compact").json()["bytes_after"] > 0
        assert api.post("/api/v1/timeseries/compact", headers={"Authorization": ""}).status_code == 401
