"""A simulated node keeps what is not settled, in order, and resends after silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.simulator.node import Outgoing, Pace, SimulatedNode
from fleet.wire.codec import Codec
from fleet.wire.messages import EventBatch, MeasurementBatch, Watermark

STREAM = b"12345678"
CODEC = Codec()


def node(*, rate: float = 10.0, batch: int = 2, window: int = 3, seed: int = 2) -> SimulatedNode:
    """Return a node that starts at 0 s."""
    made = SimulatedNode(
        "sim-1", stream=STREAM, seed=seed, pace=Pace(rate, batch, window, resend_s=30.0), codec=CODEC
    )
    made.start(0.0)
    return made


def take_all(of: SimulatedNode, now_s: float) -> list[Outgoing]:
    """Take until the node gives nothing more."""
    taken = []
    while (message := of.take(now_s)) is not None:
        taken.append(message)
    return taken


def test_facts_come_at_the_pace_and_alternate_between_events_and_rows() -> None:
    one = node(window=100)
    one.make_due(0.35, 1_790_000_000_000)
    sent = take_all(one, 0.35)
    assert [message.last_seq for message in sent] == [2, 4, 6, 8]
    kinds = [
        type(CODEC.decode(message.payload, EventBatch if message.topic.endswith("ev") else MeasurementBatch))
        for message in sent
    ]
    assert [EventBatch, MeasurementBatch, EventBatch, MeasurementBatch] == kinds


def test_the_window_bounds_what_is_in_flight() -> None:
    one = node(window=3)
    one.make_due(1.0, 0)
    assert [message.last_seq for message in take_all(one, 1.0)] == [2, 4, 6]
    assert pytest.approx(one.settle(Watermark(STREAM, 4), 1.0)) == [1.0, 0.9]
    assert [message.last_seq for message in take_all(one, 1.0)] == [8, 10]


@pytest.mark.parametrize("watermark", [Watermark(b"another!", 2), Watermark(STREAM, 1000)])
def test_a_watermark_of_another_stream_or_beyond_what_was_made_is_ignored(watermark: Watermark) -> None:
    one = node()
    one.make_due(0.0, 0)
    take_all(one, 0.0)
    assert (one.settle(watermark, 1.0), one.outbox_facts) == ([], 2)


@pytest.mark.parametrize(
    ("now_s", "reconnected", "again"), [(29.0, False, []), (31.0, False, [2, 4]), (1.0, True, [2, 4])]
)
def test_what_is_in_flight_is_sent_again_after_silence_or_a_reconnect(
    now_s: float, *, reconnected: bool, again: list[int]
) -> None:
    one = node(window=2)
    one.make_due(0.15, 0)
    take_all(one, 0.15)
    one.resend(now_s, reconnected=reconnected)
    assert again == [message.last_seq for message in take_all(one, now_s)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["make", "take", "settle", "resend"]), st.integers(0, 40)), max_size=60
    )
)
def test_nothing_is_lost_and_the_order_holds(steps: list[tuple[str, int]]) -> None:
    one = node(window=4)
    now_s, top = 0.0, 0
    for step, number in steps:
        now_s += 0.1
        if step == "make":
            one.make_due(now_s, 0)
        elif step == "take":
            taken = take_all(one, now_s)
            assert taken == sorted(taken, key=lambda message: message.last_seq)
        elif step == "settle":
            top = max(top, min(number, one.last_seq) // 2 * 2)
            one.settle(Watermark(STREAM, top), now_s)
        else:
            one.resend(now_s, reconnected=True)
        assert one.made_facts == one.last_seq == one.settled_facts + one.outbox_facts
    one.resend(now_s, reconnected=True)
    seen: list[int] = []
    while taken := take_all(one, now_s):
        seen += [message.last_seq for message in taken]
        one.settle(Watermark(STREAM, seen[-1]), now_s)
    assert list(range(one.last_seq, one.last_seq - 2 * len(seen), -2)) == seen[::-1]
    assert one.outbox_facts == 0


def test_a_closed_loop_keeps_the_window_full_and_no_more() -> None:
    one = node(rate=0.0, batch=1, window=3)
    one.make_due(1.0, 0)
    assert [message.last_seq for message in take_all(one, 1.0)] == [1, 2, 3]
    one.make_due(1.1, 0)
    assert one.made_facts == 3
    assert one.settle_oldest(1.5) == 0.5
    one.make_due(1.5, 0)
    assert [message.last_seq for message in take_all(one, 1.5)] == [4]


def test_settling_the_oldest_of_nothing_changes_nothing() -> None:
    one = node()
    assert (one.settle_oldest(1.0), one.settled_messages) == (0.0, 0)
