import pytest

from aggregator.errors import StoreError
from aggregator.storage.timeseries.influx_answer import (
    Busy,
    LinesRefused,
    Stored,
    TooMuch,
    WriteAnswer,
    Wrong,
    series_of,
    write_answer,
)

CONFLICT = 'input field "value" on measurement "flow" is type integer, already exists as type float dropped=1'
TOLD = (
    "field type conflict: measurement 'flow', field 'value': it is float in InfluxDB and integer in the row"
)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (204, b"", Stored()),
        (
            400,
            b'{"error":"partial write: field type conflict: ' + CONFLICT.replace('"', '\\"').encode() + b'"}',
            LinesRefused(TOLD, 1),
        ),
        (
            400,
            b'{"error":"partial write: points beyond retention policy dropped=3000"}',
            LinesRefused("partial write: points beyond retention policy dropped=3000", 3000),
        ),
        (
            400,
            b'{"error":"unable to parse \'x\': missing fields"}',
            LinesRefused("unable to parse 'x': missing fields", None),
        ),
        (
            422,
            (
                b'{"code":"unprocessable entity","message":"failure writing points to database: '
                b'partial write: points beyond retention policy dropped=2"}'
            ),
            LinesRefused(
                "failure writing points to database: partial write: points beyond retention policy dropped=2",
                2,
            ),
        ),
        (413, b"{}", TooMuch()),
        (429, b'{"message":"slow down"}', Busy("it answered 429: slow down", 7.0)),
        (503, b"<html>", Busy("it answered 503: <html>", 7.0)),
    ],
)
def test_an_answer_is_judged_by_whose_fault_it_is(status: int, body: bytes, expected: WriteAnswer) -> None:
    assert expected == write_answer(status, body, "7")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b'{"code":"unauthorized","message":"unauthorized access"}', "check the token"),
        (403, b'{"error":"not authorized"}', "check the token"),
        (404, b'{"error":"database not found: \\"x\\""}', "check database and retention_policy"),
        (404, b"404 page not found", "flavour"),
        (500, b'{"error":"retention policy not found: x"}', "check database and retention_policy"),
        (400, b'{"code":"invalid","message":"bucket id is wrong"}', "which no row explains"),
        (405, b"", "which no row explains"),
    ],
)
def test_rows_are_never_given_up_for_a_wrong_set_up(status: int, body: bytes, told: str) -> None:
    answer = write_answer(status, body)
    assert isinstance(answer, Wrong)
    assert told in answer.reason


def test_the_complaints_that_influxdb_3_puts_beside_the_error_are_kept() -> None:
    body = (
        b'{"error":"partial write of line protocol occurred","data":[{"original_line":"flow value=1i 1",'
        b'"line_number":1,"error_message":"invalid column type for column \'value\'"}]}'
    )
    answer = write_answer(400, body)
    assert isinstance(answer, LinesRefused)
    assert "invalid column type for column 'value'" in answer.reason


def test_series_are_read_statement_by_statement() -> None:
    body = (
        b'{"results":[{"statement_id":0},{"series":[{"name":"flow","tags":{"node":"a"},'
        b'"columns":["time","value"],"values":[[1,2.5],[2,null],[3,"x"]],"partial":true}]}]}'
    )
    nothing, (series,) = series_of(body)
    assert nothing == ()
    assert (series.name, series.tags, series.values) == (
        "flow",
        {"node": "a"},
        [[1, 2.5], [2, None], [3, "x"]],
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error":"unauthorized"}', "unauthorized"),
        (b'{"results":[{"error":"database not found: x"}]}', "database not found: x"),
        (b"<html>", "not its JSON"),
    ],
)
def test_an_error_in_an_answer_is_told(body: bytes, told: str) -> None:
    with pytest.raises(StoreError, match=told):
        series_of(body)
