"""The real `aggregator serve` with its embedded broker, and a node that speaks to it."""

import itertools
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from servers.mqtt import MqttClient
from servers.ports import free_port
from servers.process import ServerProcess

from aggregator.broker.accounts import NodeCredentials
from fleet.wire import topics
from fleet.wire.codec import Codec
from fleet.wire.messages import (
    CameraState,
    Event,
    EventBatch,
    MeasurementBatch,
    MeasurementRow,
    NodeState,
)
from fleet.wire.topics import UpChannel


class AggregatorServer(ServerProcess):
    """One server process; `database_url` empty is SQLite in its directory; `more` follows its sections."""

    name = "aggregator"
    ready_timeout_s = 60.0

    def __init__(self, directory: Path, *, database_url: str = "", more: str = "") -> None:
        super().__init__(directory)
        self._more = more
        self.broker_port = free_port()
        self.data_dir = directory / "data"
        self._database_url = database_url
        self._starts = 0
        self._password: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        config = self.directory / "aggregator.toml"
        config.write_text(
            f'[server]\nport = {self.port}\ndata_dir = "{self.data_dir}"\n'
            f'[database]\nurl = "{self._database_url}"\n[broker]\nport = {self.broker_port}\n{self._more}'
        )
        self._starts += 1
        return [sys.executable, "-m", "aggregator.app", "serve", "--config", str(config)]

    def is_ready(self) -> bool:
        return self.log().count('{"ready": true') >= self._starts

    def api_key(self) -> str:
        return (self.data_dir / "api-key").read_text().strip()

    def first_password(self) -> str:
        lines = (self.data_dir / "first-login.txt").read_text().splitlines()
        return next(line.split()[1] for line in lines if line.startswith("password:"))

    def password(self) -> str:
        """The administrator's own password, chosen in the place of the first one when first asked for."""
        if self._password is None:
            wanted = "bốn con mèo trên mái nhà"
            with httpx.Client(base_url=self.url, timeout=30) as console:
                first = {"name": "admin", "password": self.first_password()}
                assert console.post("/console/sign-in", data=first).status_code == 303
                token = console.get("/api/v1/me").json()["csrf"]
                changed = console.post(
                    "/api/v1/me/password",
                    json={"current": first["password"], "wanted": wanted},
                    headers={"X-CSRF-Token": token},
                )
                assert changed.status_code == 204, changed.text
            self._password = wanted
        return self._password

    def client(self, **headers: str) -> httpx.Client:
        """An HTTP client with the first key; pass headers to change them."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.api_key()}"} | headers, timeout=30
        )

    def node(self, name: str) -> "SpeakingNode":
        """Register a node and connect it."""
        with self.client() as client:
            made = client.post("/api/v1/nodes", json={"ids": [name]})
            made.raise_for_status()
        return SpeakingNode(made.json()["items"][0])


class SpeakingNode:
    """A node's side of the wire, without an outbox; leaving without `say_goodbye` cuts the line."""

    _sessions = itertools.count(1)

    def __init__(self, account: dict[str, Any]) -> None:
        self.name: str = account["node"]
        self.stream = os.urandom(8)
        self.seq = 0
        self.session = next(self._sessions)
        self._codec = Codec()
        self.account = account
        self.client = MqttClient(
            account["broker_url"],
            NodeCredentials(account["user"], account["password"], account["client_id"]),
            will=(topics.up(self.name, UpChannel.STATE), self._state("gone", at_ms=now_ms() - 1)),
        )

    def connect(self) -> Self:
        answer = self.client.connect()
        assert answer.refusal is None, answer.refusal
        return self

    def say(self, phase: str, **fields: Any) -> None:
        self._publish(UpChannel.STATE, self._state(phase, **fields))

    def send_events(self, events: Sequence[dict[str, Any]]) -> list[str]:
        """Publish events and return their public ids."""
        made = []
        for fields in events:
            self.seq += 1
            made.append(Event(**(self._defaults() | fields | {"seq": self.seq})))
        self._publish(UpChannel.EVENTS, self._codec.encode(EventBatch(self.stream, tuple(made))))
        return [f"{self.name}:{self.stream.hex()}:{event.seq}" for event in made]

    def send_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Publish measurement rows, given without their seq."""
        made = []
        for fields in rows:
            self.seq += 1
            made.append(MeasurementRow(self.seq, *fields))
        self._publish(UpChannel.MEASUREMENTS, self._codec.encode(MeasurementBatch(self.stream, tuple(made))))

    def send_raw(self, channel: UpChannel, payload: bytes) -> None:
        self._publish(channel, payload)

    def _publish(self, channel: UpChannel, payload: bytes) -> None:
        assert self.client.publish(
            topics.up(self.name, channel), payload, retain=channel is UpChannel.STATE
        ), "the broker did not acknowledge"

    def _defaults(self) -> dict[str, Any]:
        return {
            "occurred_at_ms": now_ms(),
            "clock": 0,
            "kind": "line_crossed",
            "rule": "gate-count",
            "camera": "cam-01",
            "zone_or_line": "gate",
            "class_name": "person",
            "track_id": 7,
            "score_e3": 812,
            "direction": "forward",
            "box_e4": (1000, 2000, 3000, 4000),
            "model": "ssdlite_mobilenet_v2_coco/int8",
        }

    def _state(self, phase: str, **fields: Any) -> bytes:
        known: dict[str, Any] = {
            "session": self.session,
            "phase": phase,
            "at_ms": now_ms(),
            "clock": 0,
            "stream": self.stream,
            "last_seq": self.seq,
            "agent_version": "0.1.0",
            "cameras": (CameraState("cam-01", "online", 9.8),),
        }
        return self._codec.encode(NodeState(**(known | fields)))

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.client._client._reset_sockets()  # paho keeps its wake-up pair open when the broker cut the line


def now_ms() -> int:
    return int(datetime.now(tz=UTC).timestamp() * 1000)


def ready_line(log: str) -> dict[str, Any]:
    """Parse the last line of readiness in a log."""
    found: dict[str, Any] = json.loads([line for line in log.splitlines() if line.startswith('{"ready"')][-1])
    return found
