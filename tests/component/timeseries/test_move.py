"""Rows move between the stores, both ways, and are compared one by one."""

import json
from pathlib import Path

import pytest
from builders.timeseries import city, duckdb, influx_v1, points_of_events, queries
from servers.influxdb import InfluxServer

from aggregator.app import main
from aggregator.config import load_config
from aggregator.timeseries_opening import timeseries_lock


def config_at(directory: Path, server: InfluxServer, database: str, kind: str = "duckdb") -> Path:
    file = directory / "aggregator.toml"
    file.write_text(
        f'[server]\ndata_dir = "{directory}"\n[timeseries]\nkind = "{kind}"\nflavour = "v1"\n'
        f'url = "{server.url}"\ndatabase = "{database}"\n'
    )
    return file


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_rows_move_to_influxdb_and_back_and_every_one_is_compared(
    influx_server: InfluxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    batch = city(5, 3, 50)
    embedded = duckdb(here)
    embedded.write(batch)
    embedded.write_events(points_of_events(1, 2))
    expected = [embedded.query(query) for query in queries(5, 40)]
    counts = embedded.counts()
    embedded.close()

    command = ["timeseries", "move", "--config", str(config_at(here, influx_server, "moved")), "--to"]
    for written in (900, 900):
        assert main([*command, "influx"]) == 0
        told = last_line(capsys)
        assert (900, written, 0) == (told["rows"], told["written"], told["different"])
    influx = influx_v1(influx_server, "moved")
    assert counts == influx.counts()
    influx.close()

    command = [
        "timeseries",
        "move",
        "--config",
        str(config_at(there, influx_server, "moved")),
        "--to",
        "duckdb",
    ]
    assert main([*command, "--check"]) == 1
    assert last_line(capsys)["different"] == 900
    for written in (900, 0):
        assert main(command) == 0
        told = last_line(capsys)
        assert (900, written, 0) == (told["rows"], told["written"], told["different"])
    back = duckdb(there)
    assert (expected, counts) == ([back.query(query) for query in queries(5, 40)], back.counts())
    assert back.write(batch).stored == 0
    back.close()


def test_a_changed_row_is_found(
    influx_server: InfluxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded = duckdb(tmp_path)
    embedded.write(city(6, 1, 2))
    embedded.close()
    command = ["timeseries", "move", "--config", str(config_at(tmp_path, influx_server, "changed"))]
    assert main([*command, "--to", "influx"]) == 0
    store = influx_v1(influx_server, "changed")
    (rows,) = city(6, 1, 2)
    influx_server.ask(f"DELETE WHERE time <= {rows.rows[0].start_ms}999999", db="changed")
    store.close()
    assert main([*command, "--to", "influx", "--check"]) == 1
    found = last_line(capsys)["different"]
    assert isinstance(found, int)
    assert 0 < found <= 300


def test_a_move_and_a_restore_wait_for_the_server_to_stop(
    influx_server: InfluxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "backup").write_bytes(b"")
    for kind, other in (("influx", "duckdb"), ("duckdb", "influx")):
        config = config_at(tmp_path, influx_server, "held", kind=kind)
        with timeseries_lock(load_config(config), alone=False):  # as every server that runs
            assert main(["timeseries", "move", "--to", other, "--config", str(config)]) == 1
            assert main(["timeseries", "rebuild-events", "--config", str(config)]) == 1
        assert capsys.readouterr().err.count("an aggregator runs") == 2
    with timeseries_lock(load_config(config), alone=False):
        assert main(["timeseries", "restore", str(tmp_path / "backup"), "--config", str(config)]) == 1
    assert "an aggregator runs" in capsys.readouterr().err


def test_a_back_up_is_restored_and_the_old_store_is_kept(
    influx_server: InfluxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(config_at(tmp_path, influx_server, "none"))
    store = duckdb(tmp_path)
    store.write(city(8, 2, 3))
    expected = store.counts()
    store.close()
    assert main(["timeseries", "backup", "--name", "monday.duckdb", "--config", config]) == 0
    backup = str(last_line(capsys)["file"])
    assert main(["timeseries", "backup", "--name", "monday.duckdb", "--config", config]) == 1
    store = duckdb(tmp_path)
    store.write(city(9, 4, 3))
    store.close()
    assert main(["timeseries", "restore", backup, "--config", config]) == 0
    store = duckdb(tmp_path)
    assert expected == store.counts()
    store.close()
    assert (tmp_path / "timeseries.duckdb.before-restore").exists()
    (tmp_path / "rubbish").write_bytes(b"rubbish" * 999)
    assert main(["timeseries", "restore", str(tmp_path / "rubbish"), "--config", config]) == 2
