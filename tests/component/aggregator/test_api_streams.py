import base64
from typing import Any

import httpx
from servers.aggregator import AggregatorServer
from servers.patience import eventually

from fleet.wire.topics import UpChannel


def stream_of(api: httpx.Client, node: str) -> dict[str, Any]:
    items = api.get("/api/v1/streams", params={"node": node}).json()["items"]
    return items[0] if items else {}


def test_a_stream_is_counted_over_both_stores(any_server: AggregatorServer, any_api: httpx.Client) -> None:
    with any_server.node("audit-01") as node:
        node.send_events([{}] * 30)
        node.send_rows([(1_700_000_000_000, 60.0, "flow", "cam-01", "gate", "car", "forward", 1.0)] * 20)
        node.seq += 5  # seqs 51 to 55 never come
        node.send_events([{}] * 2)
        found = eventually(lambda: stream_of(any_api, "audit-01"), lambda stream: bool(stream.get("ranges")))
        node.seq = 0
        node.send_events([{}] * 30)
        repeated = eventually(lambda: stream_of(any_api, "audit-01"), lambda stream: stream["repeated"] == 30)
    counted = {key: found[key] for key in ("watermark", "ranges", "events_stored", "rows_stored")}
    assert counted == {"watermark": 50, "ranges": [[56, 57]], "events_stored": 32, "rows_stored": 20}
    assert [repeated[key] for key in ("events_stored", "duplicated", "skipped", "dead_lettered")] == [
        32,
        0,
        0,
        0,
    ]


def test_streams_page_and_count_only_what_they_show(
    any_server: AggregatorServer, any_api: httpx.Client
) -> None:
    for number in range(3):
        with any_server.node(f"many-{number:02}") as node:
            node.send_events([{}] * (number + 1))
    eventually(lambda: stream_of(any_api, "many-02"), lambda stream: stream.get("events_stored") == 3)
    counted: dict[str, int] = {}
    cursor = None
    while True:
        params = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = any_api.get("/api/v1/streams", params=params).json()
        counted |= {item["node"]: item["events_stored"] for item in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert {node: counted[node] for node in counted if node.startswith("many-")} == {
        "many-00": 1,
        "many-01": 2,
        "many-02": 3,
    }


def test_poison_is_listed_with_its_bytes_and_the_reason(
    any_server: AggregatorServer, any_api: httpx.Client
) -> None:
    with any_server.node("poison-01") as node:
        node.send_raw(UpChannel.EVENTS, b"\x09\x00whatever")
        node.send_events([{}])
        letters = eventually(
            lambda: any_api.get("/api/v1/dead-letters", params={"node": "poison-01"}).json()["items"],
            lambda items: len(items) == 1,
        )
        stored = eventually(
            lambda: stream_of(any_api, "poison-01"), lambda stream: stream.get("watermark") == 1
        )
    assert letters[0]["reason"] == "newer_major"
    assert base64.b64decode(letters[0]["payload_base64"]) == b"\x09\x00whatever"
    assert stored["events_stored"] == 1
    older = any_api.get("/api/v1/dead-letters", params={"limit": 1}).json()
    assert [item["id"] for item in older["items"]] == [letters[0]["id"]]
