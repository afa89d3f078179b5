from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aggregator.audit.chain import START, Break, breaks, link, seal
from aggregator.audit.entry import AuditRow

KEY = b"k" * 32


def written(count: int) -> list[AuditRow]:
    rows: list[AuditRow] = []
    before = START
    for number in range(1, count + 1):
        row = AuditRow(
            number, number * 1000, "person", "u-1", "Lan", "user.created", f"user:{number}", "", "{}", "", b""
        )
        before = link(KEY, before, row)
        rows.append(replace(row, hash=before))
    return rows


def head_of(rows: list[AuditRow]) -> tuple[int, bytes]:
    return len(rows), seal(KEY, len(rows), rows[-1].hash if rows else START)


def test_a_log_as_it_was_written_holds() -> None:
    for count in (0, 1, 5):
        rows = written(count)
        assert list(breaks(KEY, rows, head_of(rows))) == []


@given(st.integers(1, 6), st.data())
def test_any_altered_column_of_any_row_is_found(count: int, data: st.DataObject) -> None:
    rows = written(count)
    head = head_of(rows)
    place = data.draw(st.integers(0, count - 1))
    column = data.draw(st.sampled_from([name for name in AuditRow.__slots__ if name not in {"id", "hash"}]))
    value = getattr(rows[place], column)
    rows[place] = replace(rows[place], **{column: value + 1 if isinstance(value, int) else value + "x"})
    assert [each.id for each in breaks(KEY, rows, head)] == [place + 1]


@given(st.integers(1, 6), st.data())
def test_any_removed_row_is_found(count: int, data: st.DataObject) -> None:
    rows = written(count)
    head = head_of(rows)
    del rows[data.draw(st.integers(0, count - 1))]
    assert list(breaks(KEY, rows, head))


def test_a_row_that_another_key_made_is_found() -> None:
    rows = written(3)
    forged = replace(rows[1], subject="user:9", hash=b"")
    rows[1] = replace(forged, hash=link(b"x" * 32, rows[0].hash, forged))
    assert [each.id for each in breaks(KEY, rows, head_of(rows))] == [2, 3]


def test_a_head_that_was_altered_is_found() -> None:
    rows = written(2)
    assert list(breaks(KEY, rows, (2, START))) == [
        Break(2, "the head was altered, or belongs to another key")
    ]
    assert list(breaks(KEY, rows, (3, head_of(rows)[1]))) == [
        Break(3, "the log has 2 rows and its head says 3")
    ]
