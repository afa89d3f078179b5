"""The uplink thread: sends what the outbox holds, settles what the aggregator confirms, says how the node is.

Invariants: publishes only while connected and at most MAX_INFLIGHT messages deep; holds no fact but those of
the piece at hand; a fact leaves the outbox by the aggregator's watermark alone. At every connection it waits
a moment for the watermark, then sends in order from there; alarms that have just happened go first. Of a file
that an earlier life wrote nothing is sent before the aggregator has said how far it has it.
"""

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final

from edge_agent.backoff import next_delay_s
from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.policy import Verdict
from edge_agent.uplink import batching, resend
from edge_agent.uplink.connection import MAX_INFLIGHT, Connection
from edge_agent.uplink.endpoint import Endpoint
from edge_agent.uplink.errors import BrokerRefusedError, BrokerUnreachableError
from edge_agent.uplink.resend import Allowance, Flight
from edge_agent.uplink.status import ALIVE, BORN, GONE, NodeFigures, state_of
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import HostState, Skipped, Watermark
from fleet.wire.topics import HOST_STATE, DownChannel, UpChannel, down, down_filter, up

log = logging.getLogger(__name__)

DRAIN_PER_S: Final = 2_000.0
GREETING_S: Final = 1.0
SETTLE_S: Final = 0.5
FAREWELL_S: Final = 0.7
STEADY_S: Final = 10.0
_READ: Final = 400
_MESSAGES_A_PIECE: Final = 2
_IDLE_S: Final = 1.0
_SAID: Final = float("inf")
_RETRY_FIRST_S: Final = 2.0
_RETRY_LONGEST_S: Final = 30.0
_REFUSED_FIRST_S: Final = 15.0
_REFUSED_LONGEST_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """How the uplink behaves.

    Attributes:
        node: node id.
        resend_s: silence after which everything is sent again.
        health_s: period of the heartbeat.
        drain_per_s: facts a second at most, so that a fleet's backlogs do not arrive all at once.
        retry_first_s: wait after the first lost connection.
        refused_first_s: wait after the first refusal.
    """

    node: str
    resend_s: float = 30.0
    health_s: float = 30.0
    drain_per_s: float = DRAIN_PER_S
    retry_first_s: float = _RETRY_FIRST_S
    refused_first_s: float = _REFUSED_FIRST_S


class Uplink:
    """Owns the connection to the broker.

    Args:
        settings: how it behaves.
        endpoint: where the broker is.
        outbox: what to send.
        figures: how the node is; called in the uplink's thread.
        rng: jitter.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: UplinkSettings,
        endpoint: Endpoint,
        outbox: Outbox,
        figures: Callable[[], NodeFigures],
        *,
        rng: Random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._outbox = outbox
        self._figures = figures
        self._rng = rng
        self._clock = clock
        self._codec = Codec()
        self._stopped = threading.Event()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self._flights: dict[bytes, Flight] = {}
        self._pending_since_s: dict[bytes, float] = {}
        self._acks: dict[bytes, Watermark] = {}
        self._told: dict[bytes, int] = {}
        self._allowance = Allowance(settings.drain_per_s, settings.drain_per_s, settings.drain_per_s, clock())
        self._subscribed = False
        self._host_online = True
        self._host_session = 0
        self._session = 0
        self._greeted_at_s = 0.0
        self._word_due_s = 0.0
        self._settle_at_s = 0.0
        self._beat_at_s = 0.0
        self._alive_at_s = clock()
        self._problem = "not connected yet"
        self._said = ""
        self._warned: set[Verdict] = set()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._outbox.listen(self.wake)
        self._thread.start()

    def wake(self) -> None:
        """Say that the outbox has something new; never blocks."""
        try:
            self._wake_writer.send(b"\0")
        except (BlockingIOError, OSError):
            return  # it is awake already, or ended

    def stop(self, timeout_s: float = 1.5) -> bool:
        """Send what can still be sent, say goodbye, end; False when the network keeps the thread."""
        self._stopped.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._wake_reader.close()
        self._wake_writer.close()
        return True

    @property
    def problem(self) -> str:
        """Why nothing gets through; empty while connected and confirmed."""
        return self._problem

    def quiet_s(self) -> float:
        """Seconds since the thread last went round; the watchdog asks."""
        return self._clock() - self._alive_at_s

    # Everything below runs in the uplink's thread.

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            began_s = self._clock()
            refused = False
            try:
                self._live()
            except BrokerRefusedError as error:
                refused = True
                self._say(logging.ERROR, str(error))
            except BrokerUnreachableError as error:
                self._say(logging.WARNING, str(error))
            except Exception:
                log.exception("the uplink failed in an unexpected way; it is begun again")
                self._problem = "unexpected failure, see the log"
            if self._stopped.is_set():
                return
            attempt = 0 if self._clock() - began_s >= STEADY_S else attempt + 1
            self._pause(self._delay_s(max(0, attempt - 1), refused=refused))

    def _delay_s(self, attempt: int, *, refused: bool) -> float:
        if refused:
            return next_delay_s(
                attempt, self._rng, first_s=self._settings.refused_first_s, longest_s=_REFUSED_LONGEST_S
            )
        return next_delay_s(
            attempt, self._rng, first_s=self._settings.retry_first_s, longest_s=_RETRY_LONGEST_S
        )

    def _pause(self, delay_s: float) -> None:
        until_s = self._clock() + delay_s
        while (left_s := until_s - self._clock()) > 0 and not self._stopped.wait(min(left_s, _IDLE_S)):
            self._alive_at_s = self._clock()

    def _say(self, level: int, problem: str) -> None:
        """One line a fault, not one a try: a broker may be gone for days."""
        self._problem = problem
        log.log(level if problem != self._said else logging.DEBUG, "%s; trying again", problem)
        self._said = problem

    def _live(self) -> None:
        """One connection from its beginning to its end."""
        self._session = secrets.randbits(62)
        connection = Connection(
            self._endpoint, (self._topic(UpChannel.STATE), self._state(GONE)), self._received
        )
        try:
            session_present = connection.open(self._stopped.is_set)
            if not (session_present and self._subscribed):
                node = self._settings.node
                connection.subscribe([(down_filter(node), 1), (HOST_STATE, 0)], self._stopped.is_set)
                self._subscribed = True
            self._begin(connection)
            while connection.is_open and not self._stopped.is_set():
                self._alive_at_s = self._clock()
                self._turn(connection)
            if connection.is_open:
                self._say_goodbye(connection)
            else:
                raise BrokerUnreachableError(f"{self._endpoint.label}: {connection.why_closed()}")
        except BrokerRefusedError:
            self._subscribed = False
            raise
        finally:
            connection.close(politely=self._stopped.is_set())

    def _begin(self, connection: Connection) -> None:
        now_s = self._clock()
        self._flights.clear()
        self._told.clear()
        self._pending_since_s.clear()
        self._greeted_at_s = now_s + GREETING_S
        self._word_due_s = now_s + self._settings.resend_s
        self._problem = ""
        self._host_session = 0
        self._host_online = True  # until it says otherwise: a broker may have lost what it retained
        connection.publish(self._topic(UpChannel.STATE), self._state(BORN), retain=True)
        self._beat_at_s = now_s + self._settings.health_s
        log.info("connected to %s", self._endpoint.label)
        self._said = ""

    def _turn(self, connection: Connection) -> None:
        """Send what is due, then wait for the network or for something to send."""
        now_s = self._clock()
        if now_s >= self._beat_at_s:
            self._beat_at_s = now_s + self._settings.health_s
            connection.publish(self._topic(UpChannel.STATE), self._state(ALIVE), retain=True)
        self._settle(now_s)
        wait_s = max(0.0, min(_IDLE_S, self._beat_at_s - now_s))
        if now_s >= self._greeted_at_s:
            wait_s = min(wait_s, self._send(connection, now_s))
        else:
            wait_s = min(wait_s, self._greeted_at_s - now_s)
        if self._acks:
            wait_s = min(wait_s, max(0.0, self._settle_at_s - now_s))
        connection.poll(wait_s, self._wake_reader)

    def _send(self, connection: Connection, now_s: float) -> float:
        """Send what is due of every stream; seconds until something will be due."""
        self._allowance = self._allowance.refilled(now_s)
        held = self._outbox.streams()
        streams = [stream for stream in held if not self._outbox.awaits_word(stream)]
        self._mind_word(now_s, missing=len(streams) < len(held))
        for gone in self._flights.keys() - set(streams):
            del self._flights[gone]
            self._told.pop(gone, None)
            self._pending_since_s.pop(gone, None)
        for stream in streams:
            if stream not in self._flights:
                self._flights[stream] = resend.resumed(
                    stream, self._outbox.bounds(stream)[0], now_s, self._settings.resend_s, self._rng
                )
        self._send_alarms(connection, now_s)
        return min((self._send_in_order(connection, stream, now_s) for stream in streams), default=_IDLE_S)

    def _mind_word(self, now_s: float, *, missing: bool) -> None:
        """Say what a stream waits for, once it has waited long; every heartbeat asks for it again."""
        said = self._word_due_s == _SAID
        if said and not missing:
            self._word_due_s = now_s + self._settings.resend_s
            self._problem = ""
        if said or not missing or now_s < self._word_due_s or not self._host_online:
            return
        self._word_due_s = _SAID
        self._problem = (
            "connected, but the aggregator does not say how far it has this node's facts; they wait here:"
            f" check that it runs and that {self._endpoint.user!r} may read its acknowledgements"
        )
        log.warning("%s", self._problem)

    def _send_alarms(self, connection: Connection, now_s: float) -> None:
        """Alarms that have just happened go at once and alone, whatever waits; the rest take their turn."""
        for stream, seq in self._outbox.take_fresh_alarms():
            flight = self._flights.get(stream)
            if flight is None or seq <= flight.sent_to or not flight.may_jump:
                continue
            if connection.inflight >= MAX_INFLIGHT or not connection.is_open:
                continue
            fact = self._outbox.fact(stream, seq)
            if fact is None:
                continue
            self._outbox.mark_sent(stream, seq)
            self._publish(connection, batching.encode(stream, (fact,), self._codec))
            self._flights[stream] = resend.jumped(flight, seq, now_s)

    def _send_in_order(self, connection: Connection, stream: bytes, now_s: float) -> float:
        flight = self._resent_when_due(connection, self._flights[stream], now_s)
        last_seq = self._outbox.bounds(stream)[1]
        pending = last_seq - flight.sent_to
        if pending <= 0:
            self._pending_since_s.pop(stream, None)
            return self._until_resend(flight, now_s)
        since_s = self._pending_since_s.setdefault(stream, now_s)
        if not batching.is_due(pending, now_s - since_s):
            return max(0.0, since_s + batching.WAIT_S - now_s)
        if connection.inflight > MAX_INFLIGHT - _MESSAGES_A_PIECE or flight.room <= 0:
            return self._until_resend(flight, now_s)  # an acknowledgement wakes us
        if self._allowance.wait_s(1) > 0:
            return self._allowance.wait_s(min(pending, batching.MAX_FACTS))
        self._pending_since_s.pop(stream, None)
        limit = min(flight.room, _READ, max(1, int(self._allowance.tokens)))
        self._flights[stream] = self._send_entries(connection, flight, limit, now_s)
        # Nothing went although something waits: the disk cannot be read, and is asked again later.
        return _IDLE_S if self._flights[stream].sent_to == flight.sent_to else 0.0

    def _send_entries(self, connection: Connection, flight: Flight, limit: int, now_s: float) -> Flight:
        for piece in batching.cut(self._outbox.unsent(flight.stream, flight.sent_to, limit)):
            if connection.inflight > MAX_INFLIGHT - _MESSAGES_A_PIECE or not connection.is_open:
                break
            upto = batching.reach(piece)
            self._outbox.mark_sent(flight.stream, upto)
            fresh = [e for e in piece if isinstance(e, Skipped) or e.seq not in flight.ahead]
            if fresh:
                self._publish(connection, batching.encode(flight.stream, fresh, self._codec))
            self._allowance = self._allowance.spent(len(fresh))
            flight = resend.sent(flight, upto, now_s)
        return flight

    def _publish(self, connection: Connection, messages: list[batching.Outgoing]) -> None:
        for message in messages:
            connection.publish(self._topic(message.channel), message.payload)

    def _resent_when_due(self, connection: Connection, flight: Flight, now_s: float) -> Flight:
        due_s = resend.resend_at_s(flight)
        if due_s is None or now_s < due_s or not self._host_online:
            return flight
        waited_s = now_s - flight.quiet_since_s
        fresh = resend.rewound(flight, now_s, self._settings.resend_s, self._rng)
        problem = (
            f"connected, but the aggregator has confirmed nothing for {waited_s:.0f} s: check that it runs"
            f" and that {self._endpoint.user!r} may publish"
        )
        log.log(logging.WARNING if flight.rewinds == 0 else logging.DEBUG, "%s; sending again", problem)
        self._problem = problem
        self._flights[flight.stream] = fresh
        self._declare_forgotten(connection, flight)
        return fresh

    def _declare_forgotten(self, connection: Connection, flight: Flight) -> None:
        """Let the aggregator pass what it once confirmed and has lost since: nobody can send that again."""
        skip = resend.forgotten(self._told.get(flight.stream), flight)
        if skip is None:
            return
        log.warning(
            "the aggregator has lost facts %d to %d of stream %s, which it had confirmed (a database restored"
            " from a backup?); they are declared, so that it goes on",
            skip.from_seq,
            skip.to_seq,
            flight.stream.hex(),
        )
        self._publish(connection, batching.encode(flight.stream, (skip,), self._codec))

    def _until_resend(self, flight: Flight, now_s: float) -> float:
        due_s = resend.resend_at_s(flight)
        return _IDLE_S if due_s is None or not self._host_online else max(0.0, due_s - now_s)

    def _received(self, topic: str, payload: bytes) -> None:
        if topic == HOST_STATE:
            self._take_host_state(payload)
        elif topic == down(self._settings.node, DownChannel.ACK):
            self._take_watermark(payload)

    def _take_host_state(self, payload: bytes) -> None:
        """While no aggregator runs nothing is sent again: it would only pile up in the broker."""
        state = self._codec.decode(payload, HostState)
        if isinstance(state, Rejected):
            return
        if state.online:
            self._host_session = state.session
        elif self._host_session not in {0, state.session}:
            return  # the late will of an aggregator that another has followed
        self._note_host(online=state.online)

    def _note_host(self, *, online: bool) -> None:
        if online == self._host_online:
            return
        self._host_online = online
        log.info("the aggregator is %s", "back" if online else "away; what it has not confirmed waits")
        self._problem = "" if online else "no aggregator is running; facts wait here"
        now_s = self._clock()
        if online:
            self._flights = {
                stream: resend.heard_of(flight, now_s, self._settings.resend_s, self._rng)
                for stream, flight in self._flights.items()
            }

    def _take_watermark(self, payload: bytes) -> None:
        watermark = self._codec.decode(payload, Watermark)
        if isinstance(watermark, Rejected):
            log.warning("an acknowledgement was refused: %s", watermark.detail)
            return
        known = self._acks.get(watermark.stream)
        if known is None or watermark.seq > known.seq:
            self._acks[watermark.stream] = watermark
        if len(self._acks) > MAX_INFLIGHT:  # streams that nobody has: do not collect them
            self._acks = {watermark.stream: watermark}

    def _settle(self, now_s: float) -> None:
        """Settle the newest acknowledgements, joined, so that a slow disk is not asked for each."""
        crowded = any(flight.room < resend.WINDOW // 2 for flight in self._flights.values())
        greeting = now_s < self._greeted_at_s
        if not self._acks or (now_s < self._settle_at_s and not crowded and not greeting):
            return
        acks, self._acks = self._acks, {}
        self._settle_at_s = now_s + SETTLE_S
        for watermark in acks.values():
            verdict = self._outbox.settle(watermark)
            if verdict in {Verdict.OTHER_STREAM, Verdict.BEYOND_SENT}:
                self._ignore(watermark, verdict)
                continue
            self._greeted_at_s = min(self._greeted_at_s, now_s)
            self._told[watermark.stream] = watermark.seq
            if verdict is Verdict.SETTLES:
                self._note_progress(watermark, now_s)

    def _note_progress(self, watermark: Watermark, now_s: float) -> None:
        self._note_host(online=True)  # whoever confirms is there, whatever the last word was
        self._problem = ""
        flight = self._flights.get(watermark.stream)
        if flight is not None:
            self._flights[watermark.stream] = resend.settled(
                flight, watermark.seq, now_s, self._settings.resend_s, self._rng
            )

    def _ignore(self, watermark: Watermark, verdict: Verdict) -> None:
        level = logging.DEBUG if verdict in self._warned else logging.WARNING
        self._warned.add(verdict)
        log.log(
            level,
            "ignored an acknowledgement of stream %s up to %d: %s",
            watermark.stream.hex(),
            watermark.seq,
            "the outbox is of another stream"
            if verdict is Verdict.OTHER_STREAM
            else "nothing that high was ever sent",
        )

    def _say_goodbye(self, connection: Connection) -> None:
        """Send what is left and hear it confirmed, as far as a moment allows, then take leave."""
        until_s = self._clock() + FAREWELL_S
        while self._clock() < until_s and connection.is_open and self._is_unsettled():
            now_s = self._clock()
            self._pending_since_s = dict.fromkeys(self._pending_since_s, now_s - batching.WAIT_S)
            self._settle_at_s = now_s
            self._settle(now_s)
            connection.poll(min(0.05, self._send(connection, now_s)), self._wake_reader)
        connection.publish(self._topic(UpChannel.STATE), self._state(GONE), retain=True)
        while self._clock() < until_s and connection.is_open and connection.inflight:
            connection.poll(0.05, self._wake_reader)

    def _is_unsettled(self) -> bool:
        return any(watermark < last for watermark, last in map(self._outbox.bounds, self._flights))

    def _topic(self, channel: UpChannel) -> str:
        return up(self._settings.node, channel)

    def _state(self, phase: str) -> bytes:
        now_ms = int(datetime.now(tz=UTC).timestamp() * 1000)
        return self._codec.encode(state_of(self._session, phase, now_ms, self._figures()))
