from typing import Any

import httpx
import pytest
from servers.aggregator import AggregatorServer
from servers.patience import eventually

START_MS = 1_700_000_040_000
SINCE, UNTIL = "2023-11-14T22:14:00Z", "2023-11-14T22:34:00Z"


def rows(minutes: int) -> list[tuple[Any, ...]]:
    return [
        (START_MS + minute * 60_000, 60.0, "flow", "cam-01", "gate", name, direction, 2.0, 60)
        for minute in range(minutes)
        for name in ("car", "person")
        for direction in ("backward", "forward")
    ]


def read(api: httpx.Client, **params: Any) -> dict[str, Any]:
    answer = api.get("/api/v1/measurements", params={"since": SINCE, "until": UNTIL} | params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_rows_come_back_in_buckets_and_pages_that_cut_a_bucket_lose_nothing(
    server: AggregatorServer, api: httpx.Client
) -> None:
    with server.node("series-01") as node:
        node.send_rows(rows(5))
        whole = eventually(
            lambda: read(api, name="flow", node="series-01"), lambda page: len(page["items"]) == 20
        )
    assert (whole["unit"], whole["aggregate"], whole["next_cursor"]) == ("1", "sum", None)
    assert whole["items"][0] == {
        "start": "2023-11-14T22:14:00Z",
        "node": "series-01",
        "source": "cam-01",
        "zone_or_line": "gate",
        "class": "car",
        "direction": "backward",
        "value": 2.0,
        "rows": 1,
    }
    paged: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = read(api, name="flow", node="series-01", limit=3, **more)
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole["items"]


def test_buckets_join_and_filters_narrow(server: AggregatorServer, api: httpx.Client) -> None:
    with server.node("series-02") as node:
        node.send_rows(rows(10))
        eventually(lambda: read(api, name="flow", node="series-02"), lambda page: len(page["items"]) == 40)
    joined = read(api, name="flow", node="series-02", bucket_s=3600, **{"class": "car"})
    assert [(item["class"], item["direction"], item["value"]) for item in joined["items"]] == [
        ("car", "backward", 20.0),
        ("car", "forward", 20.0),
    ]
    assert read(api, name="flow", node="series-02", source="cam-09")["items"] == []
    assert read(api, name="no_such_name", node="series-02")["items"] == []


def test_the_catalogue_tells_units_and_meanings_in_both_languages(api: httpx.Client) -> None:
    items = {item["name"]: item for item in api.get("/api/v1/measurements/catalogue").json()["items"]}
    assert items["pm25"]["unit"] == "ug/m3"
    assert set(items["flow"]["meaning"]) == {"vi", "en"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("name=", 422),
        ("name=flow&bucket_s=0", 422),
        ("name=flow&bucket_s=1.5", 422),
        ("name=flow&aggregate=median", 422),
        ("name=flow&limit=10001", 422),
        ("name=flow&since=2024-01-02T00:00:00Z&until=2024-01-01T00:00:00Z", 400),
        ("name=flow&since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z&bucket_s=1", 400),
        ("name=flow&cursor=garbage!", 400),
        ("name=flow&node=%27%3B%20DROP%20TABLE%20measurements%3B--", 200),
    ],
)
def test_wrong_queries_are_the_callers_fault(api: httpx.Client, query: str, status: int) -> None:
    answer = api.get(f"/api/v1/measurements?{query}")
    assert answer.status_code == status, answer.text
