"""`aggregator audit` beside a server: what it says of a whole log, and of one that somebody touched."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from servers.aggregator import AggregatorServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path_factory.mktemp("aggregator")) as started:
        yield started


def audit(server: AggregatorServer, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    config = server.directory / "aggregator.toml"
    command = [sys.executable, "-m", "aggregator.app", "audit", *arguments, "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_change_stands_in_the_log_and_any_tampering_is_found(server: AggregatorServer) -> None:
    with server.client() as api:
        api.post("/api/v1/users", json={"name": "lan.tran"}).raise_for_status()
    code, (head,), _ = audit(server, "head")
    assert code == 0
    code, lines, _ = audit(server, "show", "--action", "user.created")
    assert [line["detail"].get("name") for line in lines] == ["lan.tran", None]
    code, (whole,), _ = audit(server, "verify", "--head", head["head"])
    assert (code, whole["whole"], whole["rows"]) == (0, True, head["rows"])
    code, (other,), _ = audit(server, "verify", "--head", f"{head['rows']}:{'00' * 32}")
    assert (code, other["whole"]) == (1, False)
    touch(server.data_dir / "matthan.sqlite", "UPDATE audit_rows SET actor_name = 'nobody' WHERE id = 2")
    code, (broken,), told = audit(server, "verify")
    assert (code, broken["break_count"]) == (1, 1)
    assert "row 2 was altered" in told
    assert "Traceback" not in told


def touch(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.execute(statement)


def test_a_log_without_its_key_is_not_judged(tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text(f'[server]\ndata_dir = "{tmp_path}"\n')
    command = [sys.executable, "-m", "aggregator.app", "audit", "verify", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "audit.key" in done.stderr
