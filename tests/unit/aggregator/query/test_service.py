"""What reaches the backend: one scoped tree, without the database and policy that the text named."""

from datetime import UTC, datetime

import pytest

from aggregator.query.service import QueryService
from aggregator.storage.timeseries.influxql.influx_text import render
from aggregator.storage.timeseries.influxql.refusals import QueryRefusedError, SyntaxRefusedError
from aggregator.storage.timeseries.influxql.scope import EVERYWHERE, SiteScope
from aggregator.storage.timeseries.influxql.series import Answer
from aggregator.storage.timeseries.influxql.syntax import Listing, Select

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ONE = SiteScope(frozenset({"a"}))


class KeepingBackend:
    """Keeps what it is asked, and finds nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, statement: Select | Listing, now: datetime) -> Answer:
        assert now == NOW
        self.asked.append(render(statement))
        return Answer()


def asked(text: str, scope: SiteScope = EVERYWHERE, database: str = "matthan", policy: str = "") -> list[str]:
    backend = KeepingBackend()
    QueryService(backend, lambda: NOW).answer(text, {}, scope, database=database, policy=policy)
    return backend.asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('SELECT v FROM "matthan"."autogen"."m"', 'SELECT "v" FROM "m" WHERE "site"::tag = \'a\''),
        ("SHOW MEASUREMENTS ON matthan", "SHOW MEASUREMENTS WHERE \"site\"::tag = 'a'"),
        ("SHOW TAG KEYS ON matthan FROM matthan..m", 'SHOW TAG KEYS FROM "m" WHERE "site"::tag = \'a\''),
        ("SHOW FIELD KEYS FROM autogen.m", 'SHOW FIELD KEYS FROM "m"'),
        ("SHOW SERIES", "SHOW SERIES WHERE \"site\"::tag = 'a'"),
    ],
)
def test_the_backend_gets_one_scoped_statement(text: str, expected: str) -> None:
    assert asked(text, ONE) == [expected]


@pytest.mark.parametrize("text", ["SHOW DATABASES", 'SHOW RETENTION POLICIES ON "matthan"'])
def test_what_there_is_one_of_is_answered_without_the_backend(text: str) -> None:
    assert asked(text, ONE) == []


def test_who_may_see_nothing_asks_nothing() -> None:
    assert asked("SELECT v FROM m", SiteScope(frozenset())) == []
    assert asked("SHOW SERIES", SiteScope(frozenset())) == []


@pytest.mark.parametrize(
    ("text", "database", "policy", "told"),
    [
        ("SELECT v FROM m", "", "", "database name required"),
        ("SELECT v FROM m", "other", "", "database not found: other"),
        ("SELECT v FROM other..m", "matthan", "", "database not found: other"),
        ("SHOW SERIES ON other", "matthan", "", "database not found: other"),
        ("SHOW TAG KEYS FROM other..m", "matthan", "", "database not found: other"),
        ("SHOW RETENTION POLICIES ON other", "matthan", "", "database not found: other"),
        ("SELECT v FROM m", "matthan", "week", "retention policy not found: week"),
        ("SELECT v FROM week.m", "matthan", "", "retention policy not found: week"),
    ],
)
def test_other_databases_and_policies_are_refused(text: str, database: str, policy: str, told: str) -> None:
    with pytest.raises(QueryRefusedError, match=told):
        asked(text, database=database, policy=policy)


def test_an_unknown_zone_is_refused_for_every_backend() -> None:
    with pytest.raises(SyntaxRefusedError, match="unable to find time zone"):
        asked("SELECT v FROM m tz('Asia/Nowhere')")


def test_the_answer_tells_its_zone() -> None:
    service = QueryService(KeepingBackend(), lambda: NOW)
    text = "SELECT v FROM m tz('Asia/Ho_Chi_Minh')"
    assert service.answer(text, {}, EVERYWHERE, database="matthan", policy="").zone == "Asia/Ho_Chi_Minh"
