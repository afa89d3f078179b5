import pytest

from aggregator.storage.timeseries.influxql.lexer import Kind, tokens
from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError


def lexed(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.value) for token in tokens(text)][:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a _b9", [(Kind.WORD, "a"), (Kind.WORD, "_b9")]),
        ('"a b\\"c"', [(Kind.QUOTED, 'a b"c')]),
        ("'it\\'s\\n\\\\'", [(Kind.TEXT, "it's\n\\")]),
        (
            "12 1.5 .5 2.",
            [(Kind.INTEGER, "12"), (Kind.NUMBER, "1.5"), (Kind.NUMBER, ".5"), (Kind.NUMBER, "2.")],
        ),
        ("1h30m 5ms 3µ", [(Kind.DURATION, "1h30m"), (Kind.DURATION, "5ms"), (Kind.DURATION, "3µ")]),
        ("a =~ /x\\/y\\d/", [(Kind.WORD, "a"), (Kind.MARK, "=~"), (Kind.REGEX, "x/y\\d")]),
        ("FROM /m.*/", [(Kind.WORD, "FROM"), (Kind.REGEX, "m.*")]),
        ("a / b", [(Kind.WORD, "a"), (Kind.MARK, "/"), (Kind.WORD, "b")]),
        ("a <> b", [(Kind.WORD, "a"), (Kind.MARK, "!="), (Kind.WORD, "b")]),
        ("a::tag", [(Kind.WORD, "a"), (Kind.MARK, "::"), (Kind.WORD, "tag")]),
        ('$x $"a b"', [(Kind.PARAMETER, "x"), (Kind.PARAMETER, "a b")]),
        ("a -- told\n/* more */ b", [(Kind.WORD, "a"), (Kind.WORD, "b")]),
    ],
)
def test_text_becomes_tokens(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert lexed(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("'open", "no closing"),
        ('"a\nb"', "no closing"),
        ("'bad \\q'", "bad escape"),
        ("a =~ /open", "no closing /"),
        ("1e5", "bad number"),
        ("5y", "bad number"),
        ("9223372036854775808", "64 bits"),
        ("99999999999w", "too long"),
        ("a ? b", "unexpected '?'"),
        ("x" * 70_000, "65536 characters"),
    ],
)
def test_what_is_no_token_is_refused(text: str, told: str) -> None:
    with pytest.raises(SyntaxRefusedError, match=told):
        lexed(text)


def test_durations_are_nanoseconds() -> None:
    assert next(iter(tokens("1w2d3h4m5s6ms7u8ns"))).number == 788_645_006_007_008
