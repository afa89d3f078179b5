"""What the writers of scripts share: choosing the cast and the place by seed, and collecting the truth."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import hypot
from typing import Final

import numpy as np

from staged import assets
from staged.staging import HEIGHT, WIDTH, Actor, Expected, Fault, Lamp, Post, Staging, Waypoint

BANDS: Final = {"small": (24.0, 40.0), "medium": (48.0, 72.0), "large": (90.0, 120.0)}
"""Heights of objects in pixels."""
ROWS: Final[dict[str, tuple[float, ...]]] = {
    "small": (150.0, 210.0, 270.0, 335.0),
    "medium": (165.0, 250.0, 335.0),
    "large": (195.0, 335.0),
}
"""Where objects of a band can move without hiding one another: y of their anchors."""
PX_PER_M: Final = 20.0
"""The ground of staged scenes: 20 pixels are a metre, whatever the objects' size."""
HAND: Final = 0.28
"""Height of a thing as a share of its carrier's."""
GROUND: Final = """
[homography]
points = [[0.0, 0.0, 0.0, 18.0], [1.0, 0.0, 32.0, 18.0], [1.0, 1.0, 32.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
"""
Step = tuple[float, float, float]


class Stage:
    """A staging in the making.

    Args:
        name: of the script.
        seed: decides everything.
        band: of the objects' heights.
        split: which cut-outs and backgrounds.
        light: `day`, `dusk` or `night`.
    """

    def __init__(self, name: str, seed: int, band: str, split: str, light: str) -> None:
        letters = [ord(letter) for letter in name + band]
        self.rng = np.random.default_rng([seed, *letters])
        self.name, self.seed, self.band, self.light = name, seed, band, light
        self.split = split
        self.rows: tuple[float, ...] = ROWS[band]
        self.background = self.pick(assets.backgrounds(split))
        self.actors: list[Actor] = []
        self.expected: list[Expected] = []

    def pick(self, choices: Sequence[str]) -> str:
        """One of several."""
        return choices[int(self.rng.integers(len(choices)))]

    def between(self, low: float, high: float) -> float:
        """A figure from a range."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Whether something is so, this time."""
        return bool(self.rng.random() < share)

    def height(self) -> float:
        """A height from the band."""
        return self.between(*BANDS[self.band])

    def cast(self, class_name: str, height: float | None = None) -> Actor:
        """A new actor of a class, not yet on the stage: its path is to be given by `enter`."""
        every = assets.cutouts().values()
        ours = [each for each in every if each.class_name == class_name]
        fitting = [each for each in ours if each.split == self.split] or ours
        cutout = fitting[int(self.rng.integers(len(fitting)))]
        height = self.height() if height is None else height
        return Actor(
            object_id=0,
            cutout=cutout.id,
            class_name=class_name,
            width=round(height * cutout.aspect),
            height=round(height),
            path=(),
        )

    def thing_of(self, carrier: Actor) -> Actor:
        """A thing that somebody can carry: flat ones are as long as tall ones are high."""
        thing = self.cast("thing", HAND * carrier.height)
        shrunk = max(thing.width / thing.height, 1.0) ** 0.5
        return replace(thing, width=round(thing.width / shrunk), height=max(round(thing.height / shrunk), 5))

    def enter(
        self,
        actor: Actor,
        steps: Sequence[Step],
        *,
        mirrored: bool = False,
        carrier: int = 0,
        traits: tuple[tuple[str, float, float], ...] = (),
    ) -> Actor:
        """Bring an actor onto the stage with (seconds, x, y) as its path; a vehicle looks where it goes."""
        facing, dx = assets.cutouts()[actor.cutout].facing, steps[-1][1] - steps[0][1]
        if facing and dx:
            mirrored = (dx > 0) != (facing == "right")
        entered = replace(
            actor,
            object_id=len(self.actors) + 1,
            path=tuple(Waypoint(*step) for step in steps),
            mirrored=mirrored,
            carrier=carrier,
            traits=traits,
        )
        self.actors.append(entered)
        return entered

    def expect(self, kind: str, actor: Actor | None, at_s: float | None) -> None:
        """Note an event that must come, if it has a time."""
        if at_s is not None:
            self.expected.append(Expected(kind, actor.object_id if actor else 0, at_s))

    def done(
        self,
        seconds: float,
        scene: str,
        *,
        lamps: tuple[Lamp, ...] = (),
        posts: tuple[Post, ...] = (),
        faults: tuple[Fault, ...] = (),
        tracks_only: str = "",
    ) -> Staging:
        """The finished staging."""
        return Staging(
            name=self.name,
            seed=self.seed,
            band=self.band,
            seconds=seconds,
            scene=scene,
            background=self.background,
            light=self.light,
            actors=tuple(self.actors),
            lamps=lamps,
            posts=posts,
            faults=faults,
            expected=tuple(self.expected),
            tracks_only=tracks_only,
        )


def route(at_s: float, speed: float, *places: tuple[float, float]) -> list[Step]:
    """Steps through places at an even speed (pixels a second), from a moment on."""
    steps = [(at_s, *places[0])]
    for (x1, y1), (x2, y2) in pairwise(places):
        at_s += hypot(x2 - x1, y2 - y1) / speed
        steps.append((at_s, x2, y2))
    return steps


def through(
    at_s: float, x: float, y: float, speed: float, half: float, *, leftwards: bool = False
) -> list[Step]:
    """Steps of somebody who crosses the whole picture and is at x at this moment."""
    start, end = -half, WIDTH + half
    if leftwards:
        start, end = end, start
    return [(at_s - abs(x - start) / speed, start, y), (at_s + abs(end - x) / speed, end, y)]


def polygon(left: float, top: float, right: float, bottom: float) -> str:
    """A rectangle of pixels as the scene file writes it."""
    x1, y1, x2, y2 = left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT
    return f"[[{x1:.4f}, {y1:.4f}], [{x2:.4f}, {y1:.4f}], [{x2:.4f}, {y2:.4f}], [{x1:.4f}, {y2:.4f}]]"


def corners(left: float, top: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
    """The same rectangle as the truth uses it."""
    x1, y1, x2, y2 = left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT
    return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
