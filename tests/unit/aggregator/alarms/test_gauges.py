"""The rows of a minute."""

from aggregator.alarms.gauges import gauge_rows
from fleet.wire.measurements import load_catalogue


def test_every_field_of_work_and_severity_has_a_row_and_none_is_zero() -> None:
    rows = gauge_rows({("traffic", "high"): 7}, 3, 60_000, 11)
    assert [row.seq for row in rows] == list(range(11, 28))
    assert {(row.source, row.class_name): row.value for row in rows if row.value} == {
        ("city", ""): 3.0,
        ("traffic", "high"): 7.0,
    }
    assert {row.name for row in rows} <= set(load_catalogue())
