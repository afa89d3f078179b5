"""What is dropped under quota and which acknowledgements are believed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.outbox.policy import Candidate, SeqRange, StreamMarks, Verdict, judge, ranges_of, to_drop

_candidates = st.lists(
    st.builds(Candidate, st.integers(1, 10**6), st.integers(0, 2), st.integers(1, 500)),
    unique_by=lambda c: c.seq,
    max_size=60,
)


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (0, []),
        (1, [2]),
        (10, [2]),
        (11, [2, 5]),
        (21, [2, 5, 3]),
        (31, [2, 5, 3, 1]),
        (10**6, [2, 5, 3, 1, 4]),
    ],
)
def test_lowest_priority_goes_first_and_the_oldest_of_it(need: int, expected: list[int]) -> None:
    found = [
        Candidate(1, 2, 10),
        Candidate(2, 0, 10),
        Candidate(3, 1, 10),
        Candidate(4, 2, 10),
        Candidate(5, 0, 10),
    ]
    assert to_drop(found, need) == expected


@given(_candidates, st.integers(0, 30_000))
def test_no_more_goes_than_was_asked_and_nothing_worthier_before(found: list[Candidate], need: int) -> None:
    gone = to_drop(found, need)
    sizes = {c.seq: c.size for c in found}
    freed = sum(sizes[seq] for seq in gone)
    assert freed >= need or len(gone) == len(found)
    assert not gone or freed - sizes[gone[-1]] < need
    key = {c.seq: (c.priority, c.seq) for c in found}
    kept = [key[c.seq] for c in found if c.seq not in set(gone)]
    assert not gone or not kept or max(key[seq] for seq in gone) < min(kept)


@given(st.sets(st.integers(1, 200)))
def test_ranges_cover_what_went_and_nothing_else(seqs: set[int]) -> None:
    ranges = ranges_of(seqs)
    assert {n for r in ranges for n in range(r.first, r.last + 1)} == seqs
    assert sum(map(len, ranges)) == len(seqs)
    assert all(a.last + 1 < b.first for a, b in itertools.pairwise(ranges))


def test_neighbouring_seqs_make_one_range() -> None:
    assert ranges_of([3, 1, 2, 9]) == [SeqRange(1, 3), SeqRange(9, 9)]


@pytest.mark.parametrize(
    ("stream", "seq", "sent", "heard", "expected"),
    [
        (b"mine", 6, 8, True, Verdict.SETTLES),
        (b"mine", 8, 8, True, Verdict.SETTLES),
        (b"mine", 5, 8, True, Verdict.STALE),
        (b"mine", 4, 8, False, Verdict.STALE),
        (b"else", 6, 8, False, Verdict.OTHER_STREAM),
        (b"mine", 9, 8, True, Verdict.BEYOND_SENT),
        (b"mine", 9, 8, False, Verdict.BEYOND_SENT),
        (b"mine", 9, 7, False, Verdict.ROLLED_BACK),
        (b"mine", 9, 7, True, Verdict.BEYOND_SENT),
    ],
)
def test_acknowledgements_are_believed_only_for_what_may_have_been_sent(
    stream: bytes, seq: int, sent: int, *, heard: bool, expected: Verdict
) -> None:
    assert judge(stream, seq, StreamMarks(b"mine", 5, 7, sent, heard)) is expected
