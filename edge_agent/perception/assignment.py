"""Who belongs to whom: the assignment of least total cost, with forbidden pairs.

Pure and deterministic: equal costs are settled by the lower index. Rows and columns that have only each
other are joined at once; only the rest, usually a few people who overlap, goes through the exact solver.
"""

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

FORBIDDEN: Final = 1e3
"""Cost of a pair that must not be joined; allowed costs are far below it."""

_Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def assign(cost: NDArray[np.float32] | NDArray[np.float64], limit: float, alone: float = FORBIDDEN) -> _Pairs:
    """Join rows with columns so that as many as possible are joined, at the least total cost.

    Args:
        cost: shape (n, m).
        limit: pairs at or above this cost are never joined.
        alone: what it costs to leave a pair apart. With `limit` itself, one good pair is worth more than two
            poor ones, so that a gap in dense traffic is not closed by moving everybody up.

    Returns:
        Row and column indices of the joined pairs, ascending by row.
    """
    allowed = cost < limit
    if not allowed.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    row_choices, column_choices = allowed.sum(axis=1), allowed.sum(axis=0)
    sure = allowed & (row_choices == 1)[:, None] & (column_choices == 1)[None, :]
    rows, columns = np.nonzero(sure)
    row_choices[rows] = column_choices[columns] = 0
    open_rows, open_columns = np.flatnonzero(row_choices), np.flatnonzero(column_choices)
    if len(open_rows):
        grid = np.ix_(open_rows, open_columns)
        chosen = _hungarian(np.where(allowed[grid], cost[grid], alone).tolist())
        pairs = [(open_rows[r], open_columns[c]) for r, c in chosen if allowed[open_rows[r], open_columns[c]]]
        if pairs:
            more_rows, more_columns = np.array(pairs, np.int64).T
            rows, columns = np.concatenate([rows, more_rows]), np.concatenate([columns, more_columns])
            order = np.argsort(rows, kind="stable")
            rows, columns = rows[order], columns[order]
    return rows, columns


def _hungarian(cost: list[list[float]]) -> list[tuple[int, int]]:
    """Exact assignment by shortest augmenting paths (Kuhn 1955, Jonker and Volgenant 1987).

    Plain lists: for the handful of objects that dispute each other they are several times faster than arrays.
    """
    if len(cost) > len(cost[0]):
        return [(row, column) for column, row in _hungarian([list(each) for each in zip(*cost, strict=True)])]
    n, m = len(cost), len(cost[0])
    row_price, column_price = [0.0] * (n + 1), [0.0] * (m + 1)
    owner = [0] * (m + 1)  # row of each column, from 1; column 0 holds the row that is being placed
    for row in range(1, n + 1):
        owner[0] = row
        _place(cost, row_price, column_price, owner)
    return sorted((owner[column] - 1, column - 1) for column in range(1, m + 1) if owner[column])


def _place(
    cost: list[list[float]], row_price: list[float], column_price: list[float], owner: list[int]
) -> None:
    """Find the cheapest chain of changes that gives the row in column 0 a column of its own."""
    m = len(owner) - 1
    best, came_from, done = [inf] * (m + 1), [0] * (m + 1), [False] * (m + 1)
    column = 0
    while owner[column]:
        done[column] = True
        here, nearest, step = owner[column], 0, inf
        row, price = cost[here - 1], row_price[here]
        for other in range(1, m + 1):
            if done[other]:
                continue
            reduced = row[other - 1] - price - column_price[other]
            if reduced < best[other]:
                best[other], came_from[other] = reduced, column
            if best[other] < step:
                step, nearest = best[other], other
        for other in range(m + 1):
            if done[other]:
                row_price[owner[other]] += step
                column_price[other] -= step
            else:
                best[other] -= step
        column = nearest
    while column:
        owner[column] = owner[came_from[column]]
        column = came_from[column]
