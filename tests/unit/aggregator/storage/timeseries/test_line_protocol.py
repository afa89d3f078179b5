import pytest
from builders.ingest import event, row

from aggregator.storage.timeseries.line_protocol import line_of_event, lines_of
from aggregator.storage.timeseries.store import EventPoint, StreamRows


def line(**fields: object) -> str:
    rows = (row(7, start_ms=1_000, **fields),)
    (found,) = lines_of(StreamRows("n-1", "00" * 8, rows, site="q 1"), rows)
    return found


def test_a_row_is_one_line_with_its_seq_in_the_nanoseconds() -> None:
    assert line() == (
        "flow,class=person,direction=forward,node=n-1,site=q\\ 1,source=cam-01,zone_or_line=gate"
        ' value=7.0,n=3i,period_s=60.0,quality=1i,stream="0000000000000000",seq=7i 1000000007'
    )


def test_the_seq_wraps_within_its_millisecond() -> None:
    rows = (row(3_000_007, start_ms=5),)
    (found,) = lines_of(StreamRows("n-1", "00" * 8, rows), rows)
    assert found.endswith("seq=3000007i 5000007")


@pytest.mark.parametrize(
    ("fields", "piece"),
    [
        ({"zone_or_line": ""}, "source=cam-01 value="),
        ({"zone_or_line": "a=b,c d"}, "zone_or_line=a\\=b\\,c\\ d value="),
        ({"zone_or_line": "a\\b"}, "zone_or_line=a\\b value="),
        ({"zone_or_line": 'q"uo'}, 'zone_or_line=q"uo value='),
        ({"zone_or_line": "vạch 1"}, "zone_or_line=vạch\\ 1 value="),
        ({"name": "a b,c=d"}, "a\\ b\\,c=d,class="),
        ({"value": 1e300}, "value=1e+300,"),
        ({"value": -0.1}, "value=-0.1,"),
        ({"value": 5.0}, "value=5.0,"),
    ],
)
def test_texts_and_numbers_are_written_as_the_protocol_reads_them(
    fields: dict[str, object], piece: str
) -> None:
    assert piece in line(**fields)


def test_an_event_is_one_point_of_measurement_events() -> None:
    point = EventPoint(9, "n-1", "ab" * 8, "", event(3, occurred_at_ms=2, rule="đếm 1", duration_s=2))
    assert line_of_event(point) == (
        "events,class=person,direction=forward,kind=line_crossed,node=n-1,rule=đếm\\ 1,source=cam-01,"
        'zone_or_line=gate count=1i,duration_s=2.0,score=0.987,stream="abababababababab",seq=3i,id=9i 2000003'
    )
