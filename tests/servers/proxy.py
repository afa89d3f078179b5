"""A TCP proxy on loopback that breaks the network between a client and a server.

It runs in a thread of its own; all verbs may be called from any thread and have taken effect on return.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from servers.ports import LOOPBACK, free_port

CHUNK_BYTES = 65_536
CHUNKS_UNDER_WAY = 256
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Link:
    """One client's connection and ours to the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class FaultyProxy:
    """Forwards `port` to `target_port` until told otherwise; a context manager.

    cut() resets every connection and refuses new ones; freeze() lets nothing pass and closes nothing;
    half_open() resets the server's side of live connections and tells the client nothing; delay(s) holds each
    chunk back one way; restore() ends cut, freeze and delay.
    """

    def __init__(self, target_port: int, *, port: int | None = None) -> None:
        self.target_port = target_port
        self.port = port or free_port()
        self.bytes_passed = 0
        self.connections_made = 0
        self._delay_s = 0.0
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._listener: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """Where MQTT clients connect to go through the proxy."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._call(self._cut())

    def freeze(self) -> None:
        """Let nothing pass in either direction and close nothing: what a dead radio link looks like."""
        self._call(self._do(self._flowing.clear))

    def half_open(self) -> None:
        """Reset the server's side of live connections; their clients hear nothing. New ones work."""
        self._call(self._half_open())

    def delay(self, seconds: float) -> None:
        """Hold each chunk back by `seconds` one way, in order."""
        self._call(self._do(lambda: setattr(self, "_delay_s", seconds)))

    def restore(self) -> None:
        """End cut, freeze and delay."""
        self._call(self._restore())

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return len(self._links)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _do(self, action: Callable[[], None]) -> None:
        action()

    async def _listen(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _restore(self) -> None:
        self._delay_s = 0.0
        self._flowing.set()
        await self._listen()

    async def _cut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for link in list(self._links):
            self._drop(link)
        await asyncio.sleep(0)

    async def _close(self) -> None:
        await self._cut()
        pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _half_open(self) -> None:
        for link in list(self._links):
            for task in link.tasks:
                task.cancel()
            _reset(link.server)

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(LOOPBACK, self.target_port)
        except OSError:
            _reset(to_client)
            return
        for writer in (to_client, to_server):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections_made += 1
        link = _Link(to_client, to_server)
        self._links.add(link)
        link.tasks = [
            asyncio.create_task(self._pump(link, from_client, to_server)),
            asyncio.create_task(self._pump(link, from_server, to_client)),
        ]

    async def _pump(self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry one direction until its end, then end the link; a cancelled pump leaves it as it is."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_UNDER_WAY)
        delivering = asyncio.create_task(self._deliver(under_way, sink))
        link.tasks.append(delivering)
        with contextlib.suppress(OSError):
            while chunk := await source.read(CHUNK_BYTES):
                await self._flowing.wait()
                await under_way.put((self._loop.time() + self._delay_s, chunk))
        await under_way.put((self._loop.time() + self._delay_s, b""))
        await asyncio.wait([delivering])
        self._drop(link)

    async def _deliver(
        self, under_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, chunk = await under_way.get()
                if (wait_s := due - self._loop.time()) > 0:
                    await asyncio.sleep(wait_s)
                await self._flowing.wait()
                if not chunk:
                    return
                sink.write(chunk)
                await sink.drain()
                self.bytes_passed += len(chunk)

    def _drop(self, link: _Link) -> None:
        self._links.discard(link)
        current = asyncio.current_task()
        for task in link.tasks:
            if task is not current:
                task.cancel()
        _reset(link.client)
        _reset(link.server)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, so that no side waits for the other."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    writer.transport.abort()
