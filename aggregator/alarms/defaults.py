"""The rules that a new server begins with: one for every kind of event that calls somebody. Pure.

A rule that an administrator changed or removed stays so: defaults are added once, by their ids.
"""

from dataclasses import replace
from typing import Final

from aggregator.alarms.escalation import Escalation, Step, Until
from aggregator.alarms.rules import AlarmRule, OnClear, Part, Severity, Work

_OPERATORS: Final = ("role:operator", "agency")
_LEADERS: Final = ("role:leader",)
_TECHNICIANS: Final = ("role:technician",)


def _called(unseen_s: float, undone_s: float, first: tuple[str, ...] = _OPERATORS) -> Escalation:
    """At once; to leaders when nobody has it after `unseen_s`, and when it is not over after `undone_s`."""
    return Escalation(
        (
            Step(0, first),
            Step(unseen_s, _LEADERS),
            Step(undone_s, ("assignee", *_LEADERS), until=Until.CLOSED),
        )
    )


_ESCALATIONS: Final[dict[Severity, Escalation]] = {
    Severity.CRITICAL: _called(120, 900),
    Severity.HIGH: _called(300, 1800),
    Severity.MEDIUM: Escalation((Step(0, _OPERATORS), Step(1800, _OPERATORS))),
    Severity.LOW: Escalation(),
}
_MEND: Final = Escalation((Step(0, _TECHNICIANS), Step(4 * 3600, _TECHNICIANS, until=Until.CLOSED)))
_EACH_VEHICLE: Final = (Part.NODE, Part.CAMERA, Part.ZONE_OR_LINE, Part.TRACK)
"""A violation is one vehicle's: another vehicle's is another case."""
_CAMERA: Final = (Part.NODE, Part.CAMERA)
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 86_400.0


def _rule(kind: str, severity: Severity, work: Work, window_s: float) -> AlarmRule:
    return AlarmRule(
        id=f"default-{kind}",
        name=kind,
        kinds=(kind,),
        severity=severity,
        work=work,
        window_s=window_s,
        escalation=_ESCALATIONS[severity],
        rank=-100,
    )


def _violation(kind: str, severity: Severity = Severity.LOW, window_s: float = _MINUTE) -> AlarmRule:
    return replace(_rule(kind, severity, Work.TRAFFIC, window_s), equal_by=_EACH_VEHICLE)


def _camera(kind: str, severity: Severity = Severity.MEDIUM) -> AlarmRule:
    return replace(
        _rule(kind, severity, Work.FLEET, _DAY),
        equal_by=_CAMERA,
        escalation=_MEND,
        cleared_by=(f"{kind}_recovered",),
        on_clear=OnClear.RESOLVE,
    )


DEFAULT_RULES: Final = (
    _rule("intruded", Severity.HIGH, Work.ORDER, 5 * _MINUTE),
    _rule("loitered", Severity.MEDIUM, Work.ORDER, 10 * _MINUTE),
    replace(
        _rule("crowd_formed", Severity.HIGH, Work.ORDER, 10 * _MINUTE),
        cleared_by=("crowd_cleared",),
    ),
    _rule("object_abandoned", Severity.HIGH, Work.ORDER, 15 * _MINUTE),
    _rule("smoke_seen", Severity.CRITICAL, Work.ORDER, 15 * _MINUTE),
    _violation("red_light_run"),
    _violation("stop_line_blocked"),
    _violation("wrong_way", Severity.HIGH, 2 * _MINUTE),
    _violation("parking_confirmed", window_s=_HOUR),
    _rule("littered", Severity.LOW, Work.ENVIRONMENT, 5 * _MINUTE),
    _rule("road_flooded", Severity.HIGH, Work.ENVIRONMENT, _HOUR),
    _camera("camera_offline"),
    _camera("camera_frozen"),
    _camera("camera_dark", Severity.LOW),
    _camera("camera_blurred", Severity.LOW),
    _camera("camera_covered", Severity.HIGH),
    _camera("camera_moved"),
)
