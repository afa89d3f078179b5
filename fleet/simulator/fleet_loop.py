"""All simulated connections in one thread: a selector, and the nodes' own due times.

Invariant: one thread touches every connection, so nothing here is locked.
"""

import contextlib
import heapq
import select
import time
from typing import Final

from fleet.simulator.connection import ConnectionRefusedByBrokerError, NodeConnection

_MISC_EVERY_S: Final = 0.5
_CONNECT_S: Final = 30.0
_LONGEST_WAIT_S: Final = 0.05
_MAKING_S: Final = 0.01


class FleetLoop:
    """Drives connections: reads, writes, keepalive, reconnects, and the pace of the nodes."""

    def __init__(self, connections: list[NodeConnection]) -> None:
        """Take connections that are not open yet."""
        self._connections = connections
        self._poll = select.epoll()
        self._by_fd: dict[int, NodeConnection] = {}
        self._wants_write: set[int] = set()
        self._next_misc_s = 0.0
        self._due: list[tuple[float, int]] = []
        for connection in connections:
            connection.closing = self._forget

    def open(self, timeout_s: float = _CONNECT_S) -> None:
        """Connect all, and wait until the aggregator has told each node where its stream stands.

        Raises:
            ConnectionRefusedByBrokerError: a node was refused, or nobody answers.
        """
        for connection in self._connections:
            connection.connect(time.monotonic())
            self._mind(connection)
        deadline_s = time.monotonic() + timeout_s
        while not all(connection.ready and connection.greeted for connection in self._connections):
            self.turn(time.monotonic())
            refused = next((c for c in self._connections if c.failure), None)
            if refused is not None:
                raise ConnectionRefusedByBrokerError(f"{refused.node.node}: {refused.failure}")
            if time.monotonic() > deadline_s:
                raise ConnectionRefusedByBrokerError(
                    f"not every node was let in and greeted within {timeout_s:g} s:"
                    " is an aggregator ingesting from this broker?"
                )

    def run(self, seconds: float) -> None:
        """Make and publish facts for `seconds`."""
        end_s = time.monotonic() + seconds
        self._due = [(c.node.next_due_s, index) for index, c in enumerate(self._connections)]
        heapq.heapify(self._due)
        while (now_s := time.monotonic()) < end_s:
            self._make_due(now_s)
            self.turn(now_s)

    def drain(self, timeout_s: float) -> bool:
        """Make nothing more, and wait until everything is settled; False when time ran out."""
        self._due = []
        end_s = time.monotonic() + timeout_s
        while any(c.node.outbox_facts for c in self._connections):
            now_s = time.monotonic()
            if now_s > end_s:
                return False
            self.turn(now_s)
        return True

    def close(self) -> None:
        """Disconnect all."""
        for connection in self._connections:
            connection.close()
        self._poll.close()

    def turn(self, now_s: float) -> None:
        """One round: what is due now and then, then whatever sockets have."""
        if now_s >= self._next_misc_s:
            self._next_misc_s = now_s + _MISC_EVERY_S
            self._misc(now_s)
        wait_s = min(max(self._due[0][0] - now_s, 0.0), _LONGEST_WAIT_S) if self._due else _LONGEST_WAIT_S
        ready = self._poll.poll(wait_s)
        now_s = time.monotonic()
        for fd, mask in ready:
            connection = self._by_fd.get(fd)
            if connection is None:
                continue
            if mask & ~select.EPOLLOUT:  # errors and hang-ups show at the read
                connection.read(now_s)
            if connection.unsent:
                connection.write(now_s)
            connection.publish_waiting(now_s)
            self._mind(connection)

    def _make_due(self, now_s: float) -> None:
        """Make what is due, but not for so long that what comes has to wait."""
        now_ms = time.time_ns() // 1_000_000
        stop_s = now_s + _MAKING_S
        while self._due and self._due[0][0] <= now_s and time.monotonic() < stop_s:
            index = self._due[0][1]
            connection = self._connections[index]
            connection.node.make_due(now_s, now_ms)
            connection.publish_waiting(now_s)
            self._mind(connection)
            heapq.heapreplace(self._due, (connection.node.next_due_s, index))

    def _misc(self, now_s: float) -> None:
        for connection in self._connections:
            connection.misc(now_s)
            self._mind(connection)

    def _mind(self, connection: NodeConnection) -> None:
        """Watch an open socket, for writing only while something waits to be written."""
        sock = connection.socket
        if sock is None:
            return
        fd = sock.fileno()
        if self._by_fd.get(fd) is not connection:
            self._by_fd[fd] = connection
            self._poll.register(fd, select.EPOLLIN | (select.EPOLLOUT if connection.unsent else 0))
            if connection.unsent:
                self._wants_write.add(fd)
            return
        if connection.unsent != (fd in self._wants_write):
            self._poll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if connection.unsent else 0))
            if connection.unsent:
                self._wants_write.add(fd)
            else:
                self._wants_write.discard(fd)

    def _forget(self, connection: NodeConnection) -> None:
        """Let go of a socket that is about to close."""
        sock = connection.socket
        if sock is None:
            return
        fd = sock.fileno()
        if self._by_fd.pop(fd, None) is not None:
            self._wants_write.discard(fd)
            with contextlib.suppress(OSError):
                self._poll.unregister(fd)
