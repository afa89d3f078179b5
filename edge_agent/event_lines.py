"""Events and measurements as JSON lines, and tracks as MOTChallenge text: what `replay` writes. Pure."""

from collections.abc import Iterator

import msgspec

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from edge_agent.rules.moment import LEAST_HITS

_encoder = msgspec.json.Encoder()


def event_line(event: SceneEvent) -> str:
    """One event as a JSON object; `t` in seconds from the start of the video, `box` is `xyxy` normalised.

    `error` is there only where it is known what `value` may be off.
    """
    line = {
        "kind": event.kind,
        "rule": event.rule,
        "t": round(event.at_s, 3),
        "class": event.class_name,
        "track_id": event.track_id,
        "direction": event.direction,
        "camera": event.camera,
        "zone_or_line": event.zone_or_line,
        "score": round(event.score, 3),
        "duration_s": round(event.duration_s, 3),
        "box": [round(number, 4) for number in event.xyxy] if event.xyxy else None,
        "value": event.value,
        "model": event.model,
    }
    if event.error is not None:
        line["error"] = round(event.error, 3)
    return _encoder.encode(line).decode()


def measurement_line(row: SceneMeasurement) -> str:
    """One row of measurements as a JSON object; `t` is the start of its period in the video."""
    line = {
        "name": row.name,
        "t": round(row.start_s, 3),
        "period_s": round(row.period_s, 3),
        "zone_or_line": row.zone_or_line,
        "class": row.class_name,
        "direction": row.direction,
        "value": round(row.value, 4),
        "n": row.n,
        "quality": row.quality,
    }
    return _encoder.encode(line).decode()


def track_lines(tracks: Tracks, frame: int, width: int, height: int) -> Iterator[str]:
    """The objects seen in a frame: frame (from 1), id, left, top, width, height, conf, class, -1, -1.

    Lengths are in pixels; class is the class id plus 1, so that a COCO person is MOTChallenge's pedestrian.
    """
    for track in tracks.seen():
        if track.hits < LEAST_HITS:
            continue
        x1, y1, x2, y2 = track.xyxy
        box = (x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height)
        numbers = ",".join(f"{number:.2f}" for number in box)
        yield f"{frame},{track.tracker_id},{numbers},{track.score:.3f},{track.class_id + 1},-1,-1"
