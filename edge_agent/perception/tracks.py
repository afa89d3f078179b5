"""Objects followed over time: what the rules read.

Invariants: an id is never used again for the same camera; a track that is missing from `Tracks.live` has
ended. Positions are smoothed observations: while a track is not seen, its box stays where it was last seen.
"""

import msgspec


class Track(msgspec.Struct, frozen=True, gc=False):
    """One object in one frame.

    Attributes:
        tracker_id: id within this camera, from 1.
        class_id: index into the detector's labels; the class that most of its detections voted for.
        class_name: label of that class.
        score: score of its latest detection, 0-1.
        xyxy: smoothed box where it was last seen, normalised 0-1.
        anchor: bottom-centre of that box (x, y).
        born_s: time of its first detection, on the frame's clock.
        seen_s: time of its latest detection; the frame's own time when it was seen in this frame.
        hits: number of its detections.
    """

    tracker_id: int
    class_id: int
    class_name: str
    score: float
    xyxy: tuple[float, float, float, float]
    anchor: tuple[float, float]
    born_s: float
    seen_s: float
    hits: int

    @property
    def age_s(self) -> float:
        """Seconds from its first to its latest detection."""
        return self.seen_s - self.born_s


class Tracks(msgspec.Struct, frozen=True, gc=False):
    """Every live track of one camera after one frame, young and unseen ones too, ascending by id.

    Attributes:
        at_s: capture time of the frame.
        live: the tracks; who is not seen in this frame has `seen_s < at_s`.
    """

    at_s: float
    live: tuple[Track, ...]

    def seen(self) -> tuple[Track, ...]:
        """The tracks that were detected in this very frame."""
        return tuple(track for track in self.live if track.seen_s == self.at_s)
