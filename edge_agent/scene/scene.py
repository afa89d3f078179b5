"""The scene of one camera: what its file may say, as frozen types.

Invariants of a `Scene` that `parse.py` gave: ids are unique in their list, every reference of a rule exists,
polygons do not cross themselves, coordinates are normalised 0-1. Unknown keys are refused, because a misspelt
key must not be silence. Neighbours: `checks.py` holds what types cannot say; the rules read the scene.
"""

from typing import Annotated, Literal

import msgspec

from edge_agent.scene.fields import Box, Corner, Corners, Id, Seconds, Share
from edge_agent.scene.public_specs import PublicRule
from edge_agent.scene.road_specs import RoadRule
from edge_agent.scene.rule_specs import Crowding, Intrusion, LineCount, Loitering, Occupancy
from edge_agent.scene.signal_specs import SignalRule

Lamp = Literal["red", "amber", "green"]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment that objects may cross; forward is from its negative to its positive side."""

    id: Id
    start: Corner = msgspec.field(name="from")
    end: Corner = msgspec.field(name="to")


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area; `area_m2` is its surveyed size, for rules per square metre."""

    id: Id
    polygon: Corners
    area_m2: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Lane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lane with the direction of its traffic as a vector in the picture."""

    id: Id
    polygon: Corners
    direction: tuple[float, float]
    usual_speed_kmh: Annotated[float, msgspec.Meta(gt=0, le=300)] | None = None


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A traffic signal: lamps in the picture, or a controller's feed, which is preferred.

    Attributes:
        id: its id.
        box: the housing in the picture.
        lamps: the lamps in it; red alone will do.
        source: `mqtt:TOPIC` or the `http://` or `https://` address of the controller's feed.
        stale_s: a controller's word that is older says nothing.
        delay_s: how much later than the controller says it the picture shows it.
    """

    id: Id
    box: Box | None = None
    lamps: dict[Lamp, Box] = {}
    source: str | None = None
    stale_s: Seconds = 5.0
    delay_s: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.0


class Homography(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Surveyed points: x, y in the picture, and metres east and north."""

    points: Annotated[
        tuple[tuple[Share, Share, float, float], ...], msgspec.Meta(min_length=4, max_length=100)
    ]


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture of the view as it should be; its path starts at the scene file's folder."""

    image: Annotated[str, msgspec.Meta(min_length=1)]


class Detection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the detector is shown, and where motion counts.

    `region` is "auto" (around the places that rules use, when that is much smaller than the picture),
    "frame" (the whole picture, motion counts everywhere) or a box of one's own; `margin` is how far around
    those places things matter, as a share of the picture, in place of the usual ones.
    """

    region: Literal["auto", "frame"] | Box = "auto"
    margin: Share | None = None


class PrivacyMask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area that is never shown."""

    polygon: Corners


AnyRule = LineCount | Occupancy | Intrusion | Loitering | Crowding | PublicRule | SignalRule | RoadRule


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is known of a camera's view."""

    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    rules: tuple[AnyRule, ...] = ()
    lanes: tuple[Lane, ...] = ()
    signals: tuple[Signal, ...] = ()
    homography: Homography | None = None
    detection: Detection = Detection()
    reference: Reference | None = None
    privacy: tuple[PrivacyMask, ...] = ()
    utc_offset_h: Annotated[float, msgspec.Meta(ge=-12, le=14)] = 7.0

    def line(self, line_id: str) -> Line:
        """The line with this id, which a checked rule may rely on."""
        return next(line for line in self.lines if line.id == line_id)

    def lane(self, lane_id: str) -> Lane:
        """The lane with this id, which a checked rule may rely on."""
        return next(lane for lane in self.lanes if lane.id == lane_id)

    def signal(self, signal_id: str) -> Signal:
        """The signal with this id, which a checked rule may rely on."""
        return next(signal for signal in self.signals if signal.id == signal_id)

    def zone(self, zone_id: str) -> Zone:
        """The zone with this id, which a checked rule may rely on."""
        return next(zone for zone in self.zones if zone.id == zone_id)
