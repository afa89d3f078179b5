from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.perception.assignment import FORBIDDEN, assign

tables = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.integers(0, 30).map(lambda n: n / 20), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)
LIMIT = 1.0


def best_by_trying_all(cost: list[list[float]]) -> tuple[int, float]:
    """Most pairs below the limit, and then the least cost."""
    n, m = len(cost), len(cost[0])
    if n > m:
        return best_by_trying_all([list(column) for column in zip(*cost, strict=True)])
    options = []
    for columns in permutations(range(m), n):
        picked = [cost[row][column] for row, column in enumerate(columns) if cost[row][column] < LIMIT]
        options.append((-len(picked), sum(picked)))
    count, total = min(options)
    return -count, total


@given(tables)
def test_as_many_as_possible_are_joined_at_the_least_cost(table: list[list[float]]) -> None:
    rows, columns = assign(np.array(table, np.float32), LIMIT)
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(table[row][column] < LIMIT for row, column in pairs)
    count, total = best_by_trying_all(table)
    assert count == len(pairs)
    assert total == pytest.approx(sum(table[row][column] for row, column in pairs), abs=1e-5)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[0.1, 0.2], [0.1, 0.9]], [(0, 1), (1, 0)]),
        ([[0.1, FORBIDDEN], [FORBIDDEN, 0.1]], [(0, 0), (1, 1)]),
        ([[FORBIDDEN, FORBIDDEN]], []),
        ([[0.5, 0.5], [0.5, 0.5]], [(0, 0), (1, 1)]),
        ([[0.3], [0.2], [0.4]], [(1, 0)]),
        ([[1.0]], []),
    ],
)
def test_pairs(table: list[list[float]], expected: list[tuple[int, int]]) -> None:
    rows, columns = assign(np.array(table, np.float32), LIMIT)
    assert expected == list(zip(rows.tolist(), columns.tolist(), strict=True))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_is_joined_with_nobody(shape: tuple[int, int]) -> None:
    rows, columns = assign(np.zeros(shape, np.float32), LIMIT)
    assert (len(rows), len(columns)) == (0, 0)


def test_one_good_pair_may_be_worth_more_than_two_poor_ones() -> None:
    """A gap in a file: everybody could move up by one, but who stays fits far better."""
    cost = np.array([[FORBIDDEN, 0.6], [0.65, 0.05]])
    assert [pairs.tolist() for pairs in assign(cost, 0.8)] == [[0, 1], [1, 0]]
    assert [pairs.tolist() for pairs in assign(cost, 0.8, alone=0.8)] == [[1], [1]]
