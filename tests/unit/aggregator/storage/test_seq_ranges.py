import itertools

from hypothesis import given
from hypothesis import strategies as st

from aggregator.storage.seq_ranges import SeqRanges, Span, spans_of

HIGHEST = 40
spans = st.tuples(st.integers(1, HIGHEST), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))
span_lists = st.lists(spans, max_size=5)


def members(state: SeqRanges) -> set[int]:
    return set(range(1, state.through + 1)) | {
        seq for first, last in state.ranges for seq in range(first, last + 1)
    }


def seqs_of(found: list[Span]) -> set[int]:
    return {seq for first, last in found for seq in range(first, last + 1)}


@given(st.lists(span_lists, max_size=4))
def test_a_union_is_the_union_of_the_sets(steps: list[list[Span]]) -> None:
    state, expected = SeqRanges(), set()
    for step in steps:
        state = state.union(step)
        expected |= seqs_of(step)
    assert expected == members(state)


@given(st.lists(span_lists, max_size=4))
def test_equal_sets_are_equal_values(steps: list[list[Span]]) -> None:
    state = SeqRanges()
    for step in steps:
        state = state.union(step)
    assert SeqRanges().union(spans_of(sorted(members(state)))) == state


@given(span_lists)
def test_ranges_ascend_and_touch_neither_each_other_nor_the_watermark(found: list[Span]) -> None:
    state = SeqRanges().union(found)
    edges = [(0, state.through), *state.ranges]
    assert all(first > before + 1 for (_, before), (first, _) in itertools.pairwise(edges))


@given(span_lists, spans)
def test_what_is_missing_is_the_difference(found: list[Span], asked: Span) -> None:
    state = SeqRanges().union(found)
    assert seqs_of([asked]) - members(state) == seqs_of(state.missing(*asked))


@given(span_lists, st.integers(1, HIGHEST + 10))
def test_membership_is_that_of_the_set(found: list[Span], seq: int) -> None:
    state = SeqRanges().union(found)
    assert (seq in members(state)) == (seq in state)


def test_a_huge_span_costs_no_memory() -> None:
    state = SeqRanges().union([(1, 2**62)])
    assert (SeqRanges(2**62), []) == (state, state.missing(5, 2**62))


@given(st.sets(st.integers(1, HIGHEST)))
def test_spans_of_seqs_give_them_back(seqs: set[int]) -> None:
    assert seqs == seqs_of(spans_of(sorted(seqs)))
