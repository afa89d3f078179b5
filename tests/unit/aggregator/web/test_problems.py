import json

import pytest

from aggregator.errors import (
    AggregatorError,
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
        (StoreError("d"), 503, "store_unavailable", {}),
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
