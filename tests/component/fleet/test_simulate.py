"""`fleet simulate` on a real broker and aggregator: its one line, and what it says when it cannot run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.server import AggregatorServer

KEYS = {
    "sent",
    "stored",
    "lost",
    "duplicated",
    "messages_per_s",
    "events_per_s",
    "latency_ms",
    "bytes_per_event",
}


def fleet(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "fleet.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_it_starts_an_aggregator_of_its_own_and_prints_one_line() -> None:
    done = fleet("simulate", "--nodes", "20", "--rate", "5", "--batch", "20", "--seconds", "5")
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert done.returncode == 0, done.stderr
    assert set(result) >= KEYS
    assert set(result["latency_ms"]) == {"p50", "p95", "p99"}
    assert (result["lost"], result["duplicated"], result["drained"]) == (0, 0, True)
    assert result["sent"] == result["stored"]
    assert result["sent"] == pytest.approx(20 * 5 * 20 * 5, rel=0.1)
    assert result["bytes_per_event"] < 80


def test_it_drives_an_aggregator_that_runs_already(aggregator: AggregatorServer) -> None:
    where = [
        "--broker",
        f"mqtt://127.0.0.1:{aggregator.broker_port}",
        "--api",
        f"http://127.0.0.1:{aggregator.port}",
    ]
    key = ["--api-key-file", str(aggregator.key_file)]
    for seed in ("1", "2"):  # again on the same nodes: a second run has streams of its own
        done = fleet(
            "simulate",
            "--nodes",
            "3",
            "--rate",
            "0",
            "--batch",
            "1",
            "--seconds",
            "1",
            "--seed",
            seed,
            *where,
            *key,
        )
        result = json.loads(done.stdout)
        assert (done.returncode, result["lost"], result["duplicated"]) == (0, 0, 0), done.stderr
    assert len(aggregator.audit("sim-00001")) == 2
    listed = fleet("nodes", "--node", "sim-00001", *where[2:], *key)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["node", "sim-00001", "sim-00001"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["simulate", "--broker", "mqtt://127.0.0.1:1", "--api", "http://127.0.0.1:1"],
            "start `aggregator serve`",
        ),
        (["nodes", "--api", "http://127.0.0.1:1"], "start `aggregator serve`"),
        (["simulate", "--nodes", "0"], "not a positive whole number"),
        (["simulate", "--rate", "-1"], "not a positive number"),
    ],
)
def test_what_it_cannot_do_is_said_with_the_next_step(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = fleet(
        *arguments,
        *(
            []
            if "--nodes" in arguments or "--rate" in arguments
            else ["--api-key-file", str(tmp_path / "none")]
        ),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
