import random
from datetime import timedelta

import msgspec
import pytest
from builders.ingest import CODEC, NOW, STREAM, Site, event, events_from, row, rows_from
from sqlalchemy import text

from aggregator.ingest.announce import EventsStored, MeasurementsStored, NodeSpoke
from aggregator.ingest.dead_letters import MAX_LETTERS
from aggregator.ingest.inbox import Delivery
from aggregator.ingest.ledger import MAX_STREAMS
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import writing
from aggregator.storage.timeseries.store import Aggregate, Point, SeriesQuery, StreamCount, Tag
from fleet.wire.messages import EventBatch, NodeState, Skipped

KEY = ("node-1", STREAM.hex())
EV = "mt/v1/up/node-1/ev"


def poison(payload: bytes, topic: str = EV) -> Delivery:
    return Delivery(topic, payload, retained=False, token=0)


def test_every_field_of_an_event_is_stored(site: Site) -> None:
    site.take(events_from(1))
    stored = site.table("SELECT * FROM events")
    given = event(1)
    said = (given.occurred_at_ms, 1, "line_crossed", "gate-count", "cam-01", "gate", "person", 1 + 2**40, 987)
    boxed = ("forward", 1.5, -10, 20, 3000, 20_000, 2.25, bytes(32) + bytes(range(32)), "đếm người", 0.5)
    assert [(1, *KEY, 1, to_ms(NOW), *said, *boxed)] == [
        tuple(bytes(value) if isinstance(value, memoryview) else value for value in found) for found in stored
    ]


def test_an_event_with_defaults_is_stored_with_nulls(site: Site) -> None:
    batch = EventBatch(STREAM, (event(1, box_e4=None, value=None, evidence=()),))
    site.take(poison(CODEC.encode(batch)))
    expected = [(None, None, None, None, None, None)]
    assert expected == site.table(
        "SELECT box_x1_e4, box_y1_e4, box_x2_e4, box_y2_e4, value, evidence FROM events"
    )


def test_rows_go_to_the_time_series_store_with_their_tags(site: Site) -> None:
    with writing(site.engine) as connection:
        connection.execute(text("INSERT INTO nodes (node, site, created_at_ms) VALUES ('node-1', 'q1', 0)"))
    site.take(rows_from(1, 2))
    query = SeriesQuery(
        "flow", row(1).start_ms, row(3).start_ms, Aggregate.SUM, None, group_by=tuple(Tag), filters=()
    )
    tags = ("q1", "node-1", "cam-01", "flow", "gate", "person", "forward")
    assert (Point(row(1).start_ms, tags, 3.0, 2),) == site.store.query(query)


def test_one_cycle_over_many_streams_gives_each_its_watermark(site: Site) -> None:
    outcome = site.take(
        events_from(1, 2, 3),
        rows_from(4, 5),
        events_from(7),
        rows_from(1, node="node-2"),
        events_from(1, stream=bytes(8)),
    )
    assert {KEY: 5, ("node-2", STREAM.hex()): 1, ("node-1", "00" * 8): 1} == outcome.watermarks
    assert site.table(
        "SELECT watermark, ranges FROM streams WHERE node = 'node-1' AND stream <> '0000000000000000'"
    ) == [(5, "[[7,7]]")]


def test_what_is_announced_is_what_was_new(site: Site) -> None:
    site.take(events_from(1, 2), rows_from(3))
    outcome = site.take(events_from(1, 2, 4), rows_from(3, 5))
    events, rows = outcome.announcements
    assert isinstance(events, EventsStored)
    assert isinstance(rows, MeasurementsStored)
    assert [f"node-1:{STREAM.hex()}:4"] == [each.public_id for each in events.events]
    assert [("node-1", row(5))] == list(rows.rows)


@pytest.mark.parametrize("times", [1, 3])
def test_a_replay_of_any_batch_changes_nothing_in_either_store(site: Site, times: int) -> None:
    chosen = random.Random(7)
    deliveries = [events_from(*range(first, first + 5)) for first in range(1, 100, 10)]
    deliveries += [rows_from(*range(first, first + 5)) for first in range(6, 100, 10)]
    deliveries += [events_from(200, skipped=(Skipped(101, 150, "quota", 40),)), poison(b"\x01\x00rubbish")]
    chosen.shuffle(deliveries)
    site.take(*deliveries)
    before = site.content()
    for _ in range(times):
        chosen.shuffle(deliveries)
        for start in range(0, len(deliveries), 4):
            site.take(*deliveries[start : start + 4])
    assert before == site.content()


def test_facts_sent_again_in_other_batches_are_stored_once(site: Site) -> None:
    chosen = random.Random(11)
    for _ in range(60):
        first = chosen.randrange(1, 90)
        seqs = range(first, first + chosen.randrange(1, 12))
        site.take(events_from(*[s for s in seqs if s % 2]), rows_from(*[s for s in seqs if s % 2 == 0]))
    site.take(events_from(*range(1, 101, 2)), rows_from(*range(2, 101, 2)))
    assert site.table("SELECT watermark, ranges FROM streams") == [(100, "[]")]
    assert site.table("SELECT count(*), count(DISTINCT seq) FROM events") == [(50, 50)]
    assert (StreamCount(*KEY, 50, 0),) == site.store.counts()


def test_a_declared_skip_lets_the_watermark_pass_and_is_counted(site: Site) -> None:
    site.take(events_from(1, 6, skipped=(Skipped(2, 5, "quota", 3),)))
    assert site.table("SELECT watermark, ranges FROM streams") == [(6, "[]")]
    assert site.table("SELECT from_seq, to_seq, reason, count FROM skips") == [(2, 5, "quota", 3)]


def test_a_fact_beyond_256_holes_is_not_taken_until_they_are_filled(site: Site) -> None:
    outcome = site.take(*[events_from(2 * number) for number in range(1, 257)])
    assert (outcome.watermarks, site.committer.counts.events) == ({KEY: 0}, 256)
    outcome = site.take(events_from(514))
    assert (
        outcome.watermarks,
        site.committer.counts.events,
        site.committer.counts.refused,
    ) == ({KEY: 0}, 256, 1)
    outcome = site.take(events_from(1), events_from(514))
    assert outcome.watermarks == {KEY: 2}
    assert site.table("SELECT count(*) FROM events") == [(257 + 1,)]


def test_a_node_cannot_open_streams_without_end(site: Site) -> None:
    site.take(*[events_from(1, stream=number.to_bytes(8, "big")) for number in range(MAX_STREAMS)])
    outcome = site.take(
        events_from(1, stream=b"one more"), events_from(1, node="node-2"), events_from(2, stream=bytes(8))
    )
    assert {("node-2", STREAM.hex()): 1, ("node-1", "00" * 8): 2} == outcome.watermarks
    assert site.table("SELECT reason FROM dead_letters") == [("too_many_streams",)]


def test_streams_of_past_months_do_not_stop_a_node_with_a_new_card(site: Site) -> None:
    site.take(*[events_from(1, stream=number.to_bytes(8, "big")) for number in range(MAX_STREAMS)])
    outcome = site.take(events_from(1, stream=b"new card"), at=NOW + timedelta(days=31))
    assert {("node-1", b"new card".hex()): 1} == outcome.watermarks


def test_equal_stream_ids_of_two_nodes_are_two_streams(site: Site) -> None:
    outcome = site.take(events_from(1), events_from(1, 2, node="node-2"))
    assert {KEY: 1, ("node-2", STREAM.hex()): 2} == outcome.watermarks


def test_poison_is_kept_with_its_bytes_and_the_rest_is_stored(site: Site) -> None:
    payloads = {b"": "empty", b"\x02\x00later": "newer_major", b"\x01\x00rubbish": "malformed"}
    outcome = site.take(events_from(1), *[poison(payload) for payload in payloads], events_from(2))
    assert outcome.watermarks == {KEY: 2}
    letters = site.table("SELECT payload, reason, topic, node, times FROM dead_letters ORDER BY id")
    assert [(payload, reason, EV, "node-1", 1) for payload, reason in payloads.items()] == [
        (bytes(letter[0]), *letter[1:]) for letter in letters
    ]


def test_poison_that_comes_again_is_one_letter_that_counts(site: Site) -> None:
    for _ in range(3):
        site.take(poison(b"\x01\x00rubbish"), poison(b"\x01\x00rubbish"))
    assert site.table("SELECT times FROM dead_letters") == [(6,)]


def test_dead_letters_take_a_bounded_room(site: Site) -> None:
    site.take(*[poison(b"\x01\x00" + number.to_bytes(4, "big")) for number in range(MAX_LETTERS + 10)])
    site.take(poison(b"\x01\x00the newest"))
    assert site.table("SELECT count(*) FROM dead_letters") == [(MAX_LETTERS,)]
    assert site.table("SELECT count(*) FROM dead_letters WHERE length(payload) = 12") == [(1,)]


def test_a_bad_fact_is_dead_lettered_alone_and_the_watermark_passes_it(site: Site) -> None:
    good = [msgspec.to_builtins(event(seq), builtin_types=(bytes,)) for seq in (1, 3)]
    payload = b"\x01\x00" + msgspec.msgpack.encode([STREAM, [good[0], [2, "no time"], good[1]]])
    outcome = site.take(poison(payload))
    assert outcome.watermarks == {KEY: 3}
    assert site.table("SELECT seq FROM events ORDER BY seq") == [(1,), (3,)]
    assert site.table("SELECT reason, seqs, seq_count FROM dead_letters") == [("malformed", "[2]", 1)]


def test_a_state_is_noted_announced_and_answered_with_the_watermark(site: Site) -> None:
    site.take(events_from(1, 2))
    state = NodeState(session=5, phase="born", at_ms=1, stream=STREAM, last_seq=9)
    outcome = site.take(poison(CODEC.encode(state), "mt/v1/up/node-1/state"))
    assert ({KEY: 2}, [NodeSpoke("node-1", state, NOW)]) == (outcome.watermarks, outcome.announcements)
    assert [("node-1", state)] == site.states


@pytest.mark.parametrize(
    ("phase", "stream", "expected"), [("gone", STREAM, {}), ("alive", b"", {}), ("alive", STREAM, {KEY: 0})]
)
def test_a_watermark_answers_only_who_is_there_and_has_a_stream(
    site: Site, phase: str, stream: bytes, expected: dict[tuple[str, str], int]
) -> None:
    state = NodeState(session=5, phase=phase, at_ms=1, stream=stream)
    assert expected == site.take(poison(CODEC.encode(state), "mt/v1/up/node-1/state")).watermarks


REFUSES_CURSED = {
    "sqlite": "CREATE TRIGGER cursed BEFORE INSERT ON events WHEN NEW.kind = 'cursed' "
    "BEGIN SELECT RAISE(ABORT, 'cursed'); END",
    "postgresql": "ALTER TABLE events ADD CONSTRAINT cursed CHECK (kind <> 'cursed')",
}


def test_a_fact_that_the_store_refuses_is_found_and_the_rest_is_stored(site: Site) -> None:
    with writing(site.engine) as connection:
        connection.execute(text(REFUSES_CURSED[site.engine.dialect.name]))
    events = tuple(event(seq, kind="cursed" if seq == 4 else "k") for seq in range(1, 8))
    batch = poison(CODEC.encode(EventBatch(STREAM, events, (Skipped(8, 9, "quota", 2),))))
    outcome = site.take(rows_from(10, 11), batch, events_from(12), poison(b""))
    assert outcome.watermarks == {KEY: 12}
    assert site.table("SELECT seq FROM events ORDER BY seq") == [(1,), (2,), (3,), (5,), (6,), (7,), (12,)]
    assert site.table("SELECT reason, seqs FROM dead_letters ORDER BY reason") == [
        ("empty", "[]"),
        ("store_refused", "[4]"),
    ]
    assert site.store.counts() == (StreamCount(*KEY, 2, 0),)


def test_events_whose_streams_state_was_lost_are_not_stored_twice(site: Site) -> None:
    site.take(events_from(*range(1, 100)))
    with writing(site.engine) as connection:
        connection.execute(text("DELETE FROM streams"))
    assert site.take(events_from(*range(1, 120))).watermarks == {KEY: 119}
    assert site.table("SELECT count(*), count(DISTINCT seq) FROM events") == [(119, 119)]
