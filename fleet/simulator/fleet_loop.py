"""All simulated connections in one thread: a selector, and the nodes' own due times.

Invariant: one thread touches every client, so nothing here is locked.
"""

from __future__ import annotations

import heapq
import selectors
import time
from typing import Final

import paho.mqtt.client as mqtt

from fleet.simulator.connection import ConnectionRefusedByBrokerError, NodeConnection

_MISC_EVERY_S: Final = 1.0
_CONNECT_S: Final = 30.0
_LONGEST_WAIT_S: Final = 0.05


class FleetLoop:
    """Drives connections: reads, writes, keepalive, reconnects, and the pace of the nodes."""

    def __init__(self, connections: list[NodeConnection]) -> None:
        """Take connections that are not open yet."""
        self._connections = connections
        self._selector = selectors.DefaultSelector()
        self._next_misc_s = 0.0
        self._retry_at_s = dict.fromkeys(range(len(connections)), 0.0)
        self._due: list[tuple[float, int]] = []
        for connection in connections:
            connection.watch(self)

    def open(self) -> None:
        """Connect all; raises ConnectionRefusedByBrokerError when one is refused or nobody answers."""
        for connection in self._connections:
            connection.connect()
        deadline_s = time.monotonic() + _CONNECT_S
        while not all(connection.ready for connection in self._connections):
            self._turn(time.monotonic())
            refused = next((c for c in self._connections if c.failure), None)
            if refused is not None:
                raise ConnectionRefusedByBrokerError(f"{refused.node.node}: {refused.failure}")
            if time.monotonic() > deadline_s:
                raise ConnectionRefusedByBrokerError(f"not all nodes were let in within {_CONNECT_S:g} s")

    def run(self, seconds: float) -> None:
        """Make and publish facts for `seconds`."""
        end_s = time.monotonic() + seconds
        self._due = [(c.node.next_due_s, index) for index, c in enumerate(self._connections)]
        heapq.heapify(self._due)
        while (now_s := time.monotonic()) < end_s:
            self._make_due(now_s)
            self._turn(now_s)

    def drain(self, timeout_s: float) -> bool:
        """Make nothing more, and wait until everything is settled; False when time ran out."""
        self._due = []
        end_s = time.monotonic() + timeout_s
        while any(c.node.outbox_facts for c in self._connections):
            now_s = time.monotonic()
            if now_s > end_s:
                return False
            self._turn(now_s)
            for connection in self._connections:
                connection.publish_waiting(now_s)
        return True

    def close(self) -> None:
        """Disconnect all."""
        for connection in self._connections:
            connection.client.disconnect()
        self._selector.close()

    def _make_due(self, now_s: float) -> None:
        now_ms = time.time_ns() // 1_000_000
        while self._due and self._due[0][0] <= now_s:
            index = self._due[0][1]
            connection = self._connections[index]
            connection.node.make_due(now_s, now_ms)
            connection.publish_waiting(now_s)
            heapq.heapreplace(self._due, (connection.node.next_due_s, index))

    def _turn(self, now_s: float) -> None:
        """One round: misc once a second, then whatever sockets have."""
        if now_s >= self._next_misc_s:
            self._next_misc_s = now_s + _MISC_EVERY_S
            self._misc(now_s)
        wait_s = min(max(self._due[0][0] - now_s, 0.0), _LONGEST_WAIT_S) if self._due else _LONGEST_WAIT_S
        for key, mask in self._selector.select(wait_s):
            connection: NodeConnection = key.data
            if mask & selectors.EVENT_READ:
                connection.client.loop_read()
            if mask & selectors.EVENT_WRITE:
                connection.client.loop_write()
            connection.publish_waiting(now_s)

    def _misc(self, now_s: float) -> None:
        for index, connection in enumerate(self._connections):
            connection.client.loop_misc()
            connection.node.resend(now_s)
            connection.publish_waiting(now_s)
            if not connection.client.is_connected() and connection.ready and now_s >= self._retry_at_s[index]:
                self._retry_at_s[index] = now_s + 1.0 + (index % 10) / 10
                try:
                    connection.connect()
                except ConnectionRefusedByBrokerError:
                    continue

    def opened(self, connection: NodeConnection, sock: mqtt.SocketLike) -> None:
        """Begin to wait for what comes."""
        self._selector.register(sock, selectors.EVENT_READ, connection)

    def closed(self, sock: mqtt.SocketLike) -> None:
        """Forget a socket that is about to close."""
        self._selector.unregister(sock)

    def writes(self, connection: NodeConnection, sock: mqtt.SocketLike, *, wanted: bool) -> None:
        """Begin or cease to wait for room to write."""
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        self._selector.modify(sock, mask, connection)
