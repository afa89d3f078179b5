"""Reads the signals that a scene's rules ask for: a controller's word while it is fresh, else the lamps."""

from typing import Protocol

from edge_agent.capture.frame import Frame
from edge_agent.perception.lamps import read_signal
from edge_agent.rules.sight import LampReading
from edge_agent.scene.scene import Scene, Signal


class SignalFeed(Protocol):
    """What the controllers of signals say; implemented by `edge_agent/signals`."""

    def newest(self, signal_id: str) -> LampReading | None:
        """The latest word on a signal, its time on the frames' clock; None while there is none."""


class SignalReader:
    """Reads the signals of one camera.

    Args:
        scene: the checked scene.
        feed: what controllers say; None where nobody listens to them, as in a replay.
    """

    def __init__(self, scene: Scene, feed: SignalFeed | None = None) -> None:
        asked = {name for rule in scene.rules if (name := getattr(rule, "signal", None))}
        self._signals = tuple(signal for signal in scene.signals if signal.id in asked)
        self._feed = feed

    def read(self, frame: Frame) -> dict[str, LampReading]:
        """Readings by id of the signal."""
        return {signal.id: self._reading(signal, frame) for signal in self._signals}

    def _reading(self, signal: Signal, frame: Frame) -> LampReading:
        told = self._told(signal)
        if told is not None and frame.at_s - told.at_s <= signal.stale_s:
            return told
        if not signal.lamps:
            return LampReading("", 0.0, frame.at_s)
        lamps = {str(colour): box for colour, box in signal.lamps.items()}
        glow = read_signal(frame.image, lamps, signal.box)
        return LampReading(glow.colour, glow.confidence, frame.at_s)

    def _told(self, signal: Signal) -> LampReading | None:
        if signal.source is None or self._feed is None:
            return None
        word = self._feed.newest(signal.id)
        if word is None:
            return None
        return LampReading(word.colour, word.confidence, word.at_s + signal.delay_s, told=True)
