"""Payloads that gave no fact, kept with their bytes and the reason, in bounded room.

Invariants: the same bytes on the same topic are one letter, however often they come; the newest
MAX_LETTERS letters of at most MAX_TOTAL_BYTES together are kept, so that a flood of poison costs a
bounded piece of disk.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

MAX_LETTERS: Final = 5_000
MAX_TOTAL_BYTES: Final = 67_108_864
MAX_LETTER_BYTES: Final = 262_144
_MAX_TOPIC: Final = 255
_MAX_DETAIL: Final = 500
_MAX_SEQS: Final = 1_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One payload; `seqs` are its facts that the watermark counts as dead-lettered."""

    topic: str
    payload: bytes
    reason: str
    detail: str
    node: str = ""
    stream: str = ""
    seqs: tuple[int, ...] = ()

    @property
    def digest(self) -> bytes:
        """SHA-256 over topic and payload: equal letters are one."""
        return hashlib.sha256(self.topic.encode() + b"\x00" + self.payload).digest()


_AGAIN: Final = (
    "UPDATE dead_letters SET times = times + 1, received_at_ms = {p} WHERE digest = {p}",
    """INSERT INTO dead_letters (digest, topic, node, stream, seqs, seq_count, reason, detail, payload, size,
        times, first_received_at_ms, received_at_ms) VALUES ({p}, {p}, {p}, {p}, {p}, {p}, {p}, {p}, {p}, {p},
        1, {p}, {p}) ON CONFLICT (digest) DO UPDATE SET times = dead_letters.times + 1""",
)
_PRUNE: Final = """DELETE FROM dead_letters WHERE id IN (SELECT id FROM (
    SELECT id, row_number() OVER (ORDER BY id DESC) AS place,
        sum(length(payload)) OVER (ORDER BY id DESC) AS bytes FROM dead_letters) AS newest
    WHERE place > {p} OR bytes > {p})"""


def keep(connection: Connection, letters: tuple[DeadLetter, ...], now_ms: int) -> None:
    """Write letters in the caller's transaction, and let the oldest go."""
    if not letters:
        return
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    again, insert = (statement.format(p=mark) for statement in _AGAIN)
    for letter in letters:
        if connection.exec_driver_sql(again, (now_ms, letter.digest)).rowcount == 0:
            connection.exec_driver_sql(insert, _row(letter, now_ms))
    connection.exec_driver_sql(_PRUNE.format(p=mark), (MAX_LETTERS, MAX_TOTAL_BYTES))


def _row(letter: DeadLetter, now_ms: int) -> tuple[bytes | str | int, ...]:
    seqs = msgspec.json.encode(letter.seqs[:_MAX_SEQS]).decode()
    return (
        letter.digest,
        _text(letter.topic, _MAX_TOPIC),
        letter.node,
        letter.stream,
        seqs,
        len(letter.seqs),
        letter.reason,
        _text(letter.detail, _MAX_DETAIL),
        letter.payload[:MAX_LETTER_BYTES],
        len(letter.payload),
        now_ms,
        now_ms,
    )


def _text(text: str, length: int) -> str:
    """Text that every database takes: cut, and without what PostgreSQL refuses."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:length]
