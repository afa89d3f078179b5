import pytest

from aggregator.storage.timeseries.duckdb_samples import SampleColumns
from fleet.wire.messages import MeasurementRow


def row(seq: int, start_ms: int = 60_000, quality: int = 0) -> MeasurementRow:
    return MeasurementRow(seq, start_ms, 60.0, "flow", "cam", "", "", "", 1.5, 3, quality)


def test_rows_become_columns_in_the_order_of_the_table() -> None:
    columns = SampleColumns()
    columns.add([7, 8], [row(1), row(1_000_002, 120_000)])
    found = {name: column.tolist() for name, column in columns.arrays().items()}
    assert found == {
        "time_ns": [60_000_000_001, 120_000_000_002],
        "series": [7, 8],
        "value": [1.5, 1.5],
        "n": [3, 3],
        "quality": [0, 0],
        "period_s": [60.0, 60.0],
        "seq": [1, 1_000_002],
    }
    assert (columns.minutes(), len(columns)) == ({1, 2}, 2)


def test_a_number_that_does_not_fit_is_an_error_and_not_another_number() -> None:
    columns = SampleColumns()
    columns.add([0], [row(1, quality=300)])
    with pytest.raises(OverflowError):
        columns.arrays()
