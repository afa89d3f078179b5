import random

import pytest
from fakes.staged_tracks import Point, played, staged, standing, straight, together, walk
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.line_count import LineCountRule
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import LineCount
from edge_agent.scene.scene import Line

DOWN = Line(id="gate", start=(0.5, 0.2), end=(0.5, 0.8))
"""Drawn downwards: from right to left is forward."""
LEFT, RIGHT = (0.3, 0.5), (0.7, 0.5)


def counting(line: Line = DOWN, classes: tuple[str, ...] = ("person",)) -> LineCountRule:
    return LineCountRule(LineCount(id="gate-count", line=line.id), line, Origin("cam", "model/int8", classes))


def directions(frames: list[Tracks], line: Line = DOWN) -> list[str]:
    """Directions counted, the end of the input included."""
    rule = counting(line)
    return [event.direction for event in played(rule, frames) + rule.finish()]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param(straight(LEFT, RIGHT, 20), ["backward"], id="left to right"),
        pytest.param(straight(RIGHT, LEFT, 20), ["forward"], id="right to left"),
        pytest.param(straight((0.3, 0.9), (0.7, 0.9), 20), [], id="past the line's end"),
        pytest.param(straight((0.3, 0.1), (0.7, 0.1), 20), [], id="past the line's start"),
        pytest.param(straight(LEFT, (0.48, 0.5), 20), [], id="comes near only"),
        pytest.param(straight((0.45, 0.1), (0.45, 0.9), 20), [], id="along the line"),
        pytest.param(
            straight(LEFT, RIGHT, 20) + straight(RIGHT, LEFT, 20),
            ["backward", "forward"],
            id="there and back",
        ),
        pytest.param(
            straight(LEFT, RIGHT, 20)
            + straight(RIGHT, (0.7, 0.95), 10)
            + straight((0.7, 0.95), (0.3, 0.95), 20)
            + straight((0.3, 0.95), LEFT, 10)
            + straight(LEFT, RIGHT, 20),
            ["backward", "backward"],
            id="round the end and over again",
        ),
        pytest.param(
            straight(LEFT, (0.505, 0.5), 10) + straight((0.505, 0.5), LEFT, 10), [], id="a toe over the line"
        ),
        pytest.param(straight(LEFT, (0.505, 0.5), 10), ["backward"], id="vanishes just beyond"),
        pytest.param(
            [*straight(LEFT, (0.5, 0.5), 10), *straight((0.52, 0.5), RIGHT, 10)],
            ["backward"],
            id="a step that ends on the line",
        ),
        pytest.param(
            [
                *straight((0.3, 0.78), (0.501, 0.78), 10),
                *straight((0.501, 0.82), (0.3, 0.82), 10),
            ],
            [],
            id="over within the dead band and back round the end",
        ),
    ],
)
def test_a_passage_counts_with_its_direction(points: list[Point], expected: list[str]) -> None:
    assert expected == directions(staged(walk(points)))


@pytest.mark.parametrize(
    ("line", "start", "end", "expected"),
    [
        ((0.2, 0.5, 0.8, 0.5), (0.5, 0.2), (0.5, 0.8), "forward"),
        ((0.2, 0.5, 0.8, 0.5), (0.5, 0.8), (0.5, 0.2), "backward"),
        ((0.8, 0.5, 0.2, 0.5), (0.5, 0.2), (0.5, 0.8), "backward"),
        ((0.2, 0.2, 0.8, 0.8), (0.2, 0.8), (0.8, 0.2), "backward"),
        ((0.2, 0.2, 0.8, 0.8), (0.8, 0.2), (0.2, 0.8), "forward"),
    ],
)
def test_the_direction_is_that_of_the_design(
    line: tuple[float, float, float, float], start: Point, end: Point, expected: str
) -> None:
    x1, y1, x2, y2 = line
    dx, dy = x2 - x1, y2 - y1
    before, after = (dx * (p[1] - y1) - dy * (p[0] - x1) for p in (start, end))
    assert ("forward" if before < 0 < after else "backward") == expected
    drawn = Line(id="l", start=(x1, y1), end=(x2, y2))
    assert [expected] == directions(staged(walk(straight(start, end, 20))), drawn)


@given(seed=st.integers(0, 10_000), tremor=st.floats(0.0005, 0.005), goes_on=st.booleans())
def test_trembling_on_the_line_counts_at_most_the_way_that_is_left(
    seed: int, tremor: float, *, goes_on: bool
) -> None:
    rng = random.Random(seed)
    shaking = [(0.5 + rng.uniform(-tremor, tremor), 0.5) for _ in range(200)]
    leaving = straight((0.5, 0.5), RIGHT if goes_on else LEFT, 10)
    frames = staged(walk(straight(LEFT, (0.5, 0.5), 10) + shaking + leaving))
    assert directions(frames) == (["backward"] if goes_on else [])


@pytest.mark.parametrize("fps", [3.0, 10.0, 25.0])
@pytest.mark.parametrize("steps", [4, 20, 60])
def test_neither_frame_rate_nor_speed_matters(fps: float, steps: int) -> None:
    points = straight(LEFT, RIGHT, steps)
    if steps / fps < 0.5:
        points += [RIGHT] * int(fps)
    assert directions(staged(walk(points, fps=fps))) == ["backward"]


def test_a_passage_by_a_young_track_waits_and_keeps_its_own_time() -> None:
    rule = counting()
    frames = staged(walk([(0.48, 0.5), (0.52, 0.5), *straight((0.56, 0.5), RIGHT, 6)]))
    events = [(frame.at_s, event) for frame in frames for event in played(rule, [frame])]
    assert [(round(at_s, 3), event.direction) for at_s, event in events] == [(0.5, "backward")]
    assert pytest.approx(events[0][1].at_s) == 0.05


def test_a_track_that_never_grows_old_counts_nothing() -> None:
    assert directions(staged(walk(straight(LEFT, RIGHT, 3)))) == []


def test_two_sights_do_not_make_a_track_however_old() -> None:
    assert directions(staged([(0.0, LEFT), (2.0, RIGHT)])) == []


def test_a_passage_behind_a_lamp_post_is_counted_at_the_likely_time() -> None:
    sights = walk(straight(LEFT, (0.45, 0.5), 10)) + walk(straight((0.55, 0.5), RIGHT, 10), start_s=2.0)
    rule = counting()
    events = played(rule, staged(sights))
    assert [event.direction for event in events] == ["backward"]
    assert pytest.approx(events[0].at_s) == 1.5


def test_the_event_says_who_crossed_what_and_where() -> None:
    frames = staged(walk(straight(LEFT, RIGHT, 20)), tracker_id=7)
    (event,) = played(counting(), frames)
    assert (
        event.kind,
        event.rule,
        event.camera,
        event.zone_or_line,
    ) == ("line_crossed", "gate-count", "cam", "gate")
    assert (event.class_name, event.track_id, event.score, event.model) == ("person", 7, 0.9, "model/int8")
    assert event.xyxy is not None
    assert (event.xyxy[0] + event.xyxy[2]) / 2 == pytest.approx(0.51, abs=0.011)


@pytest.mark.parametrize(("class_name", "expected"), [("person", 1), ("car", 1), ("dog", 0)])
def test_only_the_rules_classes_count(class_name: str, expected: int) -> None:
    rule = counting(classes=("person", "car"))
    frames = staged(walk(straight(LEFT, RIGHT, 20)), class_name=class_name)
    assert expected == len(played(rule, frames))


def test_two_who_cross_at_once_count_twice() -> None:
    there = staged(walk(straight(LEFT, RIGHT, 20)), tracker_id=1)
    back = staged(walk(straight(RIGHT, LEFT, 20)), tracker_id=2)
    assert sorted(directions(together(there, back))) == ["backward", "forward"]


def test_a_pause_forgets_open_passages() -> None:
    rule = counting()
    frames = staged(walk(straight(LEFT, RIGHT, 20)))
    played(rule, frames[:10])
    rule.pause()
    assert played(rule, frames[11:]) + rule.finish() == []


def test_no_track_is_remembered_that_has_ended() -> None:
    rule = counting()
    for number in range(200):
        played(rule, [standing(3, number / 10)])
    played(rule, [Tracks(21.0, ())])
    assert rule._walks == {}
