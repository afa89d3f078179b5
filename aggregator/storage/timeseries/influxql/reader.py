"""A cursor over tokens, with what every rule of the grammar asks of it."""

from collections.abc import Mapping
from typing import Final

from aggregator.storage.timeseries.influxql.lexer import Kind, Token, tokens
from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError

MAX_DEPTH: Final = 64
Parameters = Mapping[str, str | int | float]
_WORDS: Final = """
ALL ALTER ANALYZE ANY AS ASC BEGIN BY CREATE CONTINUOUS DATABASE DATABASES DEFAULT DELETE DESC
DESTINATIONS DIAGNOSTICS DISTINCT DROP DURATION END EVERY EXPLAIN FIELD FOR FROM GRANT GRANTS
GROUP GROUPS IN INF INSERT INTO KEY KEYS KILL LIMIT MEASUREMENT MEASUREMENTS NAME OFFSET ON
ORDER PASSWORD POLICY POLICIES PRIVILEGES QUERIES QUERY READ REPLICATION RESAMPLE RETENTION
REVOKE SELECT SERIES SET SHARD SHARDS SHOW SLIMIT SOFFSET STATS SUBSCRIPTION SUBSCRIPTIONS TAG
TO USER USERS VALUES WHERE WITH WRITE AND OR TRUE FALSE
"""
_RESERVED: Final = frozenset(_WORDS.split())


class Reader:
    """Reads tokens one by one; bound parameters become the literals that they stand for."""

    def __init__(self, text: str, parameters: Parameters) -> None:
        self._tokens = tuple(_bound(token, parameters) for token in tokens(text))
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self._tokens[self._at]

    @property
    def after(self) -> Token:
        """The one after it."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Read one token."""
        token = self.token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def takes_word(self, *words: str) -> bool:
        """Read these keywords if all of them follow."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if len(ahead) == len(words) and all(t.is_word(w) for t, w in zip(ahead, words, strict=True)):
            self._at += len(words)
            return True
        return False

    def takes_mark(self, mark: str) -> bool:
        """Read this mark if it follows."""
        if self.token.is_mark(mark):
            self.take()
            return True
        return False

    def need_word(self, *words: str) -> None:
        """Read these keywords; raises SyntaxRefusedError."""
        if not self.takes_word(*words):
            raise self.unexpected(" ".join(words))

    def need_mark(self, mark: str) -> None:
        """Read this mark; raises SyntaxRefusedError."""
        if not self.takes_mark(mark):
            raise self.unexpected(mark)

    def need(self, *kinds: Kind) -> Token:
        """Read a token of one of these kinds; raises SyntaxRefusedError."""
        if self.token.kind not in kinds:
            raise self.unexpected(" or ".join(kinds))
        return self.take()

    def name(self) -> str:
        """Read an identifier; raises SyntaxRefusedError."""
        token = self.token
        if token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.value.upper() not in _RESERVED):
            return self.take().value
        raise self.unexpected("identifier")

    def enter(self) -> None:
        """Go one parenthesis deeper; raises SyntaxRefusedError past MAX_DEPTH."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxRefusedError(f"more than {MAX_DEPTH} parentheses stand inside one another")

    def leave(self) -> None:
        """Come one parenthesis up."""
        self._depth -= 1

    def unexpected(self, expected: str) -> SyntaxRefusedError:
        """Error that tells what was found and what was expected, in InfluxDB's words."""
        token = self.token
        return SyntaxRefusedError(f"found {token.value}, expected {expected} at char {token.at + 1}")


def _bound(token: Token, parameters: Parameters) -> Token:
    if token.kind is not Kind.PARAMETER:
        return token
    if token.value not in parameters:
        raise SyntaxRefusedError(f"missing parameter: ${token.value} stands in the query and not in params")
    value = parameters[token.value]
    if isinstance(value, str):
        return Token(Kind.TEXT, value, token.at)
    kind = Kind.INTEGER if isinstance(value, int) else Kind.NUMBER
    return Token(kind, str(value), token.at, value)
