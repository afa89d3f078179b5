"""A rendered tree is parsed back to itself, whatever stands in it; any text is parsed or refused."""

import contextlib

import pytest
from builders.influxql_queries import queries
from hypothesis import given
from hypothesis import strategies as st

from aggregator.storage.timeseries.influxql.expressions import AGGREGATES, TRANSFORMS
from aggregator.storage.timeseries.influxql.influx_text import render
from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.refusals import QueryRefusedError
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
    ShowMeasurements,
    ShowTagValues,
    Source,
    Span,
    TimeBound,
)

TEXTS = st.text(max_size=12)
NAMES = st.text(min_size=1, max_size=8)
NS = st.integers(-(2**62), 2**62)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=64).filter(lambda x: abs(x) < 1e30)
NUMBERS = st.integers(-(2**60), 2**60) | FLOATS.map(lambda x: x + 0.0)
REGEXES = st.lists(
    st.sampled_from(["a", ".", "/", "\\d", "\\.", "\\\\", "'", '"', "ệ", " "]), max_size=6
).map("".join)
REFS = st.builds(
    Ref, NAMES.filter(lambda name: name.lower() != "time"), st.sampled_from(["", "tag", "field"])
)
LEAVES = REFS | st.builds(Literal, NUMBERS) | st.builds(Span, NS)


def _grown(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    names = st.sampled_from(sorted(AGGREGATES | TRANSFORMS))
    calls = st.builds(Call, names, st.lists(inner, min_size=1, max_size=2).map(tuple))
    return calls | st.builds(Arithmetic, st.sampled_from("+-*/%"), inner, inner)


EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=6)
INSTANTS = (
    st.builds(Instant, st.just(Anchor.EPOCH), NS)
    | st.builds(Instant, st.just(Anchor.NOW), NS)
    | st.builds(Instant, st.just(Anchor.TEXT), NS, TEXTS)
)
COMPARISONS = (
    st.builds(TimeBound, st.sampled_from(["=", "<", "<=", ">", ">="]), INSTANTS)
    | st.builds(Compare, REFS, st.sampled_from(["=", "!="]), TEXTS)
    | st.builds(Compare, REFS, st.sampled_from(["=~", "!~"]), REGEXES)
    | st.builds(Compare, REFS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), NUMBERS)
)
CONDITIONS = st.recursive(
    COMPARISONS, lambda inner: st.builds(Both, inner, inner) | st.builds(Either, inner, inner), max_leaves=6
)
WHERES = st.none() | CONDITIONS
SOURCES = st.builds(Source, NAMES, st.just("") | NAMES, st.just("")) | st.builds(
    Source, NAMES, st.just("") | NAMES, NAMES
)
PAGES = st.just(Page()) | st.builds(Page, st.integers(1, 99), st.integers(0, 99))
FILLS = st.builds(Fill, st.sampled_from([FillKind.NONE, FillKind.NULL, FillKind.LINEAR])) | st.builds(
    Fill, st.just(FillKind.NUMBER), NUMBERS
)
SELECTS = st.builds(
    Select,
    columns=st.lists(st.builds(Column, EXPRESSIONS, st.just("") | NAMES), min_size=1, max_size=3).map(tuple),
    source=SOURCES,
    where=WHERES,
    tags=st.lists(NAMES, max_size=2, unique=True).map(tuple),
    all_tags=st.booleans(),
    every=st.none() | st.builds(Every, st.integers(1, 2**60), NS),
    fill=FILLS,
    descending=st.booleans(),
    page=PAGES,
    series_page=PAGES,
    zone=TEXTS,
)
MATCHES = st.builds(Match, st.just("="), st.tuples(NAMES)) | st.builds(
    Match, st.just("=~"), st.tuples(REGEXES)
)
SHOWS = st.builds(ShowMeasurements, st.just("") | NAMES, st.none() | MATCHES, WHERES, PAGES) | st.builds(
    ShowTagValues, MATCHES, st.just("") | NAMES, st.none() | SOURCES, WHERES, PAGES
)


@given(SELECTS | SHOWS)
def test_a_rendered_tree_is_parsed_back_to_itself(tree: Select | ShowMeasurements | ShowTagValues) -> None:
    assert parse(render(tree)) == tree


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    _parsed_or_refused(text)


SAID = """SELECT SHOW FROM WHERE GROUP BY TIME time ( ) , ; :: = =~ / /a/ 'x' "y" 1 1m * + - now ( ) AND OR
fill previous ORDER DESC LIMIT TAG VALUES KEYS KEY WITH IN tz mean value . .. $a $ \\ ' " --"""
WORDS = st.sampled_from(SAID.split())


@given(st.lists(WORDS, max_size=25).map(" ".join))
def test_any_words_of_the_language_are_parsed_or_refused(text: str) -> None:
    _parsed_or_refused(text)


def _parsed_or_refused(text: str) -> None:
    with contextlib.suppress(QueryRefusedError):
        tree = parse(text)
        assert parse(render(tree)) == tree


@pytest.mark.parametrize("seed", range(3))
def test_the_family_of_queries_is_rendered_and_parsed_back(seed: int) -> None:
    for text in queries(seed, 60):
        assert parse(render(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select a-(b-1)*2 from m", 'SELECT "a" - ("b" - 1) * 2 FROM "m"'),
        (
            "select mean(v) from db..m where a=~/x\\/y/",
            'SELECT mean("v") FROM "db".."m" WHERE "a" =~ /x\\/y/',
        ),
        (
            "select v from m where time>now()-90m and (a='it\\'s' or n<1.50)",
            'SELECT "v" FROM "m" WHERE time > now() - 90m AND ("a" = \'it\\\'s\' OR "n" < 1.5)',
        ),
        (
            "select mean(v) from m group by a,time(60s) fill(null) order by time desc limit 3",
            'SELECT mean("v") FROM "m" GROUP BY time(1m), "a" ORDER BY time DESC LIMIT 3',
        ),
        ("show tag values with key in (a,b)", 'SHOW TAG VALUES WITH KEY IN ("a", "b")'),
    ],
)
def test_text_is_written_anew(text: str, expected: str) -> None:
    assert render(parse(text)) == expected
