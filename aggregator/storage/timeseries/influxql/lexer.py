"""InfluxQL text as tokens. Pure, linear in the length of the text.

Whether a `/` begins a regex or divides is told by the token before it, as InfluxDB's own parser does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError

MAX_TEXT: Final = 65_536
NS: Final = {
    "ns": 1,
    "u": 1_000,
    "µ": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
"""Nanoseconds of each unit of a duration."""
MAX_INTEGER: Final = 2**63 - 1


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted identifier"
    TEXT = "string"
    INTEGER = "integer"
    NUMBER = "number"
    DURATION = "duration"
    REGEX = "regex"
    PARAMETER = "bound parameter"
    MARK = "mark"
    END = "EOF"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `value` is unescaped, `number` set for numbers and durations (ns)."""

    kind: Kind
    value: str
    at: int
    number: int | float = 0

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these (upper-case) keywords."""
        return self.kind is Kind.WORD and self.value.upper() in words

    def is_mark(self, *marks: str) -> bool:
        """Whether this is one of these marks."""
        return self.kind is Kind.MARK and self.value in marks


_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|--[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DURATION: Final = re.compile(r"(?:[0-9]+(?:ns|ms|[uµsmhdw]))+(?![A-Za-z0-9_])")
_PIECE: Final = re.compile(r"([0-9]+)(ns|ms|[uµsmhdw])")
_NUMBER: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_PARAMETER: Final = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\"([^\"\\\n]+)\")")
_MARK: Final = re.compile(r"=~|!~|!=|<>|<=|>=|::|[=<>+\-*/%&|^(),.;]")
_ESCAPES: Final = {"n": "\n", "\\": "\\", '"': '"', "'": "'"}


def tokens(text: str) -> Iterator[Token]:
    """Tokens of `text`, the last one END; raises SyntaxRefusedError where the text is no InfluxQL."""
    if len(text) > MAX_TEXT:
        raise SyntaxRefusedError(f"a query may have {MAX_TEXT} characters: this one has {len(text)}")
    at = 0
    before: Token | None = None
    while True:
        blank = _BLANK.match(text, at) if not _opens_regex(before, text, at) else None
        at = blank.end() if blank else at
        if at >= len(text):
            yield Token(Kind.END, "EOF", at)
            return
        token, at = _token(text, at, before)
        yield token
        before = token


def _opens_regex(before: Token | None, text: str, at: int) -> bool:
    if before is None or text[at : at + 1] != "/":
        return False
    return before.is_mark("=~", "!~") or before.is_word("FROM", "BY")


def _token(text: str, at: int, before: Token | None) -> tuple[Token, int]:
    first = text[at]
    if first in "'\"":
        value, end = _quoted(text, at)
        return Token(Kind.TEXT if first == "'" else Kind.QUOTED, value, at), end
    if _opens_regex(before, text, at):
        value, end = _regex(text, at)
        return Token(Kind.REGEX, value, at), end
    if first.isascii() and (first.isdigit() or (first == "." and text[at + 1 : at + 2].isdigit())):
        return _numeric(text, at)
    if word := _WORD.match(text, at):
        return Token(Kind.WORD, word.group(), at), word.end()
    if parameter := _PARAMETER.match(text, at):
        return Token(Kind.PARAMETER, parameter.group(1) or parameter.group(2), at), parameter.end()
    if mark := _MARK.match(text, at):
        value = "!=" if mark.group() == "<>" else mark.group()
        return Token(Kind.MARK, value, at), mark.end()
    raise SyntaxRefusedError(f"unexpected {first!r} at char {at + 1}")


def _numeric(text: str, at: int) -> tuple[Token, int]:
    if duration := _DURATION.match(text, at):
        ns = sum(int(amount) * NS[unit] for amount, unit in _PIECE.findall(duration.group()))
        if ns > MAX_INTEGER:
            raise SyntaxRefusedError(f"the duration {duration.group()} at char {at + 1} is too long")
        return Token(Kind.DURATION, duration.group(), at, ns), duration.end()
    found = _NUMBER.match(text, at)
    if found is None or _WORD.match(text, found.end()):
        raise SyntaxRefusedError(f"bad number or duration at char {at + 1}")
    plain = found.group()
    if not plain.isdigit():
        return Token(Kind.NUMBER, plain, at, float(plain)), found.end()
    if len(plain) > len(str(MAX_INTEGER)) or int(plain) > MAX_INTEGER:
        raise SyntaxRefusedError(f"the integer at char {at + 1} does not fit in 64 bits")
    return Token(Kind.INTEGER, plain, at, int(plain)), found.end()


def _quoted(text: str, at: int) -> tuple[str, int]:
    quote, position, parts = text[at], at + 1, list[str]()
    while position < len(text):
        letter = text[position]
        if letter == quote:
            return "".join(parts), position + 1
        if letter == "\n":
            break
        if letter == "\\":
            position += 1
            escaped = _ESCAPES.get(text[position : position + 1])
            if escaped is None:
                raise SyntaxRefusedError(f"bad escape at char {position}: \\n, \\\\, \\' and \\\" are known")
            letter = escaped
        parts.append(letter)
        position += 1
    raise SyntaxRefusedError(f"the text that begins at char {at + 1} has no closing {quote}")


def _regex(text: str, at: int) -> tuple[str, int]:
    position, parts = at + 1, list[str]()
    while position < len(text):
        letter = text[position]
        if letter == "/":
            return "".join(parts), position + 1
        if letter == "\n":
            break
        if letter == "\\" and position + 1 < len(text):
            position += 1
            letter = text[position]
            if letter == "\n":
                break
            parts.append(letter if letter == "/" else "\\" + letter)
        else:
            parts.append(letter)
        position += 1
    raise SyntaxRefusedError(f"the regex that begins at char {at + 1} has no closing /")
