"""What is true of a staged clip, as JSON lines beside it: the clip, its frames, the events that must come.

The first line tells the clip (`"staged": true`), then one line a frame (boxes in pixels with object ids,
classes and the share of them that can be seen; colours of the signals; faults of the camera), then one line
an event. Same staging, same bytes.
"""

import json
from collections.abc import Iterator

from staged.staging import Staging, moments


def truth_lines(staging: Staging, fps: float) -> Iterator[str]:
    """The lines of the truth file, without line ends."""
    yield _line(
        {
            "staged": True,
            "script": staging.name,
            "seed": staging.seed,
            "band": staging.band,
            "light": staging.light,
            "background": staging.background,
            "cutouts": sorted({actor.cutout for actor in staging.actors}),
            "seconds": staging.seconds,
            "fps": fps,
        }
    )
    for index, at_s in enumerate(moments(staging.seconds, fps)):
        yield _line(_frame(staging, index, at_s))
    for event in sorted(staging.expected, key=lambda event: (event.at_s, event.kind, event.object_id)):
        yield _line({"event": event.kind, "object": event.object_id, "t": round(event.at_s, 3)})


def _frame(staging: Staging, index: int, at_s: float) -> dict[str, object]:
    objects = []
    for actor in staging.actors:
        box = actor.box(at_s)
        visible = staging.visible(actor, at_s)
        if box is not None and visible > 0:
            objects.append(
                {
                    "object": actor.object_id,
                    "class": actor.class_name,
                    "xyxy": [round(value, 2) for value in box],
                    "visible": round(visible, 2),
                }
            )
    line: dict[str, object] = {"frame": index, "t": round(at_s, 4), "objects": objects}
    if staging.lamps:
        line["signals"] = {lamp.signal_id: lamp.colour(at_s) for lamp in staging.lamps}
    if faults := [fault.kind for fault in staging.faults if fault.from_s <= at_s < fault.to_s]:
        line["faults"] = faults
    return line


def _line(value: dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))
