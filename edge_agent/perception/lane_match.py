"""How well detections fit the vehicles of a lane: minus the logarithm of a likelihood.

Pure. In dense traffic the nearest box is often the neighbour's, so boxes are compared with where each
vehicle must be, as sharply as that is known: sharper aside than along the way, and with the box's size. A
vehicle seen once is expected to go with its lane; where most of those seem to stand, they are a queue,
which would else be taken for traffic if its gaps are as long as a step. Lengths count in sizes of the
vehicle, so that one limit serves near and far. Neighbours: `tracker.py` asks, `motion_model.py` knows the
spreads.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.motion_model import Floats, anchors

LIMIT: Final = 2.0
"""A pair that fits worse is not joined: both are left alone instead."""
TREMBLE: Final = 0.10
"""Sizes: one standard deviation of a detected anchor."""
SIZE_TREMBLE: Final = 0.25
"""One standard deviation of the logarithm of a box's width or height."""
CUT: Final = 0.2
"""Sizes by which the anchor of a box at the picture's edge may be wrong (one standard deviation)."""
CUT_WEIGHT: Final = 0.3
"""What is left of the evidence of size for such a box."""
THIN: Final = 0.3
"""Aside of its way a moving vehicle strays by this share of the variance along it."""
SLANT: Final = 0.1
"""What a vehicle seen once may go aside, in shares of the usual speed (one standard deviation)."""
MOVING: Final = 0.5
"""Sizes per s from which a vehicle has a way."""
YOUNG: Final = (2.0, 1.0, 0.0)
"""What a vehicle is behind others after one sight, two, and more: it may be nothing."""
FADES: Final = 1.5
"""What a vehicle loses for each second unseen: in dense traffic another has long taken its place."""
STANDS: Final = 4.0
"""What the guess that a vehicle seen once stands is behind the guess that it goes with its lane."""
QUEUE: Final = 4
"""From so many vehicles seen once, of which most seem to stand, it is a queue, and standing is likely."""
FARTHEST: Final = 16.0
"""Squared distance, in standard deviations, past which no pair is considered."""
STILL: Final = 5.0
"""The same for standing."""
_NEVER: Final = 1e3


@dataclass(frozen=True, slots=True)
class Followed:
    """Vehicles in lanes, one row each, as they are expected in the frame.

    Attributes:
        at: anchors, shape (n, 2).
        velocity: per second, shape (n, 2).
        size: widths and heights, shape (n, 2).
        at_spread: variance of each coordinate of the anchor, shape (n,).
        shown: boxes `xyxy` where they were last seen, shape (n, 4).
        hits: how often each was seen, shape (n,).
        unseen_s: for how long it has not been seen, shape (n,).
        is_new: seen once, and expected to go with the lane, shape (n,).
        is_cut: last seen at the picture's edge, so that its size is not known, shape (n,).
    """

    at: Floats
    velocity: Floats
    size: Floats
    at_spread: Floats
    shown: Floats
    hits: NDArray[np.int64]
    unseen_s: Floats
    is_new: NDArray[np.bool_]
    is_cut: NDArray[np.bool_]


def misfit(followed: Followed, boxes: Floats, cut: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """How badly each box `xyxy` (m, 4) fits each vehicle, and where standing explains it better.

    Args:
        followed: the vehicles.
        boxes: what was found.
        cut: which boxes are at the picture's edge, shape (m,).

    Returns:
        Costs to be compared with `LIMIT`, and a mask; both of shape (n, m).
    """
    at, size = anchors(boxes)
    area = followed.size[:, 0] * followed.size[:, 1]
    along, aside = _spreads(followed, area)
    way = _ways(followed.velocity)
    gap = at[None] - followed.at[:, None]
    ahead = gap[..., 0] * way[:, None, 0] + gap[..., 1] * way[:, None, 1]
    beside = gap[..., 1] * way[:, None, 0] - gap[..., 0] * way[:, None, 1]
    is_cut = followed.is_cut[:, None] | cut[None]
    along_too = along[:, None] + np.where(is_cut, CUT**2 * area[:, None], 0.0)
    unlike = _unlike(followed.size, size) * np.where(is_cut, CUT_WEIGHT, 1.0)
    far = ahead**2 / along_too + beside**2 / aside[:, None] + unlike
    cost = far / 2 + np.log(along_too * (aside / area**2)[:, None]) / 2
    cost[far > FARTHEST] = _NEVER
    stands = np.zeros(cost.shape, np.bool_)
    if followed.is_new.any():
        still = _standing(followed.shown[followed.is_new], at, size)
        stays = int((still < _NEVER).any(axis=1).sum())
        if len(still) < QUEUE or stays <= len(still) / 2:
            still += STANDS
        stands[followed.is_new] = still < cost[followed.is_new]
        cost[followed.is_new] = np.minimum(still, cost[followed.is_new])
    cost += np.array(YOUNG)[np.minimum(followed.hits, len(YOUNG)) - 1][:, None]
    cost += FADES * followed.unseen_s[:, None]
    return cost, stands


def _spreads(followed: Followed, area: Floats) -> tuple[Floats, Floats]:
    """Variances of where a box may be, along and aside of the way."""
    tremble = TREMBLE**2 * area
    speed2 = followed.velocity[:, 0] ** 2 + followed.velocity[:, 1] ** 2
    thin = np.where(speed2 > MOVING**2 * area, THIN, 1.0) * followed.at_spread
    slant = tremble + SLANT**2 * speed2 * followed.unseen_s**2
    return tremble + followed.at_spread, tremble + np.where(followed.is_new, slant, thin)


def _ways(velocity: Floats) -> Floats:
    speed = np.hypot(velocity[:, 0], velocity[:, 1])[:, None]
    way: Floats = np.where(speed > 0, velocity / np.maximum(speed, 1e-12), np.array([1.0, 0.0]))
    return way


def _standing(shown: Floats, at: Floats, size: Floats) -> Floats:
    """The same, of vehicles that have not moved since they were seen as `shown`."""
    was, was_size = anchors(shown)
    area = (was_size[:, 0] * was_size[:, 1])[:, None]
    spread = 2 * TREMBLE**2
    step = at[None] - was[:, None]
    far = (step[..., 0] ** 2 + step[..., 1] ** 2) / (spread * area) + _unlike(was_size, size)
    cost: Floats = np.where(far > STILL, _NEVER, far / 2 + np.log(spread))
    return cost


def _unlike(ours: Floats, theirs: Floats) -> Floats:
    """Squared distance of the sizes of boxes, in standard deviations: (n, 2) and (m, 2) give (n, m)."""
    ratio: Floats = np.log(np.maximum(theirs, 1e-6))[None] - np.log(np.maximum(ours, 1e-6))[:, None]
    return np.asarray((ratio[..., 0] ** 2 + ratio[..., 1] ** 2) / SIZE_TREMBLE**2)
