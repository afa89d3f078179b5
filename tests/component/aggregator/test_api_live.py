import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
from servers.aggregator import AggregatorServer
from servers.patience import eventually


def frames(answer: httpx.Response) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Id, name and data of each server-sent event."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
            fields = {}


def _first_update(api: httpx.Client, position: str) -> list[str]:
    """Ids of the events in the first update that a console gets which comes back."""
    with api.stream("GET", "/api/v1/live", headers={"Last-Event-ID": position}) as answer:
        feed = frames(answer)
        assert next(feed)[1] == "hello"
        return [each["id"] for each in next(feed)[2]["events"]]


def test_what_is_stored_shows_within_a_second_and_joined(server: AggregatorServer, api: httpx.Client) -> None:
    with server.node("live-01") as node, api.stream("GET", "/api/v1/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        feed = frames(answer)
        assert next(feed)[1] == "hello"
        sent = []
        started = time.monotonic()
        for _ in range(200):
            sent += node.send_events([{"kind": "intruded"}])
        node.say("born")
        seen: list[dict[str, Any]] = []
        counted, dropped, updates = 0, 0, 0
        nodes: set[str] = set()
        for _, name, data in feed:
            assert name == "update"
            updates += 1
            seen += data["events"]
            dropped += data["dropped"]
            counted += data["counts"]["events"]
            nodes |= {each["node"] for each in data["nodes"] if each["status"] == "online"}
            if counted >= 200 and "live-01" in nodes:
                break
        elapsed_s = time.monotonic() - started
    assert counted == len(seen) + dropped == 200
    assert {each["id"] for each in seen} <= set(sent)
    assert updates <= 4 * elapsed_s + 2


def test_who_comes_back_gets_what_was_missed_or_is_told_to_reload(
    server: AggregatorServer, api: httpx.Client
) -> None:
    with server.node("back-01") as node:
        with api.stream("GET", "/api/v1/live") as answer:
            feed = frames(answer)
            next(feed)
            node.send_events([{}])
            position, _, first = next(feed)
        assert first["counts"]["events"] == 1
        missed = node.send_events([{}, {}, {}])
        expected = list(reversed(missed))
        assert eventually(lambda: _first_update(api, position), lambda found: found == expected) == expected
    for stale in ("0000aaaa-1", "nonsense", f"{position.split('-')[0]}-999999"):
        with api.stream("GET", f"/api/v1/live?after={stale}") as answer:
            assert [name for _, name, _ in frames(answer)] == ["hello", "reload"]


def test_a_console_that_does_not_read_slows_nobody(server: AggregatorServer, api: httpx.Client) -> None:
    with server.client() as stuck, server.node("stuck-01") as node, stuck.stream("GET", "/api/v1/live"):
        for _ in range(20):
            node.send_events([{}] * 100)
        with api.stream("GET", "/api/v1/live") as answer:
            feed = frames(answer)
            next(feed)
            node.send_events([{"kind": "loitered"}])
            for _, _, data in feed:
                if any(each["kind"] == "loitered" for each in data["alarms"]):
                    break
