"""Faults that come once and stay a while: outages, dead databases, full and failing disks, real video."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chaos import disks
from chaos.accounts import by_api, by_files
from chaos.node import NodeProcess, agent, feeder
from chaos.server import AggregatorServer, wait_for
from servers.postgres import PostgresServer
from servers.proxy import FaultyProxy

DEMO = Path(__file__).parents[2] / "provisioning" / "demo"
DRAIN_PER_S = 2_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path / "server") as server:
        yield server


def empty(node: NodeProcess) -> bool:
    return node.truth().waiting == 0


def test_a_long_outage_is_drained_at_a_limited_rate_and_costs_nothing(
    server: AggregatorServer, tmp_path: Path
) -> None:
    (account,) = server.register("far-away")
    facts = 8_000
    with FaultyProxy(server.broker_port) as proxy:
        proxy.cut()
        with feeder(tmp_path / "node", account, facts=facts, rate=4_000, url=proxy.url) as node:
            wait_for("all facts to be made", lambda: node.truth().made >= facts, 60)
            assert node.truth().waiting >= facts
            proxy.restore()
            wait_for("the first settlement", lambda: node.truth().watermark > 0, 60, every_s=0.02)
            first, began_s = node.truth().watermark, time.monotonic()
            wait_for("the outbox to be empty", lambda: empty(node), 60, every_s=0.02)
            took_s = time.monotonic() - began_s
            account_now = by_api(node.end_empty(), server.audit("far-away"))
    assert account_now.whole, account_now
    # A bucket of one second's worth may go at once; the rest at the rate.
    assert took_s >= (facts - first - DRAIN_PER_S) / DRAIN_PER_S * 0.8


@pytest.mark.timeout(300)
def test_while_the_database_is_dead_nodes_hold_memory_stays_flat_and_it_recovers_by_itself(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = "chaos_dead_database"
    url = postgres_server.create_database(name)
    with AggregatorServer(tmp_path / "server", database_url=url) as server:
        (account,) = server.register("chaos-01")
        with feeder(tmp_path / "node", account, facts=3_000, rate=250) as node:
            wait_for("facts to be settled", lambda: node.truth().watermark > 200, 60)
            postgres_server.kill9()
            time.sleep(1)
            before_mb, settled = server.rss_mb(), node.truth().watermark
            time.sleep(5)
            ready = server.readiness()
            held = node.truth()
            grown_mb = server.rss_mb() - before_mb
            postgres_server.start()
            wait_for("the outbox to be empty", lambda: node.truth().made >= 3_000 and empty(node), 90)
            truth = node.end_empty()
            api = by_api(truth, server.audit("chaos-01"))
        server.stop()
        files = by_files(truth, "chaos-01", server.data_dir, conninfo=postgres_server.conninfo(name))
    postgres_server.drop_database(name)
    assert ready.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "database" in ready.text
    assert held.watermark == settled
    assert held.waiting > 500
    assert grown_mb < 30
    assert api.whole, api
    assert files.whole, files


def test_a_full_disk_costs_the_least_worthy_facts_and_every_one_is_counted(
    server: AggregatorServer, tmp_path: Path
) -> None:
    (account,) = server.register("full-disk")
    facts = 40_000
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(FaultyProxy(server.broker_port))
        proxy.cut()
        extra = "" if disks.MAY_MOUNT else "[outbox]\nquota_mb = 12\n"
        node = feeder(
            tmp_path / "node", account, facts=facts, rate=8_000, url=proxy.url, extra=extra, place="x" * 64
        )
        if disks.MAY_MOUNT:
            stack.enter_context(
                disks.mounted(node.data_dir, megabytes=12)
            )  # a reserve is kept where there is room for four
        with node:
            wait_for("all facts to be made", lambda: node.truth().made >= facts, 120)
            dropped = node.truth().dropped
            proxy.restore()
            wait_for("the outbox to be empty", lambda: empty(node), 120)
            truth = node.end_empty()
    audits = server.audit("full-disk")
    found = by_api(truth, audits)
    server.stop()
    assert len(audits) == 1
    assert dropped > facts // 5
    assert (found.duplicated, found.watermark) == (0, truth.made)
    assert found.lost == found.gaps == dropped
    assert alarms_in(server) == facts // 50
    assert found.rows < found.events  # rows went first


def alarms_in(server: AggregatorServer) -> int:
    """Alarms in the file of a stopped server."""
    with contextlib.closing(
        sqlite3.connect(f"file:{server.data_dir / 'matthan.sqlite'}?mode=ro", uri=True)
    ) as db:
        (alarms,) = db.execute("SELECT count(*) FROM events WHERE kind = 'intruded'").fetchone()
    return int(alarms)


def test_a_disk_with_io_errors_degrades_the_node_and_facts_still_arrive(
    server: AggregatorServer, tmp_path: Path
) -> None:
    (account,) = server.register("bad-disk")
    node = feeder(tmp_path / "node", account, facts=3_000, rate=200, health_s=1)
    with node:
        wait_for("facts to be settled", lambda: node.truth().watermark > 100, 60)
        disks.io_errors(node, on=True)
        on_disk = node.truth().stream
        wait_for(
            "facts that were never on disk", lambda: stored_beside(server, "bad-disk", on_disk) > 200, 60
        )
        wait_for("the node to say so", lambda: "memory" in detail_of(server, "bad-disk"), 30)
        assert node.alive()
        disks.io_errors(node, on=False)
        made = node.truth().made
        wait_for("facts on disk again", lambda: node.truth().made > made + 100, 60)
        wait_for("the node to say so", lambda: "memory" not in detail_of(server, "bad-disk"), 30)
        wait_for("everything to be stored", lambda: stored(server, "bad-disk") >= 3_000, 90)
    audits = server.audit("bad-disk")
    assert len(audits) == 2
    assert sum(audit.duplicated + audit.skipped + audit.dead_lettered for audit in audits) == 0


def test_a_node_that_starts_on_a_read_only_disk_still_tells_what_it_sees(
    server: AggregatorServer, tmp_path: Path
) -> None:
    facts = 1_200
    (account,) = server.register("read-only")
    node = feeder(tmp_path / "node", account, facts=facts, rate=100, health_s=1)
    with disks.read_only_folder(node.data_dir) as make_writable, node:
        wait_for("facts that were never on disk", lambda: stored(server, "read-only") > 200, 60)
        wait_for("the node to say so", lambda: "memory" in detail_of(server, "read-only"), 30)
        make_writable()
        wait_for("the disk to be used again", node.outbox.exists, 30)
        wait_for("everything to be stored", lambda: stored(server, "read-only") >= facts, 90)
        assert node.truth().made > 0
    assert sum(audit.duplicated + audit.skipped for audit in server.audit("read-only")) == 0


def stored(server: AggregatorServer, node: str) -> int:
    """Facts stored of all streams of a node."""
    return sum(audit.events_stored + audit.rows_stored for audit in server.audit(node))


def stored_beside(server: AggregatorServer, node: str, stream: str) -> int:
    """Facts stored of a node's streams other than `stream`."""
    return sum(
        audit.events_stored + audit.rows_stored for audit in server.audit(node) if audit.stream != stream
    )


def detail_of(server: AggregatorServer, node: str) -> str:
    """What the node says is wrong with it."""
    return str(server.get(f"/api/v1/nodes/{node}")["detail"])


@pytest.mark.timeout(300)
def test_real_video_survives_kills_of_the_agent(server: AggregatorServer, tmp_path: Path) -> None:
    (account,) = server.register("video-01")
    cameras = (
        f'[model]\nthreads = 1\n[[cameras]]\nid = "cam-01"\nfps = 10\n'
        f'source = "file:{DEMO / "pedestrians.mp4"}?loop=1"\nscene = "{DEMO / "pedestrians.toml"}"\n'
        '[[sensors]]\nid = "air-01"\ndriver = "simulated"\nperiod_s = 0.2\noptions = { seed = 4 }\n'
    )
    with agent(tmp_path / "node", account, cameras=cameras) as node:
        for _ in range(3):
            made = node.truth().made
            wait_for("the next facts", lambda made=made: node.truth().made > made + 20, 60)
            node.kill9()
            node.start()
        wait_for("events after the last kill", lambda: events_of(server) > 0, 60)
        wait_for("the outbox to be empty for a moment", lambda: empty(node), 60, every_s=0.01)
        assert node.stop() == 0
        truth = node.truth()
    audits = server.audit("video-01")
    account_now = by_api(truth, audits)
    assert (account_now.duplicated, account_now.gaps, len(audits)) == (0, 0, 1)
    assert account_now.lost == truth.waiting  # made while it stopped: the next start sends them


def events_of(server: AggregatorServer) -> int:
    return sum(audit.events_stored for audit in server.audit("video-01"))
