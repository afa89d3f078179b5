import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from servers.aggregator import AggregatorServer, ready_line
from servers.patience import eventually
from servers.postgres import PostgresServer


def run(*arguments: str, config: str, directory: Path) -> subprocess.CompletedProcess[str]:
    path = directory / "aggregator.toml"
    path.write_text(config)
    return subprocess.run(
        [sys.executable, "-m", "aggregator.app", *arguments, "--config", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_tells_when_it_is_ready_keeps_its_secrets_and_stops_within_five_seconds(tmp_path: Path) -> None:
    server = AggregatorServer(tmp_path)
    with server:
        ready = ready_line(server.log())
        assert (ready["http"], ready["broker"]) == (server.url, f"mqtt://127.0.0.1:{server.broker_port}")
        assert Path(ready["api_key_file"]).read_text().strip() == server.api_key()
        for name in ("api-key", "first-login.txt"):
            assert stat.S_IMODE((server.data_dir / name).stat().st_mode) == 0o600
        assert server.log().count(server.first_password()) == 1
        with server.client() as api, api.stream("GET", "/api/v1/live"):
            started = time.monotonic()
            os.kill(server.pid, signal.SIGTERM)
            eventually(lambda: server.running, lambda running: not running, timeout_s=10)
            assert time.monotonic() - started < 10
        password, key = server.first_password(), server.api_key()
        server.start()
        assert server.log().count(password) == 1
        assert (server.first_password(), server.api_key()) == (password, key)


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(
            "serve",
            config=f'[server]\nport = {port}\ndata_dir = "{tmp_path / "data"}"\n[broker]\nport = 0\n',
            directory=tmp_path,
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "config", "told"),
    [
        ("serve", "[server]\nprot = 1\n", "unknown field `prot`"),
        ("serve", "[server]\nport = 99999\n", "server.port"),
        ("serve", '[server]\nport = 0\ndata_dir = "/proc/nowhere"\n', "data directory /proc/nowhere"),
        ("serve", '[server]\nport = 0\n[database]\nurl = "mysql://x/y"\ndata_dir = 1\n', "data_dir"),
        ("ingest", "", "run `aggregator serve` alone"),
    ],
)
def test_a_wrong_set_up_is_told_with_the_next_step(
    tmp_path: Path, command: str, config: str, told: str
) -> None:
    done = run(command, config=config, directory=tmp_path)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_migrate_makes_the_schema(tmp_path: Path) -> None:
    config = f'[server]\ndata_dir = "{tmp_path / "data"}"\n'
    first = run("migrate", config=config, directory=tmp_path)
    assert (first.returncode, first.stdout[:11]) == (0, '{"schema": ')
    assert (tmp_path / "data" / "matthan.sqlite").exists()


def test_a_forgotten_password_is_replaced_on_the_machine_itself(tmp_path: Path) -> None:
    with AggregatorServer(tmp_path) as server:
        old = server.password()
        done = run(
            "password", "admin", config=f'[server]\ndata_dir = "{server.data_dir}"\n', directory=tmp_path
        )
        assert done.returncode == 0, done.stderr
        sign_in = {"name": "admin", "password": old}
        assert httpx.post(server.url + "/console/sign-in", data=sign_in).status_code == 401


def test_a_database_that_goes_away_is_told_and_taken_up_again(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "postgres") as postgres:
        url = postgres.create_database("away")
        with AggregatorServer(tmp_path / "aggregator", database_url=url) as server, server.client() as api:
            assert api.get("/readyz").status_code == 200
            postgres.stop()
            away = api.get("/readyz")
            assert (away.status_code, away.json()["ready"]) == (503, False)
            assert "database" in away.json()["reasons"]
            assert "127.0.0.1" not in away.text
            assert str(tmp_path) not in away.text
            refused = api.get("/api/v1/nodes")
            assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
            assert str(tmp_path) not in refused.text
            assert api.get("/healthz").status_code == 200
            postgres.start()
            assert eventually(lambda: api.get("/readyz").status_code, lambda status: status == 200) == 200
            assert api.get("/api/v1/nodes").status_code == 200
