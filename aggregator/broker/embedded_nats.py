"""The embedded broker: a supervised nats-server whose accounts the aggregator keeps.

Invariants: credentials that `ensure_node` returned are on disk and live on the server; a server that ends by
itself is started again with a growing delay; the queue is bounded before the first client after each start
(nats_queue says why). Threads: one, ``broker-supervisor``, from `start` to `stop`.
"""

import logging
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from aggregator.broker.accounts import Account, NodeCredentials, client_id
from aggregator.broker.credentials import CredentialStore, write_private
from aggregator.broker.log_tail import LogTail
from aggregator.broker.mqtt_connect import ConnectAnswer, MqttAddress, connect_clean
from aggregator.broker.nats_config import LOOPBACK, NatsSettings, render_config, render_users
from aggregator.broker.nats_queue import bound_queue
from aggregator.broker.nats_server import NatsServer, find_binary
from aggregator.broker.retained import count_retained
from aggregator.broker.violations import PermissionViolation, parse_nats_line
from aggregator.errors import AggregatorError, BrokerError

FIRST_DELAY_S: Final = 0.1
LONGEST_DELAY_S: Final = 30.0
STEADY_AFTER_S: Final = 60.0
_LOWEST_PORT: Final = 20_000
_RETAINED_ATTEMPTS: Final = 5
_RETAINED_PATIENCE_S: Final = 0.3
_PORTS: Final = 12_000

_log = logging.getLogger(__name__)


def restart_delay_s(last_s: float, uptime_s: float) -> float:
    """Return how long to wait before the next start: doubling, anew after a minute of service."""
    if last_s == 0 or uptime_s >= STEADY_AFTER_S:
        return FIRST_DELAY_S
    return min(last_s * 2, LONGEST_DELAY_S)


class EmbeddedNats:
    """nats-server with its files under `directory`; a context manager, or `start` and `stop`.

    `port` is MQTT's, 0 takes a free one. Other hosts are reached only when `host` says so.
    """

    def __init__(
        self, directory: Path, *, port: int = 1883, host: str = LOOPBACK, queue_mib: int = 2048
    ) -> None:
        mqtt_port = port or free_ports(1)[0]
        self._settings = NatsSettings(
            directory=directory.absolute(),
            mqtt_port=mqtt_port,
            client_port=0,
            monitor_port=0,
            monitor_path="",
            mqtt_host=host,
            queue_mib=queue_mib,
        )
        self._address = MqttAddress(LOOPBACK if host == "0.0.0.0" else host, mqtt_port)  # noqa: S104  compared
        self._store = CredentialStore(self._settings.directory)
        self._server: NatsServer | None = None
        self._changing = threading.RLock()
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None
        self._tail: LogTail | None = None

    @property
    def url(self) -> str:
        """Where MQTT clients connect."""
        return self._address.url

    @property
    def settings(self) -> NatsSettings:
        """Ports and files of the server; its inner ports and path are new at each start."""
        return self._settings

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return None if self._server is None else self._server.pid

    @property
    def aggregator_credentials(self) -> NodeCredentials:
        """The aggregator's own account."""
        return self._store.accounts.aggregator.credentials

    @property
    def tap_credentials(self) -> NodeCredentials:
        """The account that reads all traffic and writes nothing."""
        return self._store.accounts.tap.credentials

    def start(self) -> None:
        """Start the server and its supervision; returns when it serves."""
        if self._supervisor is not None:
            return
        self._store.open()
        try:
            self._tail = LogTail(self._settings.log_path)
            server = self._start_server()
        except AggregatorError:
            self._store.close()
            raise
        self._stopping.clear()
        self._supervisor = threading.Thread(
            target=self._supervise, args=(server,), name="broker-supervisor", daemon=True
        )
        self._supervisor.start()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End supervision and server; `number` is the signal that the server gets."""
        self._stopping.set()
        with self._changing:
            if self._server is not None:
                self._server.stop(number)
        if self._supervisor is not None:
            self._supervisor.join()
            self._supervisor = None
        if self._tail is not None:
            self._tail.close()
        self._store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ensure_node(self, node_id: str) -> NodeCredentials:
        """Return the node's credentials, live on the server; ``TopicError`` for a bad id."""
        return self.ensure_nodes([node_id])[0]

    def ensure_nodes(self, node_ids: Iterable[str]) -> list[NodeCredentials]:
        """Return the credentials of many nodes after one reload."""
        wanted = list(node_ids)
        with self._changing:
            if self._store.ensure(wanted):
                self._write_users()
                self._reload()
            nodes = self._store.accounts.nodes
            return [nodes[node_id].credentials for node_id in wanted]

    def revoke_node(self, node_id: str) -> bool:
        """Take the account away, which cuts its live session at once, and wipe what the session kept."""
        with self._changing:
            gone = self._store.revoke(node_id)
            if gone is None:
                return False
            self._write_users()
            self._reload()
            self._wipe_session(gone)
            return True

    def violations(self) -> list[PermissionViolation]:
        """Return what clients tried beyond their rights since the last call, oldest first."""
        with self._changing:
            if self._tail is None:
                return []
            logged = [each for line in self._tail.lines() if (each := parse_nats_line(line)) is not None]
            server = self._server
        users: dict[tuple[int, str], str | None] = {}
        for each in logged:
            key = (each.connection, each.client_id)
            if key not in users:
                users[key] = None if server is None else server.user_of(*key)
        return [each.by(users[each.connection, each.client_id]) for each in logged]

    def _start_server(self) -> NatsServer:
        """Write what the server reads, start it on new inner ports and bound its queue."""
        client_port, monitor_port = free_ports(2)
        self._settings = replace(
            self._settings,
            client_port=client_port,
            monitor_port=monitor_port,
            monitor_path=f"/{secrets.token_urlsafe(24)}",
        )
        write_private(self._settings.config_path, render_config(self._settings).encode())
        self._write_users()
        server = NatsServer(self._settings, find_binary())
        server.start()
        try:
            bound_queue(client_port, self._store.accounts.keeper, self._settings.queue_bytes)
        except BrokerError:
            server.stop()
            raise
        self._wait_for_retained(server)
        self._server = server
        return server

    def _wait_for_retained(self, server: NatsServer) -> None:
        """Be the first MQTT client, until a newcomer is told every retained message.

        nats-server loads them when the first client comes, and tells those who subscribe meanwhile none
        (measured on 2.15.1: the first subscriber after 5 of 80 restarts).
        """
        expected = server.retained_messages()
        tap = self._store.accounts.tap.credentials
        for attempt in range(_RETAINED_ATTEMPTS):
            newcomer = replace(tap, client_id=f"{tap.client_id}-first-{attempt}")
            told = count_retained(
                self._address, newcomer, enough=expected, patience_s=_RETAINED_PATIENCE_S * (attempt + 1)
            )
            if told >= expected:
                return
        _log.warning("the broker tells newcomers %d of its %d retained messages", told, expected)

    def _write_users(self) -> None:
        write_private(self._settings.users_path, render_users(self._store.accounts).encode())

    def _reload(self) -> None:
        """Make the accounts live; a server that is down reads them when it is started again."""
        if self._server is None or self._supervisor is None:
            return
        try:
            self._server.reload()
        except BrokerError:
            if self._server.is_healthy():
                raise
            _log.warning("the broker is down; it takes the changed accounts when it is back")

    def _wipe_session(self, gone: Account) -> None:
        """Wipe the session of a client id that nobody will use again, as the aggregator's user."""
        ours = self._store.accounts.aggregator
        taken = NodeCredentials(ours.user, ours.password, client_id(gone.user, gone.password))
        if connect_clean(self._address, taken) is not ConnectAnswer.ACCEPTED:
            _log.warning("the session of revoked node %s was not wiped; it holds no rights", gone.user)

    def _supervise(self, server: NatsServer) -> None:
        delay_s = 0.0
        started = time.monotonic()
        while True:
            code = server.wait()
            if self._stopping.is_set():
                return
            _log.error("the broker ended with %s:\n%s", code, server.log_tail())
            while True:
                delay_s = restart_delay_s(delay_s, time.monotonic() - started)
                _log.warning("starting the broker again in %.1f s", delay_s)
                if self._stopping.wait(delay_s):
                    return
                started = time.monotonic()
                again = self._start_again()
                if again is not None:
                    server = again
                    break

    def _start_again(self) -> NatsServer | None:
        with self._changing:
            if self._stopping.is_set():
                return None
            try:
                return self._start_server()
            except AggregatorError:
                _log.exception("the broker did not start")
                return None


def free_ports(count: int) -> list[int]:
    """Return different loopback ports that nothing listens on.

    They lie below the kernel's ephemeral range: a client that keeps reconnecting to a dead port inside it can
    connect to itself, and keep the server from coming back.
    """
    free: list[int] = []
    while len(free) < count:
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        if port not in free:
            free.append(port)
    return free
