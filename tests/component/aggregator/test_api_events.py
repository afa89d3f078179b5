from typing import Any

import httpx
import pytest
from servers.aggregator import AggregatorServer, now_ms
from servers.patience import eventually


def listed(api: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.get("/api/v1/events", params=params).json()["items"]
    return items


def test_an_event_is_listed_with_every_field_and_found_by_its_id(
    any_server: AggregatorServer, any_api: httpx.Client
) -> None:
    at = now_ms()
    with any_server.node("fields-01") as node:
        (event_id,) = node.send_events(
            [
                {
                    "occurred_at_ms": at,
                    "kind": "crowd_formed",
                    "value": 17.0,
                    "value_error": 1.5,
                    "evidence": (b"\x01" * 32,),
                }
            ]
        )
        found = eventually(lambda: listed(any_api, node="fields-01"), lambda items: len(items) == 1)
    (event,) = found
    assert event == any_api.get(f"/api/v1/events/{event_id}").json()
    received = event.pop("received_at")
    assert received.endswith("Z")
    assert event == {
        "id": event_id,
        "node": "fields-01",
        "stream": node.stream.hex(),
        "seq": 1,
        "kind": "crowd_formed",
        "alarm": True,
        "rule": "gate-count",
        "camera": "cam-01",
        "zone_or_line": "gate",
        "class": "person",
        "direction": "forward",
        "track_id": 7,
        "score": 0.812,
        "duration_s": 0.0,
        "box": [0.1, 0.2, 0.3, 0.4],
        "value": 17.0,
        "value_error": 1.5,
        "evidence": ["01" * 32],
        "model": "ssdlite_mobilenet_v2_coco/int8",
        "clock": 0,
        "occurred_at": event["occurred_at"],
    }


def test_pages_hold_still_while_events_come(any_server: AggregatorServer, any_api: httpx.Client) -> None:
    start = now_ms() - 100_000
    with any_server.node("pages-01") as node:
        # Equal times on purpose: the row id must break the tie.
        ids = node.send_events([{"occurred_at_ms": start + number // 3} for number in range(50)])
        eventually(lambda: len(listed(any_api, node="pages-01", limit=100)), lambda count: count == 50)
        found: list[str] = []
        cursor = None
        while True:
            params = {"node": "pages-01", "limit": "7"} | ({"cursor": cursor} if cursor else {})
            page = any_api.get("/api/v1/events", params=params).json()
            found += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            node.send_events([{"occurred_at_ms": start + 90_000}, {"occurred_at_ms": start + 90_001}])
    assert found == list(reversed(ids))


def test_filters_join(any_server: AggregatorServer, any_api: httpx.Client) -> None:
    with any_server.node("filter-01") as node:
        first, second, third = node.send_events(
            [
                {"occurred_at_ms": 1_700_000_000_000, "kind": "intruded", "camera": "cam-02"},
                {"occurred_at_ms": 1_700_000_060_000, "kind": "line_crossed", "camera": "cam-02"},
                {"occurred_at_ms": 1_700_000_120_000, "kind": "intruded", "camera": "cam-01"},
            ]
        )
        eventually(lambda: len(listed(any_api, node="filter-01")), lambda count: count == 3)

    def ids(**params: str) -> list[str]:
        return [item["id"] for item in listed(any_api, node="filter-01", **params)]

    assert ids(kind="intruded") == [third, first]
    assert ids(camera="cam-02") == [second, first]
    assert ids(kind="intruded", camera="cam-02") == [first]
    assert ids(since="2023-11-14T22:14:20Z") == [third, second]
    assert ids(until="2023-11-15T05:14:20+07:00") == [first]
    assert ids(kind="' OR 1=1 --") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=1001", 422),
        ("limit=many", 422),
        ("since=yesterday", 422),
        ("since=2023-11-14T22:14:20", 422),
        ("since=99999-01-01T00:00:00Z", 422),
        ("until=1e400", 422),
        ("node=" + "x" * 65, 422),
        ("kind=%00", 422),
        ("kind=a%00b", 422),
        ("node=", 422),
        ("cursor=%20", 400),
        ("cursor=AAAA", 400),
        ("cursor=kgEC%2e", 400),
        ("cursor=" + "A" * 257, 422),
        ("cursor=ks__________z___________", 400),
        ("kind=%ff%fe", 200),
        ("kind=%ed%a0%80", 200),
    ],
)
def test_wrong_queries_are_the_callers_fault(any_api: httpx.Client, query: str, status: int) -> None:
    answer = any_api.get(f"/api/v1/events?{query}")
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "event_id",
    [
        "nothing",
        "n:s:1",
        "node-01:0123456789abcdef:0",
        "node-01:0123456789abcdef:999999999999999999",
        "node-01:0123456789abcdef:9999999999999999999999",
        "node-01:0123456789ABCDEF:1",
        "%00",
        "x" * 80,
    ],
)
def test_an_id_that_is_none_is_not_found(any_api: httpx.Client, event_id: str) -> None:
    answer = any_api.get(f"/api/v1/events/{event_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
