"""Whatever a statement asks, the sites of the scope stand over it at the top, joined by AND."""

import pytest
from builders.influxql_queries import queries

from aggregator.storage.timeseries.influxql.influx_text import render
from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.scope import EVERYWHERE, SiteScope, scoped
from aggregator.storage.timeseries.influxql.syntax import (
    Both,
    Compare,
    Either,
    Ref,
    ShowDatabases,
    ShowFieldKeys,
    ShowRetentionPolicies,
)

ONE = SiteScope(frozenset({"a"}))
TWO = SiteScope(frozenset({"b'", "a"}))
SITE_A = Compare(Ref("site", "tag"), "=", "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT v FROM m", 'SELECT "v" FROM "m" WHERE "site"::tag = \'a\''),
        (
            "SELECT v FROM m WHERE site = 'b' OR x = 'y'",
            'SELECT "v" FROM "m" WHERE "site"::tag = \'a\' AND ("site" = \'b\' OR "x" = \'y\')',
        ),
        ("SHOW MEASUREMENTS", "SHOW MEASUREMENTS WHERE \"site\"::tag = 'a'"),
        ("SHOW TAG KEYS", "SHOW TAG KEYS WHERE \"site\"::tag = 'a'"),
        ("SHOW TAG VALUES WITH KEY = x", 'SHOW TAG VALUES WITH KEY = "x" WHERE "site"::tag = \'a\''),
        ("SHOW SERIES", "SHOW SERIES WHERE \"site\"::tag = 'a'"),
        ("SHOW FIELD KEYS", "SHOW FIELD KEYS"),
    ],
)
def test_the_site_stands_over_every_condition(text: str, expected: str) -> None:
    tree = parse(text)
    assert not isinstance(tree, ShowDatabases | ShowRetentionPolicies)
    assert render(scoped(tree, ONE)) == expected


def test_no_query_of_the_family_escapes_its_scope() -> None:
    for text in queries(7, 200):
        tree = parse(text)
        assert not isinstance(tree, ShowDatabases | ShowRetentionPolicies)
        found = scoped(tree, ONE)
        if isinstance(found, ShowFieldKeys):
            continue
        assert found.where == SITE_A or (isinstance(found.where, Both) and found.where.left == SITE_A)


def test_several_sites_are_joined_by_or_within_their_own_parentheses() -> None:
    found = render(scoped(parse("SELECT v FROM m WHERE x = 'y'"), TWO))  # type: ignore[arg-type]  it is a SELECT
    assert found.endswith("WHERE (\"site\"::tag = 'a' OR \"site\"::tag = 'b\\'') AND \"x\" = 'y'")


def test_everywhere_changes_nothing_and_nowhere_asks_nothing() -> None:
    tree = parse("SELECT v FROM m WHERE a = 'x' OR b = 'y'")
    assert not isinstance(tree, ShowDatabases | ShowRetentionPolicies)
    assert scoped(tree, EVERYWHERE) == tree
    assert isinstance(getattr(tree, "where", None), Either)
    nowhere = SiteScope(frozenset())
    assert (nowhere.nowhere, EVERYWHERE.nowhere, ONE.nowhere) == (True, False, False)
    with pytest.raises(ValueError, match="without sites"):
        scoped(tree, nowhere)
