"""Answers with the geometry of `supervision`; run by `test_geometry_peer.py` with the peers on its path.

Standard input: `{"lines": [{"start", "end", "tracks"}], "zones": [{"polygon", "points"}]}`, pixels,
each track
a list of anchors, all tracks of a line equally long. Standard output: the same lists of what was decided: for
each track and sight `"in"`, `"out"` or `""`, for each point whether it is inside.
"""

import json
import sys

import numpy as np
import supervision as sv

WIDTH, HEIGHT = 10.0, 20.0


def boxes(anchors: list[list[float]]) -> np.ndarray:
    """Boxes that stand on these anchors."""
    x, y = np.array(anchors, float).T
    return np.stack([x - WIDTH / 2, y - HEIGHT, x + WIDTH / 2, y], axis=1)


def crossings(line: dict[str, list]) -> list[list[str]]:
    """What a line zone counts, sight by sight."""
    zone = sv.LineZone(
        start=sv.Point(*line["start"]),
        end=sv.Point(*line["end"]),
        triggering_anchors=[sv.Position.BOTTOM_CENTER],
        minimum_crossing_threshold=1,
    )
    tracks = line["tracks"]
    found: list[list[str]] = [[] for _ in tracks]
    for sights in zip(*tracks, strict=True):
        ids = np.arange(1, len(tracks) + 1)
        crossed_in, crossed_out = zone.trigger(sv.Detections(xyxy=boxes(list(sights)), tracker_id=ids))
        for track, is_in, is_out in zip(found, crossed_in, crossed_out, strict=True):
            track.append("in" if is_in else "out" if is_out else "")
    return found


def presences(zone: dict[str, list]) -> list[bool]:
    """Which points a polygon zone holds."""
    polygon = sv.PolygonZone(polygon=np.array(zone["polygon"]))
    return [bool(held) for held in polygon.trigger(sv.Detections(xyxy=boxes(zone["points"])))]


asked = json.load(sys.stdin)
json.dump(
    {
        "lines": [crossings(line) for line in asked["lines"]],
        "zones": [presences(zone) for zone in asked["zones"]],
    },
    sys.stdout,
)
