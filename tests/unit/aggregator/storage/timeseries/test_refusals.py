import pytest
from builders.ingest import event, row

from aggregator.errors import StoreRefusedError
from aggregator.storage.timeseries.refusals import RowsRefusedError, refused_rows, writable_event
from aggregator.storage.timeseries.store import EventPoint, StreamRows


def part(**fields: object) -> StreamRows:
    return StreamRows("n-1", "00" * 8, (row(1), row(2, **fields), row(3)))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": ""}, "cannot name a measurement"),
        ({"name": "events"}, "cannot name a measurement"),
        ({"name": "#comment"}, "cannot name a measurement"),
        ({"name": "a\nb"}, "cannot name a measurement"),
        ({"source": "cam\\"}, "source 'cam\\\\'"),
        ({"zone_or_line": "\x7f"}, "zone_or_line"),
        ({"class_name": "a\tb"}, "class"),
        ({"direction": "x\r"}, "direction"),
    ],
)
def test_a_row_that_line_protocol_cannot_write_is_named(fields: dict[str, object], told: str) -> None:
    (found,) = refused_rows(part(**fields))
    assert (found.node, found.seq) == ("n-1", 2)
    assert told in found.detail


@pytest.mark.parametrize("text", ["", "a\\b", "\\a", "a,b= c", '"', "#", "vạch", "events"])
def test_every_other_text_is_a_tag(text: str) -> None:
    assert refused_rows(part(zone_or_line=text)) == []


def test_a_seq_that_stands_twice_refuses_the_batch() -> None:
    with pytest.raises(StoreRefusedError, match="stands twice"):
        refused_rows(StreamRows("n-1", "00" * 8, (row(1), row(1))))


def test_a_refusal_shows_a_few_rows_and_counts_the_others() -> None:
    rows = refused_rows(StreamRows("n-1", "00" * 8, tuple(row(seq, name="") for seq in range(1, 6))))
    told = str(RowsRefusedError(tuple(rows)))
    assert "refused 5 rows" in told
    assert told.endswith("and 2 more")


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, True), ({"rule": "a\\"}, False), ({"kind": "\n"}, False)]
)
def test_an_event_that_cannot_be_written_is_not_projected(fields: dict[str, object], expected: bool) -> None:  # noqa: FBT001  a case's datum
    assert writable_event(EventPoint(1, "n-1", "00" * 8, "", event(1, **fields))) is expected
