"""One cycle's deliveries, sorted by what becomes of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregator.ingest.accept import BadFact, FactReason, Facts, Refused, State, Unheard, accept
from aggregator.ingest.dead_letters import DeadLetter
from aggregator.ingest.inbox import Delivery
from fleet.wire.codec import Codec

FactKey = tuple[str, str, int]
"""Node, stream and seq."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Facts and the delivery that they came in."""

    facts: Facts
    delivery: Delivery

    def letter(self) -> DeadLetter | None:
        """The dead letter of the facts that were bad, or None when all were good."""
        bad = self.facts.bad
        if not bad:
            return None
        return DeadLetter(
            topic=self.delivery.topic,
            payload=self.delivery.payload,
            reason=bad[0].reason,
            detail="; ".join(f"seq {fact.seq}: {fact.detail}" for fact in bad),
            node=self.facts.node,
            stream=self.facts.stream,
            seqs=tuple(fact.seq for fact in bad),
        )


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one round of deliveries says, in order of arrival; `unheard` counts other channels."""

    heard: tuple[Heard, ...]
    states: tuple[State, ...]
    letters: tuple[DeadLetter, ...]
    unheard: int


def sort_out(deliveries: Sequence[Delivery], codec: Codec) -> Cycle:
    """Accept each delivery."""
    heard: list[Heard] = []
    states: list[State] = []
    letters: list[DeadLetter] = []
    unheard = 0
    for delivery in deliveries:
        match accept(delivery.topic, delivery.payload, codec):
            case Facts() as facts:
                heard.append(Heard(facts, delivery))
            case State() as state:
                states.append(state)
            case Refused(node, reason, detail):
                letters.append(DeadLetter(delivery.topic, delivery.payload, str(reason), detail, node))
            case Unheard():
                unheard += 1
    return Cycle(tuple(heard), tuple(states), tuple(letters), unheard)


def halves(heard: Sequence[Heard]) -> tuple[list[Heard], list[Heard]] | None:
    """Two smaller parts that say the same in order, or None when there is one fact or none."""
    if len(heard) > 1:
        middle = len(heard) // 2
        return list(heard[:middle]), list(heard[middle:])
    if len(heard) == 1:
        return _halves_of_one(heard[0])
    return None


def condemned(heard: Heard, detail: str) -> Heard:
    """`heard`, whose facts a store refused, with every fact bad."""
    facts = heard.facts
    seqs = [event.seq for event in facts.events] + [row.seq for row in facts.rows]
    bad = [BadFact(seq, FactReason.STORE_REFUSED, detail) for seq in seqs]
    merged = sorted([*facts.bad, *bad], key=lambda fact: fact.seq)
    return Heard(Facts(facts.node, facts.stream, skipped=facts.skipped, bad=tuple(merged)), heard.delivery)


def without(heard: Sequence[Heard], refused: Mapping[FactKey, str]) -> list[Heard]:
    """`heard` with the refused rows bad instead of good, each with what the store said."""
    return [_without(each, refused) for each in heard]


def _without(heard: Heard, refused: Mapping[FactKey, str]) -> Heard:
    facts = heard.facts
    bad = [
        BadFact(row.seq, FactReason.STORE_REFUSED, refused[facts.node, facts.stream, row.seq])
        for row in facts.rows
        if (facts.node, facts.stream, row.seq) in refused
    ]
    if not bad:
        return heard
    gone = {fact.seq for fact in bad}
    good = tuple(row for row in facts.rows if row.seq not in gone)
    merged = sorted([*facts.bad, *bad], key=lambda fact: fact.seq)
    kept = Facts(facts.node, facts.stream, facts.events, good, facts.skipped, tuple(merged))
    return Heard(kept, heard.delivery)


def _halves_of_one(heard: Heard) -> tuple[list[Heard], list[Heard]] | None:
    facts = heard.facts
    events, rows = facts.events, facts.rows
    if len(events) + len(rows) < 2:  # noqa: PLR2004  one cannot be halved
        return None
    first = Facts(
        facts.node,
        facts.stream,
        events=events[: len(events) // 2],
        rows=rows[: len(rows) // 2],
        bad=facts.bad,
    )
    second = Facts(
        facts.node,
        facts.stream,
        events=events[len(events) // 2 :],
        rows=rows[len(rows) // 2 :],
        skipped=facts.skipped,
    )
    return [Heard(first, heard.delivery)], [Heard(second, heard.delivery)]
