import pytest

from aggregator.ingest.accept import BadFact, FactReason, Facts
from aggregator.ingest.cycle import Heard, condemned, halves, sort_out, without
from aggregator.ingest.inbox import Delivery
from fleet.wire.codec import Codec
from fleet.wire.messages import Event, EventBatch, MeasurementRow, NodeState, Skipped

CODEC = Codec()
STREAM = bytes(8)
DELIVERY = Delivery("mt/v1/up/node-1/ev", b"payload", retained=False, token=1)
SKIPS = (Skipped(90, 91, "quota", 2),)
BAD = (BadFact(80, FactReason.MALFORMED, "why"),)


def event(seq: int) -> Event:
    return Event(seq, 1, 0, "k", "r", "c")


def row(seq: int) -> MeasurementRow:
    return MeasurementRow(seq, 1, 60.0, "flow", "c", "", "", "", 1.0)


def heard(*seqs: int) -> Heard:
    return Heard(Facts("node-1", "00" * 8, events=tuple(map(event, seqs)), skipped=SKIPS, bad=BAD), DELIVERY)


def test_deliveries_are_sorted_by_what_becomes_of_them() -> None:
    state = NodeState(session=1, phase="born", at_ms=1)
    payloads = {
        "ev": CODEC.encode(EventBatch(STREAM, (event(1),))),
        "state": CODEC.encode(state),
        "cfg": b"for others",
        "ms": b"rubbish",
    }
    cycle = sort_out(
        [
            Delivery(f"mt/v1/up/node-1/{name}", each, retained=False, token=0)
            for name, each in payloads.items()
        ],
        CODEC,
    )
    assert [(event(1),)] == [each.facts.events for each in cycle.heard]
    assert [state] == [each.state for each in cycle.states]
    assert [(each.reason, each.payload, each.node) for each in cycle.letters] == [
        ("newer_major", b"rubbish", "node-1")
    ]
    assert cycle.unheard == 1


def test_bad_facts_make_one_letter_that_names_them() -> None:
    letter = heard(1).letter()
    assert letter is not None
    assert (letter.reason, letter.detail, letter.seqs, letter.payload) == (
        "malformed",
        "seq 80: why",
        (80,),
        b"payload",
    )
    assert Heard(Facts("node-1", "00" * 8), DELIVERY).letter() is None


@pytest.mark.parametrize("count", [2, 3, 5])
def test_halves_say_the_same_in_order(count: int) -> None:
    whole = heard(*range(1, count + 1))
    parts = halves([whole])
    assert parts is not None
    (first,), (second,) = parts
    assert whole.facts.events == first.facts.events + second.facts.events
    assert (first.facts.bad, second.facts.bad, first.facts.skipped, second.facts.skipped) == (
        BAD,
        (),
        (),
        SKIPS,
    )
    assert first.facts.events
    assert second.facts.events


def test_several_deliveries_are_halved_before_one_is() -> None:
    one, two, three = heard(1, 2), heard(3), heard(4)
    assert ([one], [two, three]) == halves([one, two, three])


@pytest.mark.parametrize("few", [[], [heard(1)], [heard()]])
def test_what_cannot_be_halved(few: list[Heard]) -> None:
    assert halves(few) is None


def test_condemned_facts_keep_their_seqs_and_the_skips() -> None:
    rows = Heard(Facts("node-1", "00" * 8, rows=(row(85),), skipped=SKIPS, bad=BAD), DELIVERY)
    facts = condemned(rows, "no").facts
    assert (facts.events, facts.rows, facts.skipped) == ((), (), SKIPS)
    assert [(each.seq, each.reason.value) for each in facts.bad] == [(80, "malformed"), (85, "store_refused")]


def test_refused_rows_become_bad_and_the_others_stay() -> None:
    first = Heard(Facts("node-1", "aa", rows=(row(1), row(2), row(3)), skipped=SKIPS, bad=BAD), DELIVERY)
    second = Heard(Facts("node-2", "aa", rows=(row(2),)), DELIVERY)
    changed, same = without([first, second], {("node-1", "aa", 2): "too old", ("node-2", "aa", 9): "none"})
    assert [kept.seq for kept in changed.facts.rows] == [1, 3]
    assert [(fact.seq, fact.detail) for fact in changed.facts.bad] == [(2, "too old"), (80, "why")]
    assert (changed.facts.skipped, same) == (SKIPS, second)
