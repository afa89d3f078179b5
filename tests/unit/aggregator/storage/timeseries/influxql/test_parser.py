"""What Grafana's datasource sends is parsed; everything outside the subset is refused by name."""

# ruff: noqa: S608  queries of tests

import pytest

from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError, UnsupportedError
from aggregator.storage.timeseries.influxql.syntax import (
    Anchor,
    Arithmetic,
    Both,
    Call,
    Column,
    Compare,
    Either,
    Every,
    Fill,
    FillKind,
    Instant,
    Literal,
    Match,
    Page,
    Ref,
    Select,
    ShowDatabases,
    ShowFieldKeys,
    ShowMeasurements,
    ShowRetentionPolicies,
    ShowSeries,
    ShowTagKeys,
    ShowTagValues,
    Source,
    Span,
    TimeBound,
)

MEAN = Column(Call("mean", (Ref("value"),)))
FLOW = Source("flow")


def test_the_visual_editors_query() -> None:
    text = (
        'SELECT mean("value") * 3.6 AS "km/h" FROM "autogen"."flow" WHERE ("site"::tag = \'a\' AND "class" '
        "=~ /^(car|bus)$/) AND time >= 1791000000000ms and time <= 1791003600000ms GROUP BY time(1m, -30s), "
        "\"site\"::tag fill(previous) ORDER BY time DESC limit 5 slimit 3 tz('Asia/Ho_Chi_Minh')"
    )
    conditions = Both(Compare(Ref("site", "tag"), "=", "a"), Compare(Ref("class"), "=~", "^(car|bus)$"))
    start = TimeBound(">=", Instant(Anchor.EPOCH, 1_791_000_000_000_000_000))
    end = TimeBound("<=", Instant(Anchor.EPOCH, 1_791_003_600_000_000_000))
    assert parse(text) == Select(
        columns=(Column(Arithmetic("*", Call("mean", (Ref("value"),)), Literal(3.6)), "km/h"),),
        source=Source("flow", "autogen"),
        where=Both(Both(conditions, start), end),
        tags=("site",),
        every=Every(60_000_000_000, -30_000_000_000),
        fill=Fill(FillKind.PREVIOUS),
        descending=True,
        page=Page(5),
        series_page=Page(3),
        zone="Asia/Ho_Chi_Minh",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SHOW DATABASES", ShowDatabases()),
        ('show retention policies on "matthan"', ShowRetentionPolicies("matthan")),
        ("SHOW measurements", ShowMeasurements()),
        (
            "SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)fl/ LIMIT 100;",
            ShowMeasurements(match=Match("=~", ("(?i)fl",)), page=Page(100)),
        ),
        ('SHOW TAG KEYS ON db FROM "flow"', ShowTagKeys("db", FLOW)),
        (
            'SHOW TAG VALUES FROM "flow" WITH KEY = "site" WHERE "node" = \'a\'',
            ShowTagValues(Match("=", ("site",)), source=FLOW, where=Compare(Ref("node"), "=", "a")),
        ),
        ('SHOW TAG VALUES WITH KEY IN (a, "b")', ShowTagValues(Match("IN", ("a", "b")))),
        ("SHOW FIELD KEYS FROM db..flow", ShowFieldKeys(source=Source("flow", "", "db"))),
        ("SHOW SERIES LIMIT 3 OFFSET 4", ShowSeries(page=Page(3, 4))),
    ],
)
def test_the_editors_lists(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time > now() - 1h", TimeBound(">", Instant(Anchor.NOW, -3_600_000_000_000))),
        ("time > now() - 1h + 5s", TimeBound(">", Instant(Anchor.NOW, -3_595_000_000_000))),
        ("time < 5", TimeBound("<", Instant(Anchor.EPOCH, 5))),
        ("time >= -5s", TimeBound(">=", Instant(Anchor.EPOCH, -5_000_000_000))),
        ("time = '2026-01-01'", TimeBound("=", Instant(Anchor.TEXT, 0, "2026-01-01"))),
        ("n >= -3", Compare(Ref("n"), ">=", -3)),
        ("n::field != 2.5", Compare(Ref("n", "field"), "!=", 2.5)),
        ("a !~ /x/", Compare(Ref("a"), "!~", "x")),
        (
            "a = 'x' OR b = 'y' AND c = 'z'",
            Either(
                Compare(Ref("a"), "=", "x"), Both(Compare(Ref("b"), "=", "y"), Compare(Ref("c"), "=", "z"))
            ),
        ),
    ],
)
def test_conditions(text: str, expected: object) -> None:
    assert parse(f"SELECT mean(value) FROM flow WHERE {text}") == Select((MEAN,), FLOW, expected)  # type: ignore[arg-type]  of the table's


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - b - c", Arithmetic("-", Arithmetic("-", Ref("a"), Ref("b")), Ref("c"))),
        ("a - (b - c)", Arithmetic("-", Ref("a"), Arithmetic("-", Ref("b"), Ref("c")))),
        ("a + b * -2", Arithmetic("+", Ref("a"), Arithmetic("*", Ref("b"), Literal(-2)))),
        ("-a", Arithmetic("*", Literal(-1), Ref("a"))),
        ("+a", Ref("a")),
        ("derivative(last(a), 1s)", Call("derivative", (Call("last", (Ref("a"),)), Span(1_000_000_000)))),
        ("count(distinct(a))", Call("count", (Call("distinct", (Ref("a"),)),))),
        ("distinct a", Call("distinct", (Ref("a"),))),
    ],
)
def test_columns(text: str, expected: object) -> None:
    found = parse(f"SELECT {text} FROM flow")
    assert isinstance(found, Select)
    assert found.columns[0].expression == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("DROP MEASUREMENT flow", "DROP is not served"),
        ("create database x", "CREATE is not served"),
        ("DELETE FROM flow", "DELETE is not served"),
        ("SELECT mean(value) INTO x FROM flow", "SELECT INTO is not served"),
        ("SELECT value FROM flow; SELECT value FROM flow", "several statements"),
        ("SELECT value FROM flow; DROP DATABASE x", "several statements"),
        ("SELECT value FROM (SELECT value FROM flow)", "subqueries"),
        ("SELECT value FROM /.*/", "regex for the measurement"),
        ("SELECT value FROM flow, pm25", "several measurements"),
        ("SELECT * FROM flow", r"SELECT \*"),
        ("SELECT mean(*) FROM flow", r"mean\(\*\)"),
        ("SELECT top(value, 3) FROM flow", r"the function top\(\)"),
        ("SELECT value & 1 FROM flow", "bitwise operator &"),
        ("SELECT value::integer FROM flow", "the cast ::integer"),
        ("SELECT 'x' FROM flow", "a text is not served"),
        ("SELECT value FROM flow WHERE time != 5", "time != is not served"),
        ("SELECT value FROM flow WHERE a = b", "another column"),
        ("SELECT value FROM flow WHERE 'x' = a", "begins with a tag"),
        ("SELECT value FROM flow WHERE a > 'x'", "a > with this value"),
        ("SELECT mean(value) FROM flow GROUP BY /x/", "GROUP BY a regex"),
        ("SELECT mean(value) FROM flow GROUP BY value::field", "the field value"),
        ("SELECT mean(value) FROM flow GROUP BY time(1m, now())", "as the offset"),
        ("SELECT value FROM flow ORDER BY value", "only ORDER BY time"),
        ("SELECT value FROM flow OFFSET 3", "OFFSET without LIMIT"),
        ("SHOW USERS", "SHOW USERS is not served"),
        ("SHOW SERIES CARDINALITY", "CARDINALITY"),
        ("SHOW TAG KEYS FROM /x/", "regex for the measurement"),
        ("SHOW MEASUREMENTS ORDER BY name", "ORDER BY is not served in SHOW"),
        ("SHOW SERIES SLIMIT 3", "SLIMIT"),
        ("SHOW MEASUREMENTS WITH MEASUREMENT != x", "WITH … !="),
    ],
)
def test_what_is_not_served_is_refused_by_name(text: str, told: str) -> None:
    with pytest.raises(UnsupportedError, match=told):
        parse(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "found EOF, expected SELECT, SHOW"),
        ("SELECT valu e FROM m", "found e, expected FROM at char 13"),
        ("SELECT value FROM", "found EOF, expected identifier"),
        ("SELECT value FROM a.b.c.d", "database.policy.m"),
        ("SELECT value FROM flow WHERE", "expected identifier"),
        ("SELECT value FROM flow WHERE a =", "expected a text, a regex or a number"),
        ("SELECT mean(value) FROM flow GROUP BY time(0s)", "above 0"),
        ("SELECT mean(value) FROM flow GROUP BY time(1m), time(2m)", "multiple time dimensions"),
        ("SELECT mean(value) FROM flow GROUP BY time(1m) fill(often)", r"fill\(often\) is unknown"),
        ("SELECT value FROM flow LIMIT 1.5", "expected integer"),
        ("SELECT value FROM flow WHERE a = $missing", "missing parameter"),
        ("SELECT value FROM flow " + "x" * 9, "expected EOF"),
        (f"SELECT value FROM flow WHERE {'(' * 80}a = 'x'", "more than 64 parentheses"),
        (f"SELECT {'(' * 80}a FROM flow", "more than 64 parentheses"),
        (f"SELECT {'- ' * 80}a FROM flow", "more than 64 parentheses"),
        (f"SELECT {'sum(' * 80}a FROM flow", "more than 64 parentheses"),
    ],
)
def test_what_is_no_influxql_is_refused_as_such(text: str, told: str) -> None:
    with pytest.raises(SyntaxRefusedError, match=told):
        parse(text)


def test_bound_parameters_stand_for_values() -> None:
    found = parse("SELECT value FROM flow WHERE a = $a AND n > $n", {"a": "x' OR b = 'y", "n": 3})
    assert isinstance(found, Select)
    assert found.where == Both(Compare(Ref("a"), "=", "x' OR b = 'y"), Compare(Ref("n"), ">", 3))
