"""What the picture told beside tracks: lamps, things that lie there, the state of the camera.

Read from pixels by `edge_agent/perception`, judged by the rules, so that every rule can be tested without a
picture. Everything has a default that means "not known", and what is not known decides nothing.
"""

from collections.abc import Mapping

import msgspec

from edge_agent.rules.facts import Xyxy


class LampReading(msgspec.Struct, frozen=True, gc=False):
    """One reading of one signal.

    Attributes:
        colour: `red`, `amber`, `green` or `off`; empty when none could be made out.
        confidence: 0-1.
        at_s: when it was read, on the frames' clock; a controller's feed may be older than the frame.
        told: the signal's controller said it, no lamp was looked at: it needs no majority.
    """

    colour: str
    confidence: float
    at_s: float
    told: bool = False


class StaticBlob(msgspec.Struct, frozen=True, gc=False):
    """Something that stands still and was not part of the background.

    Attributes:
        blob_id: id within this camera, from 1, never used again.
        xyxy: where, normalised 0-1.
        born_s: when it was first there.
        still_s: since when it has not moved.
        is_hidden: somebody stands before it, so that nobody knows whether it is still there.
    """

    blob_id: int
    xyxy: Xyxy
    born_s: float
    still_s: float
    is_hidden: bool = False


class Condition(msgspec.Struct, frozen=True, gc=False):
    """The picture as a picture, against the scene's reference.

    Attributes:
        is_frozen: the picture is the same as before to the last bit, noise included.
        brightness: mean, 0-1.
        sharpness: share of the reference's sharpness, 0-1 and above; 1 without a reference.
        covered: share of the picture without any texture, 0-1.
        moved: how far the view has shifted from the reference, as a share of the picture's height; None when
            that cannot be told, as in the dark.
    """

    is_frozen: bool = False
    brightness: float = 0.5
    sharpness: float = 1.0
    covered: float = 0.0
    moved: float | None = 0.0


class Trait(msgspec.Struct, frozen=True, gc=False):
    """What a second model said of a part of one object, such as a rider's head.

    Attributes:
        label: the model's word.
        score: 0-1.
        size_px: height of the crop in pixels.
        at_s: when.
    """

    label: str
    score: float
    size_px: float
    at_s: float


class Sight(msgspec.Struct, frozen=True):
    """Everything of one frame that is not a track.

    Attributes:
        aspect: width / height of the picture.
        lamps: by id of the signal.
        blobs: what lies there.
        condition: state of the picture; None when nobody looked.
        traits: by track id, oldest first; what was told before may be told again.
    """

    aspect: float = 16 / 9
    lamps: Mapping[str, LampReading] = {}
    blobs: tuple[StaticBlob, ...] = ()
    condition: Condition | None = None
    traits: Mapping[int, tuple[Trait, ...]] = {}


NOTHING_SEEN = Sight()
