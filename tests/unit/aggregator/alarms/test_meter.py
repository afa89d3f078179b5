"""Figures of alarms as they stand at an instant."""

import pytest

from aggregator.alarms.meter import MOST_SOURCES, Open, open_readings, told_again, verdict_readings
from aggregator.alarms.verdicts import Rate, Source, SourceRate
from aggregator.storage.timeseries.meters import Reading
from fleet.wire.measurements import load_catalogue

NONE_CONFIRMED = Reading("alarms_judged", 0, class_name="confirmed")
NONE_FALSE = Reading("alarms_judged", 0, class_name="false")
CAMERA = Source("box-1", "cam-1", "yard", "intruded")


def test_every_field_of_work_and_severity_has_a_reading_and_none_is_zero() -> None:
    readings = list(open_readings({("traffic", "high"): Open(7, 40_000)}, 100_000))
    assert len(readings) == 20
    assert {(each.name, each.source, each.class_name): each.value for each in readings if each.value} == {
        ("alarms_open", "traffic", "high"): 7,
        ("alarm_age", "traffic", ""): 60.0,
    }
    assert {each.name for each in readings} <= set(load_catalogue())


def test_what_had_open_alarms_is_told_with_zero_once_they_are_closed() -> None:
    seen: set[str] = set()
    assert told_again({"intruded": 2}, seen) == {"intruded": 2}
    assert told_again({"loitered": 1}, seen) == {"intruded": 0, "loitered": 1}


def test_no_more_names_are_remembered_than_the_bound() -> None:
    seen: set[str] = set()
    many = {f"area-{number:04}": 1 for number in range(MOST_SOURCES + 5)}
    assert len(told_again(many, seen)) == MOST_SOURCES == len(seen)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ((), [NONE_CONFIRMED, NONE_FALSE]),
        (
            (SourceRate(CAMERA, Rate(1, 3), Rate(0, 1)),),
            [
                Reading("alarms_judged", 3, class_name="confirmed"),
                Reading("alarms_judged", 1, class_name="false"),
                Reading("alarm_false_share", 25.0, "box-1/cam-1", "yard", "intruded", n=4),
            ],
        ),
    ],
    ids=["nothing was judged", "one source"],
)  # fmt: skip
def test_verdicts_are_counted_and_shared_out_to_what_raised_the_alarms(
    sources: tuple[SourceRate, ...], expected: list[Reading]
) -> None:
    assert list(verdict_readings(sources)) == expected
    assert {each.name for each in expected} <= set(load_catalogue())
