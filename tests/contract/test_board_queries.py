"""Every query of every board lies in the subset that the aggregator answers, and keeps to its scope."""

import pytest
from builders.board_queries import Range, board_queries, raw_queries

from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.plan import plan
from aggregator.storage.timeseries.influxql.schema import schema_of
from aggregator.storage.timeseries.influxql.scope import SiteScope, scoped
from aggregator.storage.timeseries.influxql.syntax import Select, ShowTagValues
from provisioning.grafana.alerts import RULES, Rule
from provisioning.grafana.targets import Query
from provisioning.grafana.targets import Select as Column

DAY = Range(1_795_000_000_000, 1_795_086_400_000)
ASKED = {asked.text: asked for asked in board_queries(DAY, {"node": "box-traffic-001", "camera": "cam-1"})}


@pytest.mark.parametrize("text", ASKED)
def test_a_query_is_understood(text: str) -> None:
    statement = parse(text)
    if isinstance(statement, Select):
        assert plan(statement, schema_of(statement.source.measurement)).columns
    else:
        assert isinstance(statement, ShowTagValues)
    assert scoped(statement, SiteScope(frozenset({"health-001"}))) != statement


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_query_of_an_alert_rule_is_understood(rule: Rule) -> None:
    made = Query(rule.measurement, (Column(rule.function),), bucket=None, by=rule.by).text()
    assert isinstance(parse(made.replace("$timeFilter", "time >= 1ms and time <= 2ms")), Select)


def test_both_languages_ask_the_same() -> None:
    assert raw_queries("vi") == raw_queries("en")


@pytest.mark.parametrize(
    ("hours", "points", "expected_s"),
    [(1, 900, 60), (24, 900, 120), (24, 300, 300), (24, 100, 900), (24 * 365, 100, 86_400)],
)
def test_the_interval_is_grafanas_for_the_number_of_points(hours: int, points: int, expected_s: int) -> None:
    assert Range(0, hours * 3_600_000).interval_s(points) == expected_s
