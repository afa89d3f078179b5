from datetime import UTC, datetime, timedelta

import pytest
from fakes.staged_tracks import staged, standing, straight, together, walk

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.engine import Engine
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.rules.sight import Condition, Sight
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene

LINES = """
[[lines]]
id = "gate"
from = [0.5, 0.2]
to = [0.5, 0.8]
[[zones]]
id = "plaza"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
"""
COUNT = '[[rules]]\nid = "count"\nkind = "line_count"\nline = "gate"\n'
OCCUPANCY = '[[rules]]\nid = "load"\nkind = "occupancy"\nzone = "plaza"\nclasses = ["person"]\n'
NIGHT = (
    '[[rules]]\nid = "night"\nkind = "intrusion"\nzone = "plaza"\n'
    'schedule = [{ from = "22:00", to = "05:00" }]\n'
)
LABELS = ("person", "car", "empty", "dog")
MIDNIGHT_IN_HANOI = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
NOON_IN_HANOI = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)


def engine(rules: str, *, always_on: bool = False) -> Engine:
    return Engine(
        parse_scene(LINES + rules, "s.toml"),
        camera="cam",
        model="m",
        labels=LABELS,
        classes=("person", "car"),
        always_on=always_on,
    )


def run(
    eng: Engine, frames: list[Tracks], utc: datetime | None = None
) -> tuple[list[SceneEvent], list[SceneMeasurement]]:
    events, rows = [], []
    for frame in frames:
        at = None if utc is None else utc + timedelta(seconds=frame.at_s)
        some, more = eng.step(frame, at)
        events += some
        rows += more
    return events, rows


def test_crossings_and_flow_agree_and_silent_directions_are_zeros() -> None:
    eng = engine(COUNT)
    there = staged(walk(straight((0.3, 0.5), (0.7, 0.5), 20)), tracker_id=1)
    back = staged(walk(straight((0.7, 0.6), (0.3, 0.6), 20), start_s=1.0), tracker_id=2)
    events, rows = run(eng, together(there, back))
    more, last = eng.finish()
    assert [event.direction for event in events] == ["backward", "forward"]
    assert (more, rows) == ([], [])
    flow = {(row.class_name, row.direction): row.value for row in last}
    assert flow == {
        ("person", "forward"): 1.0,
        ("person", "backward"): 1.0,
        ("car", "forward"): 0.0,
        ("car", "backward"): 0.0,
    }


def test_a_passage_that_only_the_end_decides_is_in_events_and_flow() -> None:
    eng = engine(COUNT)
    events, _ = run(eng, staged(walk(straight((0.3, 0.5), (0.502, 0.5), 20))))
    last, rows = eng.finish()
    assert (events, [event.direction for event in last]) == ([], ["backward"])
    assert [row.value for row in rows if row.direction == "backward" and row.class_name == "person"] == [1.0]


def test_occupancy_gives_rows_and_no_events() -> None:
    eng = engine(OCCUPANCY)
    events, rows = run(eng, [standing(3, index / 2) for index in range(140)])
    assert events == []
    assert {row.name: row.value for row in rows} == {"occupancy": 3.0, "occupancy_max": 3.0}


@pytest.mark.parametrize(
    ("utc", "always_on", "kinds", "suppressed"),
    [
        (MIDNIGHT_IN_HANOI, False, ["intruded"], {}),
        (NOON_IN_HANOI, False, [], {}),
        (NOON_IN_HANOI, True, ["intruded"], {}),
        (None, False, [], {"night": 20}),
        (None, True, ["intruded"], {}),
    ],
)
def test_a_schedule_is_kept_and_an_unknown_time_is_counted(
    utc: datetime | None, kinds: list[str], suppressed: dict[str, int], *, always_on: bool
) -> None:
    eng = engine(NIGHT, always_on=always_on)
    events, _ = run(eng, staged(walk([(0.5, 0.5)] * 20)), utc)
    assert kinds == [event.kind for event in events]
    assert suppressed == eng.suppressed


def test_a_line_that_is_off_gives_no_zeros() -> None:
    eng = engine(COUNT + 'schedule = [{ from = "22:00", to = "05:00" }]\n')
    run(eng, staged(walk([(0.5, 0.5)] * 20)), NOON_IN_HANOI)
    assert eng.finish() == ([], [])


def test_minutes_follow_the_wall_clock_where_it_is_known() -> None:
    eng = engine(OCCUPANCY)
    utc = datetime(2026, 1, 5, 12, 0, 45, tzinfo=UTC)
    _, rows = run(eng, [standing(1, index / 2) for index in range(60)], utc)
    assert [(row.start_s, row.period_s) for row in rows if row.name == "occupancy"] == [(0.0, 15.0)]


def test_a_class_that_the_model_does_not_know_is_refused_with_those_it_knows() -> None:
    with pytest.raises(SceneError, match=r'id "count".*does not know persn: it knows person, car, dog'):
        engine(COUNT + 'classes = ["persn"]\n')


def test_the_same_tracks_give_the_same_facts() -> None:
    frames = together(
        staged(walk(straight((0.3, 0.5), (0.7, 0.5), 40)), tracker_id=1),
        staged(walk(straight((0.7, 0.6), (0.3, 0.4), 40)), tracker_id=2),
    )
    one, other = engine(COUNT + OCCUPANCY), engine(COUNT + OCCUPANCY)
    assert (run(one, frames), one.finish()) == (run(other, frames), other.finish())


HEALTH = '[[rules]]\nid = "health"\nkind = "camera_health"\n'
FIRE = '[[rules]]\nid = "fire"\nkind = "smoke_fire"\nclasses = ["dog"]\n'


def watched(
    eng: Engine, spells: list[tuple[float, Condition]]
) -> tuple[list[SceneEvent], list[SceneMeasurement]]:
    """Somebody walks over the line every 10 s while the picture is like this for so long."""
    conditions = [each for seconds, each in spells for _ in range(round(seconds * 10))]
    walks = [
        staged(walk(straight((0.3, 0.5), (0.7, 0.5), 20), start_s=10.0 * number), tracker_id=number + 1)
        for number in range(len(conditions) // 100)
    ]
    places = {frame.at_s: frame for walk_ in walks for frame in walk_}
    events, rows = [], []
    for index, condition in enumerate(conditions):
        frame = places.get(index / 10, Tracks(index / 10, ()))
        some, more = eng.step(frame, None, Sight(condition=condition))
        events += some
        rows += more
    return events, [*rows, *eng.finish()[1]]


def test_while_the_camera_is_moved_the_rules_rest_and_are_counted() -> None:
    eng = engine(COUNT + HEALTH)
    events, rows = watched(eng, [(30, Condition()), (40, Condition(moved=0.2)), (40, Condition())])
    assert [(event.kind, event.at_s) for event in events if event.rule == "health"] == [
        ("camera_moved", 40.0),
        ("camera_moved_recovered", 80.0),
    ]
    crossed = [round(event.at_s) for event in events if event.kind == "line_crossed"]
    assert crossed == [1, 11, 21, 31, 81, 91, 101]
    assert eng.suppressed == {"count": 400}
    told = [(row.class_name, row.value) for row in rows if row.name == "rules_suppressed"]
    assert sum(value for _, value in told) == pytest.approx(40.0)
    assert {name for name, _ in told} == {"moved"}


@pytest.mark.parametrize(
    ("condition", "resting"),
    [
        (Condition(brightness=0.01), {"count"}),
        (Condition(is_frozen=True), {"count", "fire"}),
        (Condition(sharpness=0.1), set()),
    ],
)
def test_fire_is_looked_for_in_the_dark(condition: Condition, resting: set[str]) -> None:
    eng = engine(COUNT + FIRE + HEALTH)
    watched(eng, [(20, condition)])
    assert resting == set(eng.suppressed)


def test_a_camera_that_gives_no_frame_is_told_once_and_what_had_begun_is_forgotten() -> None:
    eng = engine(COUNT + HEALTH)
    run(eng, staged(walk(straight((0.3, 0.5), (0.5001, 0.5), 20))))
    silent = [eng.absent(2.0 + second, None) for second in range(40)]
    assert [(event.kind, event.at_s) for events, _ in silent for event in events] == [
        ("camera_offline", 22.0)
    ]
    events, _ = run(eng, staged(walk(straight((0.7, 0.5), (0.3, 0.5), 20), start_s=42.0), tracker_id=2))
    assert [event.kind for event in events] == ["line_crossed"]
    assert eng.finish()[0] == []


def test_without_a_rule_of_health_silence_decides_nothing() -> None:
    assert engine(COUNT).absent(100.0, None) == ([], [])


def test_a_reason_why_nothing_was_decided_is_a_measurement() -> None:
    eng = engine(NIGHT)
    run(eng, staged(walk([(0.5, 0.5)] * 20)))
    rows = [row for row in eng.finish()[1] if row.name == "rules_suppressed"]
    assert [(row.class_name, row.value) for row in rows] == [("time_unknown", pytest.approx(1.9))]


def test_visitors_of_the_last_moment_are_in_the_minute() -> None:
    eng = engine('[[rules]]\nid = "v"\nkind = "visitors"\nline = "gate"\ninward = "backward"\n')
    run(eng, staged(walk(straight((0.3, 0.5), (0.502, 0.5), 20))))
    rows = {row.name: row.value for row in eng.finish()[1]}
    assert rows == {"visitors_in": 1.0, "visitors_out": 0.0, "visitors_inside": 0.0}
