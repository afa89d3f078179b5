"""What the aggregator itself would measure in a made-up year: alarms, verdicts, sign-ins, audit (pure).

No draw of chance: every figure follows from the hour, so that what nodes send is the same with and without.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fleet.simulator.year_city import Curve

_KINDS: Final = (
    ("red_light_run", Curve.TRAFFIC, 4.0),
    ("parking_confirmed", Curve.TRAFFIC, 3.0),
    ("intruded", Curve.EVENING, 2.0),
    ("loitered", Curve.EVENING, 1.5),
    ("camera_offline", Curve.FLAT, 1.0),
)
_AREAS: Final = (("00004", 3.0), ("00008", 2.0), ("00025", 1.0), ("unplaced", 0.5))
_AGES_S: Final = (("traffic", 1500.0), ("order", 2400.0), ("environment", 600.0), ("fleet", 5400.0))
_FALSE_SHARES: Final = (
    ("box-traffic-001/cam-1", "red-light", "red_light_run", 8.0),
    ("box-traffic-001/cam-2", "parking", "parking_confirmed", 21.0),
    ("box-order-001/cam-1", "yard", "intruded", 34.0),
)
_ENTRIES: Final = (("alarm", 12.0), ("session", 5.0), ("user", 0.4), ("camera", 0.2))
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_KNOCKING_EVERY_H: Final = 37
_SIGNS: Final = (("cloned", 211), ("denied", 53), ("unknown", 97))
CERTIFICATE_DAYS: Final = 90
RENEWED_BEFORE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Figure:
    """One value with its tags."""

    name: str
    value: float
    source: str = ""
    zone_or_line: str = ""
    class_name: str = ""


def server_figures(start_s: int, length_s: int, curves: tuple[float, ...], storm: float) -> Iterator[Figure]:
    """The figures of one period; `storm` is 0-1."""
    share = length_s / _HOUR_S
    for work, age_s in _AGES_S:
        yield Figure("alarm_age", round(age_s * (0.4 + curves[Curve.TRAFFIC] + storm)), work)
    for kind, curve, scale in _KINDS:
        yield Figure("alarms_open_kind", float(round(scale * curves[curve] + storm)), class_name=kind)
    for area, scale in _AREAS:
        yield Figure("alarms_open_area", float(round(scale * curves[Curve.TRAFFIC] + 4 * storm)), area)
    days = start_s // _DAY_S % 30
    yield Figure("alarms_judged", 400.0 + 3 * days, class_name="confirmed")
    yield Figure("alarms_judged", 60.0 + days, class_name="false")
    for source, rule, kind, percent in _FALSE_SHARES:
        yield Figure("alarm_false_share", percent + days / 10, source, rule, kind)
    hour = start_s // _HOUR_S
    knocks = 40.0 if hour % _KNOCKING_EVERY_H == 0 else float(hour % 3)
    yield Figure("sign_ins_refused", round(knocks * share, 2))
    for about, scale in _ENTRIES:
        yield Figure(
            "audit_entries", round(scale * share * (0.2 + curves[Curve.TRAFFIC]), 2), class_name=about
        )
    for sign, every in _SIGNS:
        yield Figure("node_intrusions", round(float(hour % every == 0) * share, 2), class_name=sign)


def certificate_days(start_s: int, issued_day: int) -> float:
    """Days until a certificate expires that was first issued on a day since 1970 and is renewed in time."""
    lived = (start_s / _DAY_S - issued_day) % (CERTIFICATE_DAYS - RENEWED_BEFORE_DAYS)
    return round(CERTIFICATE_DAYS - lived, 2)
