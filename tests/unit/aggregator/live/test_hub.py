import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import Raw

from aggregator.live.hub import RELOAD, LiveHub
from aggregator.live.update import MAX_NODES, MOST_ALARMS, NEWEST, Counts, Placed


def tell(hub: LiveHub, *numbers: int) -> None:
    hub.note_events({"line_crossed": len(numbers)}, 0, [b'{"n":%d}' % n for n in numbers], [], {})


async def hello(feed: AsyncIterator[bytes]) -> str:
    """Read the beginning of a feed; gives its position."""
    first = (await anext(feed)).decode()
    assert await anext(feed) == b"event: hello\ndata: {}\n\n"
    return first.partition("id: ")[2].strip()


def data_of(frame: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(frame.partition(b"data: ")[2])
    return found


def test_nothing_stored_makes_no_update() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        hub.tick()
        assert hub.position == "e-0"

    asyncio.run(run())


def test_a_follower_gets_each_update_as_it_is_made() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        feed = hub.follow(None)
        assert await hello(feed) == "e-0"
        tell(hub, 1, 2)
        hub.tick()
        assert data_of(await anext(feed))["events"] == [{"n": 2}, {"n": 1}]
        hub.note_node("a", b'{"node":"a"}')
        hub.tick()
        assert data_of(await anext(feed))["nodes"] == [{"node": "a"}]
        hub.close()
        assert [frame async for frame in feed] == []

    asyncio.run(run())


def test_a_slow_follower_gets_one_joined_update() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        feed = hub.follow(None)
        await hello(feed)
        for number in range(5):
            tell(hub, number)
            hub.tick()
        frame = await anext(feed)
        assert frame.startswith(b"id: e-5\n")
        assert data_of(frame)["counts"]["events"] == 5
        assert [each["n"] for each in data_of(frame)["events"]] == [4, 3, 2, 1, 0]

    asyncio.run(run())


def test_who_comes_back_goes_on_from_the_position() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        for number in range(3):
            tell(hub, number)
            hub.tick()
        feed = hub.follow("e-1")
        assert await hello(feed) == "e-1"
        assert [each["n"] for each in data_of(await anext(feed))["events"]] == [2, 1]

    asyncio.run(run())


@pytest.mark.parametrize("position", ["e-0", "other-4", "e-9", "e--1", "e-", "", "e-²", "e-" + "9" * 40])
def test_who_was_away_too_long_or_comes_from_elsewhere_is_told_to_reload(position: str) -> None:
    async def run() -> None:
        hub = LiveHub("e", kept=3)
        for number in range(5):
            tell(hub, number)
            hub.tick()
        feed = hub.follow(position)
        assert await hello(feed) == "e-5"
        assert [frame async for frame in feed] == [RELOAD]

    asyncio.run(run())


def test_a_follower_that_slept_past_what_is_kept_is_told_to_reload() -> None:
    async def run() -> None:
        hub = LiveHub("e", kept=3)
        feed = hub.follow(None)
        await hello(feed)
        for number in range(5):
            tell(hub, number)
            hub.tick()
        assert [frame async for frame in feed] == [RELOAD]

    asyncio.run(run())


def test_pending_events_are_bounded_and_counted() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        feed = hub.follow(None)
        await hello(feed)
        tell(hub, *range(2 * NEWEST))
        hub.note_measurements({"flow": 7})
        hub.tick()
        update = data_of(await anext(feed))
        assert (len(update["events"]), update["dropped"]) == (NEWEST, NEWEST)
        assert update["counts"]["measurements"] == 7
        assert update["measured"] == ["flow"]

    asyncio.run(run())


def test_a_follower_of_some_nodes_hears_and_counts_nothing_of_the_others() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        everything, own = hub.follow(None), hub.follow(None, frozenset({"ours"}))
        await hello(everything)
        await hello(own)
        hub.note_events(
            {"intruded": 3},
            3,
            [b'{"node":"ours","n":1}', b'{"node":"theirs","n":2}'],
            [b'{"node":"theirs","n":2}'],
            {
                "ours": Counts(events=1, alarms=1, by_kind={"intruded": 1}),
                "theirs": Counts(events=2, alarms=2, by_kind={"intruded": 2}),
            },
        )
        hub.note_node("theirs", b'{"node":"theirs"}')
        hub.tick()
        assert data_of(await anext(everything))["counts"]["events"] == 3
        assert data_of(await anext(own)) == {
            "events": [{"node": "ours", "n": 1}],
            "alarms": [],
            "dropped": 0,
            "nodes": [],
            "counts": {"events": 1, "alarms": 1, "measurements": 0, "by_kind": {"intruded": 1}},
            "measured": [],
            "alarm_changes": [],
            "alarms_stale": False,
        }

    asyncio.run(run())


def placed(area: str, number: int) -> Placed:
    return Placed(area, "police", "yard", Raw(b'{"n":%d}' % number))


def test_alarms_are_told_as_they_are_last_and_to_those_alone_who_see_them() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        everything, own = hub.follow(None), hub.follow(None, None, lambda alarm: alarm.area == "ours")
        alone = hub.follow(None, frozenset(), lambda alarm: alarm.area == "ours")
        for feed in (everything, own, alone):
            await hello(feed)
        hub.note_alarms({"a": placed("ours", 1), "b": placed("theirs", 2)}, are_all=True)
        hub.note_alarms({"a": placed("ours", 3)}, are_all=True)
        hub.note_measurements({"flow": 7})
        hub.tick()
        assert data_of(await anext(everything))["alarm_changes"] == [{"n": 2}, {"n": 3}]
        update = data_of(await anext(own))
        assert (update["alarm_changes"], update["measured"]) == ([{"n": 3}], ["flow"])
        update = data_of(await anext(alone))
        assert (update["alarm_changes"], update["measured"]) == ([{"n": 3}], [])

    asyncio.run(run())


def test_of_too_many_alarms_the_last_are_shown_and_the_listing_is_said_to_be_needed() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        feed = hub.follow(None)
        await hello(feed)
        hub.note_alarms({str(n): placed("ours", n) for n in range(MOST_ALARMS + 5)}, are_all=True)
        hub.tick()
        update = data_of(await anext(feed))
        assert [each["n"] for each in update["alarm_changes"]] == list(range(5, MOST_ALARMS + 5))
        assert update["alarms_stale"]

    asyncio.run(run())


def test_a_follower_of_some_nodes_reloads_when_too_many_spoke_to_tell_them_apart() -> None:
    async def run() -> None:
        hub = LiveHub("e")
        own = hub.follow(None, frozenset({"ours"}))
        await hello(own)
        crowd = {f"node-{number}": Counts(events=1) for number in range(MAX_NODES + 1)}
        hub.note_events({"intruded": len(crowd)}, 0, [], [], crowd)
        hub.tick()
        assert await anext(own) == RELOAD

    asyncio.run(run())
