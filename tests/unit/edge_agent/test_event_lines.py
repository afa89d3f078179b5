import json

import pytest
from fakes.staged_tracks import track_at

from edge_agent.event_lines import event_line, measurement_line, track_lines
from edge_agent.perception.tracks import Tracks
from edge_agent.rules.facts import SceneEvent, SceneMeasurement

CROSSING = SceneEvent(
    kind="line_crossed",
    rule="gate-count",
    camera="replay",
    zone_or_line="gate",
    class_name="person",
    track_id=7,
    score=0.87654,
    direction="forward",
    duration_s=0.0,
    xyxy=(0.1, 0.2, 0.30004, 0.4),
    value=None,
    at_s=12.34567,
    model="m/int8",
)


def test_an_event_line_has_what_outside_checks_read() -> None:
    assert json.loads(event_line(CROSSING)) == {
        "kind": "line_crossed",
        "rule": "gate-count",
        "t": 12.346,
        "class": "person",
        "track_id": 7,
        "direction": "forward",
        "camera": "replay",
        "zone_or_line": "gate",
        "score": 0.877,
        "duration_s": 0.0,
        "box": [0.1, 0.2, 0.3, 0.4],
        "value": None,
        "model": "m/int8",
    }
    assert "\n" not in event_line(CROSSING)


def test_a_measurement_line_names_its_period() -> None:
    row = SceneMeasurement("flow", "cam", "gate", "person", "forward", 60.0, 60.0, 3.0, 600, 0)
    assert json.loads(measurement_line(row)) == {
        "name": "flow",
        "t": 60.0,
        "period_s": 60.0,
        "zone_or_line": "gate",
        "class": "person",
        "direction": "forward",
        "value": 3.0,
        "n": 600,
        "quality": 0,
    }


def test_a_track_line_is_motchallenge_text_in_pixels() -> None:
    track = track_at((0.5, 0.5), tracker_id=3, born_s=0.0, seen_s=1.0, hits=10)
    (line,) = track_lines(Tracks(1.0, (track,)), 11, 1000, 500)
    numbers = [float(word) for word in line.split(",")]
    assert numbers == pytest.approx([11, 3, 480, 200, 40, 50, 0.9, 1, -1, -1])


def test_who_is_unseen_or_too_new_has_no_line() -> None:
    unseen = track_at((0.5, 0.5), tracker_id=1, born_s=0.0, seen_s=0.9, hits=10)
    new = track_at((0.5, 0.5), tracker_id=2, born_s=0.9, seen_s=1.0, hits=2)
    assert list(track_lines(Tracks(1.0, (unseen, new)), 11, 1000, 500)) == []
