import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.ingest.watermark import MAX_RANGES, Accounted, TooManyRanges, account
from aggregator.storage.seq_ranges import SeqRanges
from fleet.wire.messages import Skipped

HIGHEST = 30
seq_lists = st.sets(st.integers(1, HIGHEST), max_size=10).map(sorted)
skip_lists = st.lists(
    st.tuples(st.integers(1, HIGHEST), st.integers(0, 5), st.integers(0, 8)).map(
        lambda drawn: Skipped(drawn[0], drawn[0] + drawn[1], "quota", drawn[2])
    ),
    max_size=2,
)
deliveries = st.lists(st.tuples(seq_lists, skip_lists), max_size=5)


def watermark_of(seqs: set[int]) -> int:
    mark = 0
    while mark + 1 in seqs:
        mark += 1
    return mark


@given(deliveries)
def test_watermark_and_new_facts_are_those_of_plain_sets(
    steps: list[tuple[list[int], list[Skipped]]],
) -> None:
    state, known = SeqRanges(), set()
    for seqs, skips in steps:
        done = account(state, seqs, skips)
        assert isinstance(done, Accounted)
        new = {seq for first, last in done.new for seq in range(first, last + 1)}
        assert (set(seqs) - known, len(set(seqs) & known)) == (new, done.repeated)
        known |= set(seqs)
        for skip in skips:
            known |= set(range(skip.from_seq, skip.to_seq + 1))
        assert watermark_of(known) == done.state.through
        state = done.state


@given(deliveries)
def test_a_replay_in_any_order_changes_nothing(steps: list[tuple[list[int], list[Skipped]]]) -> None:
    state = SeqRanges()
    for seqs, skips in steps:
        state = account(state, seqs, skips).state
    for seqs, skips in reversed(steps):
        again = account(state, seqs, skips)
        assert Accounted(state, (), len(seqs), ()) == again


@given(seq_lists, skip_lists)
def test_no_skip_counts_more_than_the_seqs_it_newly_accounts_for(
    seqs: list[int], skips: list[Skipped]
) -> None:
    done = account(SeqRanges(), seqs, skips)
    covered = set(seqs)
    expected = []
    for skip in skips:
        fresh = set(range(skip.from_seq, skip.to_seq + 1)) - covered
        covered |= fresh
        if fresh:
            expected.append(min(skip.count, len(fresh)))
    assert expected == [skip.count for skip in done.skips]


def holes(count: int) -> SeqRanges:
    return SeqRanges().union([(3 * number + 3, 3 * number + 3) for number in range(count)])


@pytest.mark.parametrize(
    ("ranges", "seqs", "expected"),
    [
        (MAX_RANGES - 1, [10_000], MAX_RANGES),
        (MAX_RANGES, [10_000], "refused"),
        (MAX_RANGES, [1, 2], MAX_RANGES - 1),
        (MAX_RANGES, [3], MAX_RANGES),
        (MAX_RANGES, [4], MAX_RANGES),
        (MAX_RANGES, [1, 2, 10_000], MAX_RANGES),
    ],
    ids=[
        "the last place",
        "one too many",
        "fills a hole",
        "known already",
        "grows a range",
        "fills and adds",
    ],
)
def test_at_most_256_ranges_are_kept_beyond_the_watermark(
    ranges: int, seqs: list[int], expected: object
) -> None:
    done = account(holes(ranges), seqs)
    got = "refused" if isinstance(done, TooManyRanges) else len(done.state.ranges)
    assert expected == got


def test_a_fact_inside_a_skip_of_the_same_delivery_is_new() -> None:
    done = account(SeqRanges(), [2], [Skipped(1, 3, "quota", 2)])
    assert (SeqRanges(3), ((2, 2),), [2]) == (done.state, done.new, [skip.count for skip in done.skips])


def test_a_fact_that_was_declared_skipped_before_is_not_taken() -> None:
    state = account(SeqRanges(), [], [Skipped(1, 3, "quota", 3)]).state
    assert Accounted(state, (), 1) == account(state, [2])


def test_the_stored_state_may_already_have_more_ranges_than_allowed() -> None:
    done = account(holes(MAX_RANGES + 5), [1, 2])
    assert len(done.state.ranges) == MAX_RANGES + 4
