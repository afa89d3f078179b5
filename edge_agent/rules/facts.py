"""What the rules found, before it is sealed: times are still on the frame's monotonic clock."""

import msgspec

Xyxy = tuple[float, float, float, float]


class SceneEvent(msgspec.Struct, frozen=True, gc=False):
    """Something happened.

    Attributes:
        kind: what, in the past tense, such as `line_crossed`.
        rule: id of the rule.
        camera: id of the camera.
        zone_or_line: where in the scene.
        class_name: class of the object, or of those counted.
        track_id: the object's track; 0 when the event is about several.
        score: detection score 0-1; 0 when the event is about several.
        direction: `forward`, `backward`, or empty.
        duration_s: how long it had lasted when it was decided.
        xyxy: the object's box, normalised 0-1.
        value: a figure of the event, such as the number of people.
        at_s: when it happened.
        model: the model that saw it.
        error: what `value` may be off, either way, where that is known.
    """

    kind: str
    rule: str
    camera: str
    zone_or_line: str
    class_name: str
    track_id: int
    score: float
    direction: str
    duration_s: float
    xyxy: Xyxy | None
    value: float | None
    at_s: float
    model: str
    error: float | None = None


class SceneMeasurement(msgspec.Struct, frozen=True, gc=False):
    """A value over a period; `name` stands in the catalogue of measurements with its unit.

    Attributes:
        name: `flow`, `occupancy` or `occupancy_max`.
        source: id of the camera.
        zone_or_line: where in the scene.
        class_name: class that was counted.
        direction: `forward` or `backward` for a flow.
        start_s: start of the period.
        period_s: its length.
        value: the figure.
        n: frames behind it.
        quality: 0 good; 1 suspect, because frames were missing for more than a tenth of the period.
    """

    name: str
    source: str
    zone_or_line: str
    class_name: str
    direction: str
    start_s: float
    period_s: float
    value: float
    n: int
    quality: int
