"""The wall clock of a running node is moved by an hour and by a day, both ways: nothing that it saw changes.

Two real agents watch the same staged walk at the same time; libfaketime moves the clock of one of them again
and again, its monotonic clock left alone, as a clock that is set leaves it.
"""

import itertools
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from builders.walk_clip import EXPECTED, SCENE, write_walk
from chaos.accounts import by_api
from chaos.node import NodeProcess
from chaos.server import AggregatorServer, wait_for
from servers.debian import obtain

MOVES_S = (3600, -3600, 86_400, -86_400)
HOLD_S = 1.5
STEADY, MOVED = "steady", "moved"
PROGRAMS = {
    "as-it-is": [sys.executable, "-m", "edge_agent", "run"],
    "vouched-for": [sys.executable, str(Path(__file__).with_name("vouched_agent.py"))],
}
CAMERA = """
[model]
threads = 1
tiles = 1
[[cameras]]
id = "walk"
source = "file:{clip}"
scene = "{scene}"
fps = 5
"""


@dataclass(frozen=True)
class Seen:
    """One event, without the time of day."""

    kind: str
    rule: str
    direction: str
    track_id: int
    duration_s: float
    occurred_at: datetime


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AggregatorServer]:
    with AggregatorServer(tmp_path / "server") as server:
        yield server


@contextmanager
def moving_clock(control: Path) -> Iterator[None]:
    """Write the next shift into libfaketime's file every `HOLD_S`."""
    stopped = threading.Event()

    def move() -> None:
        for shift_s in itertools.cycle(MOVES_S):
            control.write_text(f"{shift_s:+d}\n", "ascii")
            if stopped.wait(HOLD_S):
                return

    thread = threading.Thread(target=move, name="moving-clock")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def faked(control: Path) -> dict[str, str]:
    """Variables that put a process under a wall clock of its own."""
    root = obtain("libfaketime").root
    library = next((root or Path("/usr")).rglob("faketime/libfaketimeMT.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(control),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def has_ended(node: NodeProcess) -> bool:
    """Whether its video is over."""
    log = node.log()
    assert node.alive(), log[-3000:]
    return "played to its end" in log


def seen(server: AggregatorServer, node: str) -> list[Seen]:
    """Its events in the order in which it made them."""
    items = server.get(f"/api/v1/events?node={node}&limit=200")["items"]
    assert isinstance(items, list)
    return [
        Seen(
            item["kind"],
            item["rule"],
            item["direction"],
            item["track_id"],
            item["duration_s"],
            datetime.fromisoformat(item["occurred_at"]),
        )
        for item in sorted(items, key=lambda item: item["seq"])
    ]


def rows_of(server_data: Path, node: str) -> list[tuple[int, int, str, str, str, float, float]]:
    """Its measurement rows in a stopped server's file: time, seq, name, place, direction, value, period."""
    with closing(duckdb.connect(str(server_data / "timeseries.duckdb"), read_only=True)) as series:
        return series.execute(
            "SELECT time_ns, seq, name, zone_or_line, direction, value, period_s FROM measurements"
            " WHERE node = ? ORDER BY seq",
            [node],
        ).fetchall()


def totals(rows: Sequence[tuple[int, int, str, str, str, float, float]]) -> dict[tuple[str, str, str], float]:
    """What was counted, whatever the minutes."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for _, _, name, place, direction, value, _ in rows:
        if name == "flow":
            counted[name, place, direction] += int(value)
    return dict(counted)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_clock_that_is_moved_changes_no_dwell_no_count_and_no_order(
    server: AggregatorServer, tmp_path: Path, program: list[str]
) -> None:
    clip, scene = write_walk(tmp_path / "walk.avi"), tmp_path / "walk.toml"
    scene.write_text(SCENE, "utf-8")
    control = tmp_path / "clock"
    control.write_text("+0\n", "ascii")
    camera = CAMERA.format(clip=clip, scene=scene)
    nodes = {
        account.node: NodeProcess(
            tmp_path / account.node,
            account,
            program,
            health_s=2,
            extra=camera,
            environment=faked(control) if account.node == MOVED else None,
        )
        for account in server.register(STEADY, MOVED)
    }
    with nodes[STEADY] as steady, nodes[MOVED] as moved, moving_clock(control):
        for node in (steady, moved):
            wait_for(f"{node.node} to end", lambda node=node: has_ended(node), 120)
        wait_for("the facts", lambda: all(len(seen(server, node)) >= len(EXPECTED) for node in nodes), 30)
        for node in (steady, moved):
            assert node.stop() == 0
        control.write_text("+0\n", "ascii")
    made = {}
    for name, node in nodes.items():
        node.config.write_text(node.config.read_text("utf-8").replace(camera, ""), "utf-8")
        with node:
            made[name] = node.end_empty(within_s=60)
    found = {node: seen(server, node) for node in nodes}
    accounts = {name: by_api(truth, server.audit(name)) for name, truth in made.items()}
    server.stop()
    for events in found.values():
        assert [(event.kind, event.rule, event.direction) for event in events] == list(EXPECTED)
        assert len({event.track_id for event in events}) == 1
    dwell = {node: [event.duration_s for event in events] for node, events in found.items()}
    assert dwell[MOVED] == pytest.approx(dwell[STEADY], abs=0.5)
    apart_s = [
        (late.occurred_at - early.occurred_at).total_seconds()
        for early, late in zip(found[STEADY], found[MOVED], strict=True)
    ]
    assert min(map(abs, apart_s)) > 3000, "the clock was not moved, so nothing was proved"
    assert all(account.whole for account in accounts.values()), accounts
    rows = {node: rows_of(server.data_dir, node) for node in nodes}
    assert totals(rows[MOVED]) == totals(rows[STEADY]) != {}
    for found_rows in rows.values():
        assert min(period_s for *_, period_s in found_rows) > 0
        assert len({(time_ns, name, place, way) for time_ns, _, name, place, way, _, _ in found_rows}) >= len(
            {seq for _, seq, *_ in found_rows}
        )
