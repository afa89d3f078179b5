import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.storage.timeseries.rollup_cover import HOUR_NS, MAX_PARTS, MINUTE_NS, Cover, cover


@pytest.mark.parametrize(
    ("start", "end", "step_s", "dirty", "expected"),
    [
        pytest.param(5, 5, 60, [], Cover(), id="nothing"),
        pytest.param(0, 120, 45, [], Cover(raw=((0, 120),)), id="buckets that minutes do not make"),
        pytest.param(0, 120, 0, [], Cover(raw=((0, 120),)), id="raw asked for"),
        pytest.param(10, 50, 60, [], Cover(raw=((10, 50),)), id="within a minute"),
        pytest.param(0, 120, 60, [], Cover(minutes=((0, 120),)), id="whole minutes"),
        pytest.param(
            10, 200, 60, [], Cover(raw=((10, 60), (180, 200)), minutes=((60, 180),)), id="cut minutes are raw"
        ),
        pytest.param(
            0, 300, 60, [2, 0], Cover(((0, 60), (120, 180)), ((60, 120), (180, 300))), id="dirty are raw"
        ),
        pytest.param(0, 7200, 60, [], Cover(minutes=((0, 7200),)), id="minutes asked for"),
        pytest.param(0, 7200, 3600, [], Cover(hours=((0, 7200),)), id="whole hours"),
        pytest.param(
            60, 7260, 3600, [], Cover(minutes=((60, 3600), (7200, 7260)), hours=((3600, 7200),)), id="edges"
        ),
        pytest.param(
            0,
            7200,
            3600,
            [1, 999],
            Cover(((60, 120),), ((0, 60), (120, 3600)), ((3600, 7200),)),
            id="a dirty minute makes its hour one of minutes",
        ),
    ],
)
def test_each_part_of_a_range_is_read_where_it_is_shortest(
    start: int, end: int, step_s: int, dirty: list[int], expected: Cover
) -> None:
    def ns(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((low * 10**9, high * 10**9) for low, high in ranges)

    wanted = Cover(ns(expected.raw), ns(expected.minutes), ns(expected.hours))
    assert wanted == cover(start * 10**9, end * 10**9, step_s, dirty)


@given(
    st.integers(0, 10 * HOUR_NS),
    st.integers(0, 10 * HOUR_NS),
    st.sampled_from([0, 1, 60, 300, 3600, 86_400]),
    st.lists(st.integers(0, 1300)),
)
def test_the_parts_are_the_whole_range_once_and_dirty_minutes_are_raw(
    start: int, length: int, step_s: int, dirty: list[int]
) -> None:
    found = cover(start, start + length, step_s, dirty)
    parts = sorted([*found.raw, *found.minutes, *found.hours])
    assert sum(high - low for low, high in parts) == length
    assert all(a[1] == b[0] for a, b in itertools.pairwise(parts))
    assert not parts or (parts[0][0], parts[-1][1]) == (start, start + length)
    for low, high in (*found.minutes, *found.hours):
        assert not any(low <= minute * MINUTE_NS < high for minute in dirty)
        assert low % MINUTE_NS == high % MINUTE_NS == 0


def test_very_many_scattered_dirty_minutes_are_read_in_few_stretches() -> None:
    found = cover(0, 100 * HOUR_NS, 60, range(0, 6_000, 3))
    assert len(found.raw) <= MAX_PARTS
    assert cover(0, 100 * HOUR_NS, 60, range(0, 600, 20)).minutes
