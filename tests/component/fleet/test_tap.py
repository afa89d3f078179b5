"""`fleet tap` on live traffic: a real node's facts as lines, filtered by node and kind."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from chaos.node import NodeProcess, feeder
from chaos.server import AggregatorServer


@pytest.fixture(scope="module")
def nodes(
    aggregator: AggregatorServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[NodeProcess]]:
    """Two nodes that make facts all the time."""
    accounts = aggregator.register("tap-one", "tap-two")
    running = [
        feeder(tmp_path_factory.mktemp(account.node), account, facts=10**6, rate=50).start()
        for account in accounts
    ]
    yield running
    for node in running:
        node.stop()


pytestmark = pytest.mark.usefixtures("nodes")


def tap(aggregator: AggregatorServer, *arguments: str) -> list[str]:
    """Lines of a tap that stops by itself."""
    done = subprocess.run(
        [
            sys.executable, "-m", "fleet.cli", "tap", "--api", f"http://127.0.0.1:{aggregator.port}",
            "--api-key-file", str(aggregator.key_file), *arguments,
        ],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_events_of_real_nodes_are_read_as_lines(aggregator: AggregatorServer) -> None:
    lines = [json.loads(line) for line in tap(aggregator, "--json", "--limit", "200")]
    assert {line["node"] for line in lines} == {"tap-one", "tap-two"}
    assert {"line_crossed", "flow"} <= {line["kind"] for line in lines}
    assert all(set(line) == {"at_ms", "node", "channel", "kind", "text"} for line in lines)


def test_a_tap_of_one_node_and_kind_shows_nothing_else(aggregator: AggregatorServer) -> None:
    lines = tap(aggregator, "--node", "tap-two", "--kind", "line_crossed", "--limit", "20")
    columns = [line.split() for line in lines]
    assert {(each[1], each[2], each[3]) for each in columns} == {("tap-two", "ev", "line_crossed")}
    assert "cam-01/gate person" in lines[0]


def test_the_account_of_the_tap_is_for_keys_alone(aggregator: AggregatorServer) -> None:
    (account,) = aggregator.get("/api/v1/broker/tap")["items"]  # type: ignore[misc]
    assert account["broker_url"] == f"mqtt://127.0.0.1:{aggregator.broker_port}"
    assert aggregator.status_without_key("/api/v1/broker/tap") == 401


def test_a_reader_that_goes_away_ends_the_tap(aggregator: AggregatorServer) -> None:
    program = [sys.executable, "-m", "fleet.cli", "tap", "--api", f"http://127.0.0.1:{aggregator.port}"]
    with subprocess.Popen(
        [*program, "--api-key-file", str(aggregator.key_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert (process.wait(20), said) == (0, "")
