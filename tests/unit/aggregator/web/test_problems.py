import json

import pytest

from aggregator.errors import (
    AggregatorError,
    BrokerError,
    ConflictError,
    NotFoundError,
    StoreError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from aggregator.web.problems import headers_of, problem_of, problem_response


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (NotFoundError("d"), 404, "not_found", {}),
        (ConflictError("d"), 409, "conflict", {}),
        (UnauthenticatedError("d"), 401, "unauthenticated", {"WWW-Authenticate": "Bearer"}),
        (TooManyAttemptsError("d", retry_after_s=3.6), 429, "too_many_attempts", {"Retry-After": "4"}),
        (TooManyAttemptsError("d", retry_after_s=0.1), 429, "too_many_attempts", {"Retry-After": "1"}),
    ],
)
def test_an_error_is_shown_by_whose_fault_it_is(
    error: AggregatorError, status: int, code: str, headers: dict[str, str]
) -> None:
    problem = problem_of(error)
    assert (status, code, "d") == (problem.status, problem.code, problem.detail)
    assert headers == headers_of(error)
    shown = problem_response(problem)
    assert shown.media_type == "application/problem+json"
    assert {"title", "status", "detail", "code"} == set(json.loads(bytes(shown.body)))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreError("cannot open /srv/secret.duckdb as postgres@10.0.0.7"), "store_unavailable"),
        (BrokerError("mosquitto at mqtt://10.0.0.7:1883 reads /srv/secret"), "broker_unavailable"),
    ],
)
def test_what_is_away_is_shown_without_where_it_lies(error: AggregatorError, code: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (503, code)
    assert "10.0.0.7" not in problem.detail
    assert "/srv" not in problem.detail
    assert "log" in problem.detail
