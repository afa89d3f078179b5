"""What a signal shows, and since when, from single readings. Pure.

A lamp read from the picture counts by the majority of five readings around each (two before, two after), so
that a change is put where it happened and one wrong reading changes nothing; a reading below 0.7 is no
reading. A controller's word counts by itself. So the state of a moment is settled a little later
(`settled_s`), and rules that judge a moment wait for it. What is stale, torn or blinking is not known.
State is bounded: `MOST_PHASES` phases.
"""

from collections import deque
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec

from edge_agent.rules.sight import LampReading

LEAST_CONFIDENCE: Final = 0.7
SAMPLES: Final = 5
MAJORITY: Final = 3
STALE_S: Final = 2.0
"""Readings of lamps that are further apart do not belong together."""
TOLD_SETTLES_S: Final = 1.0
"""A controller's word reaches us within this time: what it has not taken back by then held."""
BRIDGE_S: Final = 2.0
"""Lamps hidden for no longer than this, of the same colour before and after, did not change meanwhile."""
BLIP_S: Final = 0.35
"""Shorter times in which nobody knew are misreadings: they hide nothing, and no lamp blinks so fast."""
LEAST_LIT_S: Final = 1.0
"""No signal shows another colour for less than this and then the first again: that was misread."""
FLASH_S: Final = 2.0
"""No steady lamp is lit or dark for less than this: a colour that comes back within it is blinking."""
MOST_PHASES: Final = 32


class Colour(StrEnum):
    """What a signal shows."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    OFF = "off"
    FLASHING = "flashing"
    UNKNOWN = "unknown"


_LIT: Final = frozenset({Colour.RED, Colour.AMBER, Colour.GREEN})
_PAIR: Final = 2
_BY_WORD: Final = {colour.value: colour for colour in (*_LIT, Colour.OFF)}


class Phase(msgspec.Struct, frozen=True, gc=False):
    """A time without a change.

    Attributes:
        colour: what was shown.
        begins_s: the first moment of this phase.
        since_s: since when the colour has held; before `begins_s` when the lamps were hidden meanwhile.
    """

    colour: Colour
    begins_s: float
    since_s: float


class SignalWatch:
    """Follows one signal.

    Args:
        stale_s: readings of a controller that are older say nothing; it must repeat itself more often.
    """

    def __init__(self, stale_s: float = 5.0) -> None:
        self._stale_s = stale_s
        self._window: deque[tuple[float, Colour]] = deque(maxlen=SAMPLES)
        self._told: LampReading | None = None
        self._phases: deque[Phase] = deque(maxlen=MOST_PHASES)
        self.settled_s = float("-inf")

    def observe(self, reading: LampReading | None, at_s: float) -> None:
        """Take in the newest reading of a frame, or that there is none; `at_s` is the frame's time."""
        if reading is not None and reading.told:
            self._hear(reading, at_s)
        elif reading is not None and not self._was_told(at_s):
            self._see(reading, at_s)
        else:
            self._miss(at_s)

    def at(self, at_s: float) -> Phase | None:
        """The phase of a moment; None while it is not settled, or no longer known."""
        if at_s > self.settled_s:
            return None
        return next((phase for phase in reversed(self._phases) if phase.begins_s <= at_s + 1e-9), None)

    def held(self, colour: Colour, begins_s: float, ends_s: float) -> Phase | None:
        """The phase at `begins_s` if this colour held from there to `ends_s`; None when it did not.

        Ask only when `ends_s` is settled.
        """
        one, other = self.at(begins_s), self.at(ends_s)
        if one is None or other is None or one.colour is not colour or other.colour is not colour:
            return None
        return one if one.since_s == other.since_s else None

    @property
    def colour(self) -> Colour:
        """What it shows, as far as is settled."""
        return self._phases[-1].colour if self._phases else Colour.UNKNOWN

    @property
    def red_since_s(self) -> float | None:
        """Since when it is red; None when it is not, or not known."""
        return self._phases[-1].since_s if self.colour is Colour.RED else None

    def forget(self) -> None:
        """Begin anew, as after a pause."""
        self._window.clear()
        self._phases.clear()
        self._told = None
        self.settled_s = float("-inf")

    def _was_told(self, at_s: float) -> bool:
        """Whether the controller's word still holds: then the lamps are not asked."""
        return self._told is not None and at_s - self._told.at_s <= self._stale_s

    def _hear(self, reading: LampReading, at_s: float) -> None:
        before = self._told
        if before is None or reading.at_s > before.at_s:
            self._change_told(before, reading)
            self._told = reading
        if at_s - reading.at_s > self._stale_s:
            self._enter(Colour.UNKNOWN, max(reading.at_s + self._stale_s, self.settled_s))
            self.settled_s = max(self.settled_s, at_s)
        else:
            self.settled_s = max(self.settled_s, min(reading.at_s, at_s), at_s - TOLD_SETTLES_S)

    def _change_told(self, before: LampReading | None, reading: LampReading) -> None:
        """Enter what is told; between two words close together that differ, nobody knows."""
        colour = _colour_of(reading)
        if (
            before is not None
            and colour is not self.colour
            and before.at_s > self._phases[-1].begins_s
            and reading.at_s - before.at_s <= TOLD_SETTLES_S
        ):
            self._enter(Colour.UNKNOWN, before.at_s + 1e-6)
        self._window.clear()
        self._enter(colour, reading.at_s)

    def _see(self, reading: LampReading, at_s: float) -> None:
        window = self._window
        if window and reading.at_s <= window[-1][0]:
            return
        if self._told is not None or (window and reading.at_s - window[-1][0] > STALE_S):
            self._miss(at_s)
        window.append((reading.at_s, _colour_of(reading)))
        if len(window) == SAMPLES:
            middle_s = window[SAMPLES // 2][0]
            self._enter(majority([colour for _, colour in window]), middle_s)
            self.settled_s = max(self.settled_s, middle_s)

    def _miss(self, at_s: float) -> None:
        """No reading: what was read is over once it is stale."""
        last_s = self._told.at_s if self._told else self._window[-1][0] if self._window else None
        patience_s = self._stale_s if self._told else STALE_S
        if last_s is not None and at_s - last_s <= patience_s:
            return
        self._window.clear()
        self._told = None
        self._enter(Colour.UNKNOWN, at_s if last_s is None else last_s + patience_s)
        self.settled_s = max(self.settled_s, at_s)

    def _enter(self, colour: Colour, at_s: float) -> None:
        phases = self._phases
        while phases and phases[-1].begins_s >= at_s:
            phases.pop()
        if self._was_misread(colour, at_s):
            phases.pop()
        if phases and phases[-1].colour is colour:
            return
        since_s = at_s
        if colour in _LIT:
            if self._blinks(colour, at_s):
                colour = Colour.FLASHING
            else:
                since_s = self._bridged(colour, at_s)
        if not phases or phases[-1].colour is not colour:
            phases.append(Phase(colour, at_s, since_s))

    def _was_misread(self, colour: Colour, at_s: float) -> bool:
        """Whether the latest phase was too short for another lamp to have been lit between two of this."""
        if len(self._phases) < _PAIR or colour not in _LIT:
            return False
        before, latest = self._phases[-2], self._phases[-1]
        return before.colour is colour and latest.colour in _LIT and at_s - latest.begins_s < LEAST_LIT_S

    def _blinks(self, colour: Colour, at_s: float) -> bool:
        """Whether it was dark for a short time, and before that blinking, or lit for a short time."""
        for one, other in pairwise([*self._phases][-3:]):
            lit_s, dark_s = other.begins_s - one.begins_s, at_s - other.begins_s
            was_lit = one.colour is Colour.FLASHING or (one.colour is colour and lit_s < FLASH_S)
            is_dark = other.colour is Colour.OFF or (other.colour is Colour.UNKNOWN and dark_s > BLIP_S)
            if was_lit and is_dark and dark_s < FLASH_S:
                return True
        return False

    def _bridged(self, colour: Colour, at_s: float) -> float:
        """Since when the colour has held, if it was steady before a short time in which nobody knew."""
        if len(self._phases) < _PAIR or self._phases[-1].colour is not Colour.UNKNOWN:
            return at_s
        steady, gap = self._phases[-2], self._phases[-1]
        if steady.colour is not colour:
            return at_s
        hidden_s, was_steady = at_s - gap.begins_s, gap.begins_s - steady.since_s >= FLASH_S
        is_one = hidden_s <= BLIP_S or (was_steady and hidden_s <= BRIDGE_S)
        return steady.since_s if is_one else at_s


def majority(colours: list[Colour]) -> Colour:
    """The colour of at least three of five readings; without one, nobody knows."""
    for colour in colours[:MAJORITY]:  # whoever has three of five is among the first three
        if colours.count(colour) >= MAJORITY:
            return colour
    return Colour.UNKNOWN


def _colour_of(reading: LampReading) -> Colour:
    if reading.confidence < LEAST_CONFIDENCE:
        return Colour.UNKNOWN
    return _BY_WORD.get(reading.colour, Colour.UNKNOWN)
