"""Whether a camera sees what it should: six faults, each with its own hysteresis in time.

A fault is told when it has lasted `for_s` (offline: `offline_s` without a frame), its end when it has been
away for `for_s`. What cannot be told, such as whether a dark picture has moved, changes nothing. Other rules
ask `blocking`: what stands there rests until the fault is over. Frames that do not come are told by `absent`.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import LONGEST_GAP_S, Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import Condition
from edge_agent.scene.public_specs import CameraHealth

OFFLINE: Final = "offline"
FAULTS: Final = ("frozen", "dark", "blurred", "covered", "moved")
BLOCKING: Final = ("frozen", "covered", "moved", "dark")
"""Faults in which the other rules rest, the strongest first; a blurred camera still sees."""
DARK: Final = "dark"
EXIT: Final = 0.2
"""A fault is over only when the figure is better than its limit by this share."""


@dataclass(slots=True)
class _Fault:
    """One fault: whether it has been told, and since when the picture has said otherwise."""

    is_on: bool = False
    began_s: float = 0.0
    turned_s: float | None = None


class CameraHealthRule(Rule):
    """Raises `camera_offline`, `camera_frozen` … and each with `_recovered`."""

    sees_in_dark = True

    def __init__(self, spec: CameraHealth, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._origin = origin
        self._faults = {name: _Fault() for name in FAULTS}
        self._offline = _Fault()
        self._last_s: float | None = None

    @property
    def blocking(self) -> tuple[str, ...]:
        """Faults that have been told and not yet recovered from, in which other rules rest."""
        return tuple(name for name in BLOCKING if self._faults[name].is_on)

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Faults that begin or end with this frame."""
        now = moment.at_s
        gap_s = 0.0 if self._last_s is None else now - self._last_s
        events = self.absent(now) if gap_s >= self._spec.offline_s else []
        self._last_s = now
        if gap_s > LONGEST_GAP_S:
            for fault in (*self._faults.values(), self._offline):
                fault.turned_s = None
        events += self._turned(OFFLINE, self._offline, now, says=False)
        condition = moment.sight.condition
        self.unjudged = "" if condition else "picture_unknown"
        if condition is not None:
            for name, says in self._readings(condition).items():
                events += self._turned(name, self._faults[name], now, says=says)
        return events

    def absent(self, at_s: float) -> list[SceneEvent]:
        """No frame has come until now; before the first one, waiting starts with the first call."""
        if self._last_s is None:
            self._last_s = at_s
        silent_s = at_s - self._last_s
        if self._offline.is_on or silent_s < self._spec.offline_s - 1e-9:
            return []
        self._offline = _Fault(is_on=True, began_s=self._last_s)
        return [self._event(f"camera_{OFFLINE}", self._last_s + self._spec.offline_s, self._spec.offline_s)]

    def pause(self) -> None:
        """Off by its schedule: whatever had begun is forgotten."""
        self._faults = {name: _Fault() for name in FAULTS}
        self._offline = _Fault()
        self._last_s = None

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _readings(self, condition: Condition) -> dict[str, bool | None]:
        """What one picture says of each fault; None where it says nothing."""
        spec, is_on = self._spec, {name: fault.is_on for name, fault in self._faults.items()}
        dark = condition.brightness < spec.dark * (1 + EXIT if is_on["dark"] else 1)
        sees = not dark
        covered = condition.covered > spec.covered * (1 - EXIT if is_on["covered"] else 1) if sees else None
        blurred = None
        if sees and not covered:
            blurred = condition.sharpness < spec.blurred * (1 + EXIT if is_on["blurred"] else 1)
        moved = None
        if condition.moved is not None and sees and not covered and not blurred:
            moved = condition.moved > spec.moved * (1 - EXIT if is_on["moved"] else 1)
        return {
            "frozen": condition.is_frozen,
            "dark": dark,
            "blurred": blurred,
            "covered": covered,
            "moved": moved,
        }

    def _turned(self, name: str, fault: _Fault, now: float, *, says: bool | None) -> list[SceneEvent]:
        if says is None or says == fault.is_on:
            fault.turned_s = None
            return []
        if fault.turned_s is None:
            fault.turned_s = now
        if now - fault.turned_s < self._spec.for_s - 1e-9:
            return []
        turned_s, fault.turned_s, fault.is_on = fault.turned_s, None, says
        if says:
            fault.began_s = turned_s
            return [self._event(f"camera_{name}", now, now - turned_s)]
        return [self._event(f"camera_{name}_recovered", now, turned_s - fault.began_s)]

    def _event(self, kind: str, at_s: float, duration_s: float) -> SceneEvent:
        return SceneEvent(
            kind=kind,
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line="",
            class_name="",
            track_id=0,
            score=0.0,
            direction="",
            duration_s=duration_s,
            xyxy=None,
            value=None,
            at_s=at_s,
            model=self._origin.model,
        )
