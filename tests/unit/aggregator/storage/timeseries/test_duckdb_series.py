from aggregator.storage.timeseries.duckdb_schema import BLOCK
from aggregator.storage.timeseries.duckdb_series import SeriesBook
from aggregator.storage.timeseries.store import StreamRows
from fleet.wire.messages import MeasurementRow


def part(*names: str, node: str = "n-1") -> StreamRows:
    rows = tuple(
        MeasurementRow(seq, 0, 60.0, name, "cam", "", "", "", 1.0, 1, 0) for seq, name in enumerate(names, 1)
    )
    return StreamRows(node, "00" * 8, rows, site="q-1")


def test_equal_tags_are_one_series_and_each_measurement_has_its_block() -> None:
    book = SeriesBook()
    one, other = part("flow", "flow", "pm25"), part("flow", node="n-2")
    assert book.ids_of(one, one.rows) == [0, 0, BLOCK]
    assert book.ids_of(other, other.rows) == [1]
    assert [row[0] for row in book.fresh] == [0, BLOCK, 1]


def test_what_was_written_is_known_again_and_is_not_fresh() -> None:
    book = SeriesBook()
    rows = part("flow", "pm25")
    book.ids_of(rows, rows.rows)
    again = SeriesBook(book.fresh)
    assert again.ids_of(rows, rows.rows) == [0, BLOCK]
    assert again.fresh == []
    more = part("rain", "pm25", node="n-9")
    assert again.ids_of(more, more.rows) == [2 * BLOCK, BLOCK + 1]
    again.settle()
    assert again.fresh == []
