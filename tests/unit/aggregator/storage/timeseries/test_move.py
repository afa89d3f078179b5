from builders.ingest import row

from aggregator.storage.timeseries.move import DAY_NS, ROWS_A_SLICE, Moved, StoredRow, move, slices
from aggregator.storage.timeseries.store import NS_PER_MS, StreamRows, WriteResult


class Held:
    """A scan of rows in memory."""

    def __init__(self, rows: list[StoredRow], weight: int = 1) -> None:
        self.held = {self.time(each): each for each in rows}
        self.weight = weight

    @staticmethod
    def time(each: StoredRow) -> int:
        return each.row.start_ms * NS_PER_MS + each.row.seq

    def span(self) -> tuple[int, int] | None:
        return (min(self.held), max(self.held) + 1) if self.held else None

    def count(self, start_ns: int, end_ns: int) -> int:
        return len(self.rows(start_ns, end_ns)) * self.weight

    def rows(self, start_ns: int, end_ns: int) -> list[StoredRow]:
        return [each for time, each in self.held.items() if start_ns <= time < end_ns]

    def write(self, batch: tuple[StreamRows, ...]) -> WriteResult:
        rows = [StoredRow(part.node, part.stream, part.site, each) for part in batch for each in part.rows]
        self.held |= {self.time(each): each for each in rows}
        return WriteResult(len(rows), 0)


def rows_of(node: str, *seqs: int) -> list[StoredRow]:
    return [StoredRow(node, "00" * 8, "", row(seq, start_ms=seq * 40_000_000)) for seq in seqs]


def test_every_row_is_moved_and_compared() -> None:
    source, target = Held(rows_of("a", 1, 2, 9)), Held([])
    told: list[float] = []
    moved = move(source, target, target.write, lambda _moved, part: told.append(part))
    assert moved == Moved(3, 3, 0, ())
    assert source.held == target.held
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_is_missing_or_changed_is_counted_with_examples() -> None:
    changed = [StoredRow("a", "00" * 8, "", row(1, start_ms=40_000_000, value=8.0)), *rows_of("a", 2)]
    moved = move(Held(rows_of("a", 1, 2, 3)), Held(changed), None, lambda _moved, _part: None)
    assert (moved.rows, moved.different, len(moved.examples)) == (3, 2, 2)


def test_an_empty_store_moves_nothing() -> None:
    assert Moved() == move(Held([]), Held([]), None, lambda _moved, _part: None)


def test_full_days_are_halved_and_empty_ones_left_out() -> None:
    heavy = Held(rows_of("a", 1, 2, 400), weight=ROWS_A_SLICE // 2 + 1)
    span = heavy.span()
    assert span is not None
    found = list(slices(heavy, *span))
    assert [len(heavy.rows(*part)) for part in found] == [1, 1, 1]
    assert all(high - low <= DAY_NS for low, high in found)
    assert found == sorted(found)
