import json
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from aggregator.query import rendering
from aggregator.storage.timeseries.influxql.series import Answer, Series

S = 1_000_000_000
AT = 1_791_000_000 * S
ANSWER = Answer(
    (
        Series("flow", ("time", "sum"), [(AT, 1.5), (AT + 1, None), (AT + 2, 3)], {"site": "a"}),
        Series("flow", ("time", "sum"), [(AT, 4)], {"site": "b"}),
    )
)


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        ("ns", 1_791_000_000_000_000_001),
        ("u", 1_791_000_000_000_000),
        ("ms", 1_791_000_000_000),
        ("s", 1_791_000_000),
        ("m", 29_850_000),
        ("h", 497_500),
        ("", "2026-10-03T04:00:00.000000001Z"),
    ],
)
def test_times_come_in_the_epoch_asked_for(epoch: str, expected: int | str) -> None:
    document = json.loads(rendering.whole(ANSWER, epoch, UTC))
    assert document["results"][0]["series"][0]["values"][1] == [expected, None]


@pytest.mark.parametrize(
    ("ns", "zone", "expected"),
    [
        (0, UTC, "1970-01-01T00:00:00Z"),
        (-1, UTC, "1969-12-31T23:59:59.999999999Z"),
        (AT + 250_000_000, UTC, "2026-10-03T04:00:00.25Z"),
        (AT, ZoneInfo("Asia/Ho_Chi_Minh"), "2026-10-03T11:00:00+07:00"),
        (AT, ZoneInfo("Asia/Kathmandu"), "2026-10-03T09:45:00+05:45"),
    ],
)
def test_dates_are_written_as_go_writes_them(ns: int, zone: ZoneInfo, expected: str) -> None:
    assert rendering.rfc3339(ns, zone) == expected


def test_the_whole_answer_has_influxdbs_shape() -> None:
    document = json.loads(rendering.whole(ANSWER, "ns", UTC))
    (result,) = document["results"]
    assert result["statement_id"] == 0
    assert result["series"][1] == {
        "name": "flow",
        "tags": {"site": "b"},
        "columns": ["time", "sum"],
        "values": [[AT, 4]],
    }


def test_nothing_found_is_a_result_without_series() -> None:
    nothing = b'{"results":[{"statement_id":0}]}\n'
    assert rendering.whole(Answer(), "", UTC) == nothing
    assert list(rendering.chunks(Answer(), "", UTC, 5)) == [nothing]


def test_lists_have_no_times() -> None:
    answer = Answer((Series("", ("key",), [("flow",)]),))
    assert json.loads(rendering.whole(answer, "ms", UTC))["results"][0]["series"] == [
        {"columns": ["key"], "values": [["flow"]]}
    ]


def test_chunks_tell_whether_more_follows() -> None:
    parts = [json.loads(part)["results"][0] for part in rendering.chunks(ANSWER, "ns", UTC, 2)]
    assert [len(part["series"][0]["values"]) for part in parts] == [2, 1, 1]
    assert [part.get("partial", False) for part in parts] == [True, True, False]
    assert [part["series"][0].get("partial", False) for part in parts] == [True, False, False]


def test_a_cut_answer_says_so() -> None:
    cut = Answer(ANSWER.series, partial=True)
    assert json.loads(rendering.whole(cut, "ns", UTC))["results"][0]["series"][0]["partial"] is True


def test_errors_are_of_the_request_or_of_the_statement() -> None:
    assert rendering.refusal("no") == b'{"error":"no"}\n'
    assert rendering.failed("no") == b'{"results":[{"statement_id":0,"error":"no"}]}\n'
