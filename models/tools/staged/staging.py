"""What a staged clip is, as a function of time: nothing here depends on a frame rate. Pure.

Places are pixels of a picture of `WIDTH` × `HEIGHT`; an actor's place is its anchor, the bottom-centre of its
box. Invariant: the same staging gives the same truth at the same moment, however often it is asked.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from edge_agent.scene.geometry import Polygon, crossing, inside

WIDTH: Final = 640
HEIGHT: Final = 360
STEP_S: Final = 0.04
"""How finely the moment of an event is looked for."""

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where an actor is at a moment."""

    at_s: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Actor:
    """One cut-out that moves along a path; it is there from the first waypoint to the last.

    Attributes:
        object_id: from 1, in the truth and in nothing else.
        cutout: id of the cut-out.
        class_name: what it is.
        width: pixels.
        height: pixels.
        path: waypoints in order of time; between them it moves evenly.
        mirrored: shown the other way round.
        carrier: the object that carries it at first; a thing without a track of its own.
        traits: what a second model would say of it, as (label, score, pixels).
    """

    object_id: int
    cutout: str
    class_name: str
    width: float
    height: float
    path: tuple[Waypoint, ...]
    mirrored: bool = False
    carrier: int = 0
    traits: tuple[tuple[str, float, float], ...] = ()

    def at(self, at_s: float) -> Point | None:
        """Its anchor at a moment, in pixels; nothing while it is not there."""
        path = self.path
        if not path[0].at_s <= at_s <= path[-1].at_s:
            return None
        index = min(bisect_right(path, at_s, key=lambda point: point.at_s), len(path) - 1)
        one, other = path[index - 1], path[index]
        span = other.at_s - one.at_s
        share = (at_s - one.at_s) / span if span > 0 else 1.0
        return (one.x + share * (other.x - one.x), one.y + share * (other.y - one.y))

    def box(self, at_s: float) -> Box | None:
        """Its box at a moment, xyxy in pixels, maybe beyond the picture."""
        place = self.at(at_s)
        if place is None:
            return None
        x, y = place
        return (x - self.width / 2, y - self.height, x + self.width / 2, y)

    def first(self, holds: Callable[[Point], bool], for_s: float = 0.0, after_s: float = 0.0) -> float | None:
        """When something has held of its anchor for so long (normalised 0-1), without a break."""
        at_s, since = max(self.path[0].at_s, after_s), None
        while at_s <= self.path[-1].at_s:
            x, y = self.at(at_s) or (0.0, 0.0)
            if not holds((x / WIDTH, y / HEIGHT)):
                since = None
            else:
                since = at_s if since is None else since
                if at_s - since >= for_s - 1e-9:
                    return at_s
            at_s += STEP_S
        return None

    def crosses(self, start: Point, end: Point) -> tuple[tuple[float, int], ...]:
        """When it crosses a segment (normalised 0-1), and in which direction."""
        found, at_s, before = [], self.path[0].at_s, None
        while at_s <= self.path[-1].at_s:
            x, y = self.at(at_s) or (0.0, 0.0)
            place = (x / WIDTH, y / HEIGHT)
            if before is not None and (step := crossing(start, end, before, place)):
                found.append((at_s, step.direction))
            before, at_s = place, at_s + STEP_S
        return tuple(found)

    def enters(self, polygon: Polygon, for_s: float = 0.0) -> float | None:
        """When it has been in a polygon (normalised 0-1) for so long."""
        return self.first(lambda place: inside(polygon, place), for_s)


@dataclass(frozen=True, slots=True)
class Post:
    """Something in the foreground that hides what passes behind it: a strip of the picture."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Lamp:
    """A signal: where its lamps are (pixels), and from when it shows which colour."""

    signal_id: str
    lamps: dict[str, Box]
    phases: tuple[tuple[float, str], ...]

    def colour(self, at_s: float) -> str:
        """What it shows at a moment."""
        return [colour for since_s, colour in self.phases if since_s <= at_s][-1]

    def red_since(self, at_s: float) -> float | None:
        """Since when it is red; nothing when it is not."""
        since_s, colour = [phase for phase in self.phases if phase[0] <= at_s][-1]
        return since_s if colour == "red" else None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong with the camera for a while."""

    kind: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Expected:
    """An event that must come: its kind, whose (0: several objects'), and when."""

    kind: str
    object_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Staging:
    """One clip before it is painted.

    Attributes:
        name: of the script.
        seed: what it was written from.
        band: `small`, `medium` or `large` objects.
        seconds: how long.
        scene: text of the scene file.
        background: id of the picture behind.
        light: `day`, `dusk` or `night`.
        actors: who moves.
        lamps: signals.
        posts: what hides others.
        faults: of the camera.
        expected: the events that must come, and no others of their rule.
        tracks_only: why it cannot be judged on pictures; empty when it can.
    """

    name: str
    seed: int
    band: str
    seconds: float
    scene: str
    background: str
    light: str
    actors: tuple[Actor, ...]
    lamps: tuple[Lamp, ...] = ()
    posts: tuple[Post, ...] = ()
    faults: tuple[Fault, ...] = ()
    expected: tuple[Expected, ...] = field(default=())
    tracks_only: str = ""

    def visible(self, actor: Actor, at_s: float) -> float:
        """Share of an actor's box that is in the picture and hidden by nothing."""
        box = actor.box(at_s)
        if box is None:
            return 0.0
        area = actor.width * actor.height
        seen = overlap(box, (0.0, 0.0, float(WIDTH), float(HEIGHT)))
        for post in self.posts:
            seen -= overlap(box, (post.left, post.top, post.left + post.width, post.top + post.height))
        for other in self.actors:
            theirs = other.box(at_s)
            if other is not actor and theirs is not None and theirs[3] > box[3]:
                seen -= overlap(box, theirs)
        return max(seen, 0.0) / area


def overlap(one: Box, other: Box) -> float:
    """Area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def moments(seconds: float, fps: float) -> tuple[float, ...]:
    """The times of the frames of a clip."""
    return tuple(index / fps for index in range(round(seconds * fps)))
