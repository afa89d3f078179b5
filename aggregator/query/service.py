"""Answers InfluxQL: parses, restricts to what the asker may see, and asks the backend.

Invariant: the backend gets nothing but trees that went through `scoped`, without the database and
policy that the text named; those are checked here, for there is one of each.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from aggregator.storage.timeseries.influxql.listing import POLICY, named
from aggregator.storage.timeseries.influxql.parser import parse
from aggregator.storage.timeseries.influxql.reader import Parameters
from aggregator.storage.timeseries.influxql.refusals import QueryRefusedError
from aggregator.storage.timeseries.influxql.scope import SiteScope, scoped
from aggregator.storage.timeseries.influxql.series import Answer
from aggregator.storage.timeseries.influxql.syntax import (
    Select,
    ShowDatabases,
    ShowMeasurements,
    ShowRetentionPolicies,
    Source,
    Statement,
)
from aggregator.storage.timeseries.influxql.windows import zone_of
from aggregator.storage.timeseries.influxql_backend import InfluxqlBackend

DATABASE: Final = "matthan"
"""The one database, whatever store stands behind it."""
_POLICIES: Final = frozenset({"", POLICY, "default"})


class QueryService:
    """The slice's use case. `clock` gives aware UTC."""

    def __init__(self, backend: InfluxqlBackend, clock: Callable[[], datetime]) -> None:
        self._backend = backend
        self._clock = clock

    def answer(
        self, text: str, parameters: Parameters, scope: SiteScope, *, database: str, policy: str
    ) -> Answer:
        """The answer to one statement, times in ns; raises QueryRefusedError or StoreError.

        `database` and `policy` are what the request names; the statement may name them itself.
        """
        statement = parse(text, parameters)
        if isinstance(statement, ShowDatabases):
            return named(statement, DATABASE)
        _check_policy(policy)
        _check_database(_database_of(statement) or database)
        if isinstance(statement, ShowRetentionPolicies):
            return named(statement, DATABASE)
        if scope.nowhere:
            return Answer()
        found = scoped(statement, scope)
        if isinstance(found, Select):
            zone_of(found.zone)  # an unknown one is refused here, for every backend
            answer = self._backend.answer(replace(found, source=_bare(found.source)), self._clock())
            return replace(answer, zone=found.zone)
        if isinstance(found, ShowMeasurements):
            return self._backend.answer(replace(found, database=""), self._clock())
        source = None if found.source is None else _bare(found.source)
        return self._backend.answer(replace(found, database="", source=source), self._clock())


def _database_of(statement: Statement) -> str:
    match statement:
        case Select(source=source):
            return source.database
        case ShowDatabases():
            return ""
        case ShowRetentionPolicies() | ShowMeasurements():
            return statement.database
        case _:
            return statement.database or (statement.source.database if statement.source else "")


def _bare(source: Source) -> Source:
    _check_policy(source.policy)
    return Source(source.measurement)


def _check_database(name: str) -> None:
    if not name:
        raise QueryRefusedError("database name required")
    if name != DATABASE:
        raise QueryRefusedError(f"database not found: {name}; there is {DATABASE!r}")


def _check_policy(name: str) -> None:
    if name not in _POLICIES:
        raise QueryRefusedError(f"retention policy not found: {name}; there is {POLICY!r}")
