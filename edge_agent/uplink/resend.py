"""What is under way for one stream, and when to send it again. Pure: `now_s` is an argument.

Invariants: nothing is remembered of a sent fact but its number, so memory is bounded whatever is under way;
at most WINDOW seqs are under way in order and AHEAD alarms before their turn (the aggregator keeps at most
256 ranges beyond a hole); a broker's PUBACK settles nothing.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from fleet.wire.messages import Skipped

WINDOW: Final = 5_000
AHEAD: Final = 100
LONGEST_S: Final = 600.0
FORGOTTEN: Final = "forgotten"


@dataclass(frozen=True, slots=True)
class Flight:
    """Where sending of one stream stands.

    Attributes:
        stream: its id.
        watermark: everything up to it is settled.
        sent_to: everything up to it was sent since the last rewind.
        ahead: alarms beyond `sent_to` that were sent before their turn.
        quiet_since_s: when the watermark last moved, or sending began after nothing was under way.
        wait_s: how much silence there may be before everything is sent again.
        rewinds: times in a row that everything was sent again without an answer.
    """

    stream: bytes
    watermark: int
    sent_to: int
    quiet_since_s: float
    wait_s: float
    ahead: frozenset[int] = frozenset()
    rewinds: int = 0

    @property
    def under_way(self) -> bool:
        """Whether an answer is due."""
        return self.sent_to > self.watermark or bool(self.ahead)

    @property
    def room(self) -> int:
        """How many more seqs may be sent in order."""
        return max(0, WINDOW - (self.sent_to - self.watermark))

    @property
    def may_jump(self) -> bool:
        """Whether one more alarm may go before its turn."""
        return len(self.ahead) < AHEAD


def resumed(stream: bytes, watermark: int, now_s: float, resend_s: float, rng: Random) -> Flight:
    """Begin at the watermark, as at every connection: what was under way on the old one may be lost."""
    return Flight(stream, watermark, watermark, now_s, jittered(resend_s, rng))


def sent(flight: Flight, upto: int, now_s: float) -> Flight:
    """Everything up to `upto` has gone out."""
    return replace(
        flight,
        sent_to=max(flight.sent_to, upto),
        ahead=frozenset(seq for seq in flight.ahead if seq > upto),
        quiet_since_s=flight.quiet_since_s if flight.under_way else now_s,
    )


def jumped(flight: Flight, seq: int, now_s: float) -> Flight:
    """The alarm `seq` has gone out before its turn."""
    return replace(
        flight,
        ahead=flight.ahead | {seq},
        quiet_since_s=flight.quiet_since_s if flight.under_way else now_s,
    )


def settled(flight: Flight, watermark: int, now_s: float, resend_s: float, rng: Random) -> Flight:
    """The aggregator has everything up to `watermark`."""
    if watermark <= flight.watermark:
        return flight
    return replace(
        flight,
        watermark=watermark,
        sent_to=max(flight.sent_to, watermark),
        ahead=frozenset(seq for seq in flight.ahead if seq > watermark),
        quiet_since_s=now_s,
        wait_s=jittered(resend_s, rng),
        rewinds=0,
    )


def resend_at_s(flight: Flight) -> float | None:
    """When to send everything again; None while nothing is under way."""
    return flight.quiet_since_s + flight.wait_s if flight.under_way else None


def rewound(flight: Flight, now_s: float, resend_s: float, rng: Random) -> Flight:
    """Go back to the watermark, and be twice as patient with the answer."""
    rewinds = flight.rewinds + 1
    wait_s = min(LONGEST_S, resend_s * 2.0 ** min(rewinds, 16))
    return replace(
        flight,
        sent_to=flight.watermark,
        ahead=frozenset(),
        quiet_since_s=now_s,
        wait_s=jittered(wait_s, rng),
        rewinds=rewinds,
    )


def forgotten(told: int | None, flight: Flight) -> Skipped | None:
    """What the aggregator no longer has although it confirmed it, as `told`, its last word, shows.

    A database restored from a backup waits for ever for what the node has settled and deleted; declared, it
    is counted as lost and the watermark goes on. Where the aggregator does have it, nothing changes.
    """
    if told is None or told >= flight.watermark:
        return None
    return Skipped(told + 1, flight.watermark, FORGOTTEN, flight.watermark - told)


def heard_of(flight: Flight, now_s: float, resend_s: float, rng: Random) -> Flight:
    """The aggregator has come back: its answers are due from now on, with the first patience."""
    return replace(flight, quiet_since_s=now_s, wait_s=jittered(resend_s, rng), rewinds=0)


def jittered(wait_s: float, rng: Random) -> float:
    """`wait_s` and up to a fifth more, so that a thousand nodes do not answer one silence together."""
    return wait_s * rng.uniform(1.0, 1.2)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A token bucket: facts that may be sent, refilled by `rate` a second up to `burst`.

    After an outage it keeps a fleet's backlogs from arriving all at once; live alarms do not ask it.
    """

    rate: float
    burst: float
    tokens: float
    at_s: float

    def refilled(self, now_s: float) -> "Allowance":
        """The bucket as of `now_s`."""
        tokens = min(self.burst, self.tokens + max(0.0, now_s - self.at_s) * self.rate)
        return replace(self, tokens=tokens, at_s=now_s)

    def spent(self, facts: int) -> "Allowance":
        """The bucket after `facts` have gone."""
        return replace(self, tokens=self.tokens - facts)

    def wait_s(self, facts: int) -> float:
        """How long until `facts` may go."""
        return max(0.0, (min(facts, self.burst) - self.tokens) / self.rate)
