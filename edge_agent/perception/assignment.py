"""Who belongs to whom: the assignment of least total cost, with forbidden pairs.

Pure and deterministic: equal costs are settled by the lower index. Rows and columns that have only each
other are joined at once; only the rest, usually a few people who overlap, goes through the exact solver.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FORBIDDEN: Final = 1e3
"""Cost of a pair that must not be joined; allowed costs are far below it."""

_Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def assign(cost: NDArray[np.float32], limit: float) -> _Pairs:
    """Join rows with columns so that as many as possible are joined, at the least total cost.

    Args:
        cost: shape (n, m).
        limit: pairs at or above this cost are never joined.

    Returns:
        Row and column indices of the joined pairs, ascending by row.
    """
    allowed = cost < limit
    row_choices, column_choices = allowed.sum(axis=1), allowed.sum(axis=0)
    sure = allowed & (row_choices == 1)[:, None] & (column_choices == 1)[None, :]
    rows, columns = np.nonzero(sure)
    open_rows = np.flatnonzero((row_choices > 0) & ~sure.any(axis=1))
    open_columns = np.flatnonzero((column_choices > 0) & ~sure.any(axis=0))
    if len(open_rows) and len(open_columns):
        grid = np.ix_(open_rows, open_columns)
        chosen = _hungarian(np.where(allowed[grid], cost[grid], FORBIDDEN).astype(np.float64))
        pairs = [(open_rows[r], open_columns[c]) for r, c in chosen if allowed[open_rows[r], open_columns[c]]]
        if pairs:
            more_rows, more_columns = np.array(pairs, np.int64).T
            rows, columns = np.concatenate([rows, more_rows]), np.concatenate([columns, more_columns])
            order = np.argsort(rows, kind="stable")
            rows, columns = rows[order], columns[order]
    return rows.astype(np.int64), columns.astype(np.int64)


def _hungarian(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Exact assignment by shortest augmenting paths (Kuhn 1955, Jonker and Volgenant 1987), O(n² m)."""
    if cost.shape[0] > cost.shape[1]:
        return [(row, column) for column, row in _hungarian(cost.T)]
    n, m = cost.shape
    row_price, column_price = np.zeros(n + 1), np.zeros(m + 1)
    owner = np.zeros(m + 1, np.int64)  # row of each column, from 1; column 0 holds the row being placed
    for row in range(1, n + 1):
        owner[0] = row
        came_from = np.zeros(m + 1, np.int64)
        best = np.full(m + 1, np.inf)
        done = np.zeros(m + 1, np.bool_)
        column = 0
        while owner[column] != 0:
            done[column] = True
            here = owner[column]
            reduced = cost[here - 1] - row_price[here] - column_price[1:]
            better = ~done[1:] & (reduced < best[1:])
            best[1:][better] = reduced[better]
            came_from[1:][better] = column
            nearest = int(np.argmin(np.where(done[1:], np.inf, best[1:]))) + 1
            step = best[nearest]
            row_price[owner[done]] += step
            column_price[done] -= step
            best[~done] -= step
            column = nearest
        while column:
            previous = int(came_from[column])
            owner[column] = owner[previous]
            column = previous
    return sorted((int(owner[j]) - 1, j - 1) for j in range(1, m + 1) if owner[j])
