"""The wall clock may be set at any moment: periods stay whole, and what is seen does not change."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from fakes.staged_tracks import staged, straight, together, walk
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.engine import Engine
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.rules.minutes import GRACE_S, MINUTE_S, Minutes
from edge_agent.scene.parse import parse_scene

START = datetime(2026, 3, 1, 10, 0, 20, tzinfo=UTC)
KEY = ("gate", "person", "forward")
HOUR_S, DAY_S = 3600.0, 86_400.0
MOVES = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.one_of(
            st.sampled_from([HOUR_S, -HOUR_S, DAY_S, -DAY_S]),
            st.floats(-2 * DAY_S, 2 * DAY_S, allow_nan=False),
        ),
    ),
    max_size=6,
)
"""Number of the frame at which the clock is moved, and by how many seconds."""

SCENE = """
[[lines]]
id = "gate"
from = [0.5, 0.1]
to = [0.5, 0.95]
[[zones]]
id = "yard"
polygon = [[0.6, 0.1], [0.95, 0.1], [0.95, 0.95], [0.6, 0.95]]
[[rules]]
id = "count"
kind = "line_count"
line = "gate"
classes = ["person"]
[[rules]]
id = "inside"
kind = "intrusion"
zone = "yard"
classes = ["person"]
[[rules]]
id = "stays"
kind = "loitering"
zone = "yard"
dwell_s = 15
[[rules]]
id = "load"
kind = "occupancy"
zone = "yard"
classes = ["person"]
"""
NIGHT = 'schedule = [{ from = "17:00", to = "17:30" }]\n'


def wall(index: int, at_s: float, moves: list[tuple[int, float]]) -> datetime:
    """What the moved clock shows at a frame."""
    return START + timedelta(seconds=at_s + sum(shift for frame, shift in moves if frame <= index))


@given(MOVES)
def test_periods_never_overlap_nor_run_backwards_and_no_crossing_is_lost(
    moves: list[tuple[int, float]],
) -> None:
    minutes, rows, crossed = Minutes("cam"), [], 0
    for index in range(500):
        at_s = index / 2
        utc = wall(index, at_s, moves)
        rows += minutes.begin_frame(at_s, utc.second + utc.microsecond / 1e6)
        minutes.watch([KEY])
        if index % 7 == 0:
            minutes.cross(KEY, max(0.0, at_s - 1.5))
            crossed += 1
    rows += minutes.finish()
    assert sum(row.value for row in rows) == crossed
    assert all(0 < row.period_s <= MINUTE_S + 1e-6 for row in rows)
    assert all(one.start_s + one.period_s <= other.start_s + 1e-6 for one, other in pairwise(rows))


@given(MOVES)
def test_open_periods_are_closed_in_time_however_often_the_clock_is_moved(
    moves: list[tuple[int, float]],
) -> None:
    minutes = Minutes("cam")
    for index in range(450):
        at_s = index / 2
        utc = wall(index, at_s, moves)
        for row in minutes.begin_frame(at_s, utc.second + utc.microsecond / 1e6):
            assert at_s - (row.start_s + row.period_s) < GRACE_S + 0.5 + 1e-6
        minutes.watch([KEY])


def visitors() -> list[Tracks]:
    """Two who come in, one of whom stays, and one who goes the other way."""
    one = staged(walk(straight((0.2, 0.5), (0.8, 0.5), 60) + [(0.8, 0.5)] * 200, fps=5.0))
    two = staged(walk(straight((0.9, 0.7), (0.1, 0.7), 90), fps=5.0, start_s=10.0), tracker_id=2)
    three = staged(walk(straight((0.3, 0.3), (0.9, 0.3), 50), fps=5.0, start_s=30.0), tracker_id=3)
    return together(one, two, three)


def played(
    scene: str, frames: list[Tracks], moves: list[tuple[int, float]]
) -> tuple[list[SceneEvent], list[SceneMeasurement]]:
    engine = Engine(
        parse_scene(scene, "s.toml"), camera="cam", model="m", labels=("person",), classes=("person",)
    )
    events: list[SceneEvent] = []
    rows: list[SceneMeasurement] = []
    for index, tracks in enumerate(frames):
        found, measured = engine.step(tracks, wall(index, tracks.at_s, moves))
        events, rows = events + found, rows + measured
    found, measured = engine.finish()
    return events + found, rows + measured


def flows(rows: list[SceneMeasurement]) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.name == "flow":
            counted[row.zone_or_line, row.direction] += int(row.value)
    return counted


VISITORS = visitors()
UNMOVED = played(SCENE, VISITORS, [])


def test_without_moves_there_is_something_to_change() -> None:
    assert Counter(event.kind for event in UNMOVED[0]) == {"line_crossed": 3, "intruded": 3, "loitered": 1}


@settings(max_examples=10)
@given(MOVES)
def test_a_moved_clock_changes_no_event_no_dwell_and_no_count(moves: list[tuple[int, float]]) -> None:
    events, rows = played(SCENE, VISITORS, moves)
    assert events == UNMOVED[0]
    assert flows(rows) == flows(UNMOVED[1])
    people_s = sum(row.value * row.period_s for row in rows if row.name == "occupancy")
    assert people_s == pytest.approx(
        sum(row.value * row.period_s for row in UNMOVED[1] if row.name == "occupancy"), rel=0.1
    )


@settings(max_examples=10)
@given(MOVES)
def test_a_schedule_that_the_clock_jumps_out_of_and_into_gives_no_wrong_dwell(
    moves: list[tuple[int, float]],
) -> None:
    events, rows = played(SCENE.replace("dwell_s = 15\n", "dwell_s = 15\n" + NIGHT), VISITORS, moves)
    stays = [event for event in events if event.kind == "loitered"]
    assert all(15.0 <= event.duration_s < 16.0 for event in stays)
    assert [event for event in events if event.kind != "loitered"] == [
        event for event in UNMOVED[0] if event.kind != "loitered"
    ]
    assert flows(rows) == flows(UNMOVED[1])
