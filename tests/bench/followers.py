"""Many consoles that speak the live feed's protocol and draw nothing, in one thread with an event loop.

A follower that is cut comes back with the position of the last update that it read, as a browser does.
"""

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import Self

import httpx
import msgspec

AWAY_S = 0.6


class _Alarm(msgspec.Struct, frozen=True):
    id: str


class _Counts(msgspec.Struct, frozen=True):
    events: int = 0


class _Update(msgspec.Struct, frozen=True):
    counts: _Counts
    alarm_changes: tuple[_Alarm, ...] = ()
    alarms_stale: bool = False


_decoder = msgspec.json.Decoder(_Update)


@dataclass(slots=True)
class Follower:
    """What one console heard: events counted, when it first heard of each alarm, when updates came."""

    cut_every_s: float | None = None
    position: str = ""
    is_open: bool = False
    counted: int = 0
    cuts: int = 0
    reloads: int = 0
    alarms_ms: dict[str, float] = field(default_factory=dict)
    updates_s: list[float] = field(default_factory=list)

    async def follow(self, client: httpx.AsyncClient) -> None:
        """Until cancelled; every `cut_every_s` it is cut and stays away for a while."""
        while True:
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                async with asyncio.timeout(self.cut_every_s):
                    await self._read(client)
            self.cuts += 1
            await asyncio.sleep(AWAY_S)

    async def _read(self, client: httpx.AsyncClient) -> None:
        headers = {"Last-Event-ID": self.position} if self.position else {}
        async with client.stream("GET", "/api/v1/live", headers=headers) as answer:
            answer.raise_for_status()
            position, kind = "", ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                match name:
                    case "id":
                        position = value
                    case "event":
                        kind = value
                    case "data":
                        self._take(kind, position, value)

    def _take(self, kind: str, position: str, data: str) -> None:
        self.is_open = True
        if kind == "reload":
            self.reloads += 1
            self.position = ""
            return
        self.position = position
        if kind != "update":
            return
        update = _decoder.decode(data)
        now_ms = time.time_ns() / 1e6
        self.updates_s.append(time.monotonic())
        self.counted += update.counts.events
        for alarm in update.alarm_changes:
            self.alarms_ms.setdefault(alarm.id, now_ms)


class Followers:
    """`count` of them on the server at `url`; every eighth is cut every `cut_every_s`."""

    def __init__(self, url: str, key: str, count: int, cut_every_s: float) -> None:
        self.every = [Follower(cut_every_s if number % 8 == 0 else None) for number in range(count)]
        self._url = url
        self._key = key
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="followers")
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        self._thread.join()

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                self._task = self._loop.create_task(self._follow())
                self._loop.run_until_complete(self._task)
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    async def _follow(self) -> None:
        limits = httpx.Limits(max_connections=None)
        headers = {"Authorization": f"Bearer {self._key}"}
        async with (
            httpx.AsyncClient(
                base_url=self._url, headers=headers, timeout=60, trust_env=False, limits=limits
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            for follower in self.every:
                group.create_task(follower.follow(client))
