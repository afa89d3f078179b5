"""Errors as RFC 9457 problems (application/problem+json).

Invariant: what the caller got wrong is 4xx and names the next step; what we did not foresee is a
500 that shows an incident number and nothing of the inside, while the log has the traceback.
"""

import logging
import secrets

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from aggregator.errors import AggregatorError, ElsewhereError, TooManyAttemptsError

_log = logging.getLogger(__name__)
PROBLEM_TYPE = "application/problem+json"
_MAX_ECHO = 200


class InvalidField(msgspec.Struct, frozen=True):
    """One value that did not fit: where it stands and what is wrong with it."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body; `code` is ours, stable and countable."""

    title: str
    status: int
    detail: str
    code: str
    type: str = "about:blank"
    errors: tuple[InvalidField, ...] = ()


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Render a problem."""
    return Response(
        msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_TYPE, headers=headers
    )


def problem_of(error: AggregatorError) -> Problem:
    """Problem that an error of ours is shown as."""
    return Problem(title=error.title, status=error.status, detail=error.shown, code=error.code)


def headers_of(error: AggregatorError) -> dict[str, str]:
    """Headers that go with an error."""
    if isinstance(error, TooManyAttemptsError):
        return {"Retry-After": str(max(1, round(error.retry_after_s)))}
    if error.status == 401:  # noqa: PLR2004  RFC 9110 asks for the challenge
        return {"WWW-Authenticate": "Bearer"}
    return {}


def install_problems(app: FastAPI) -> None:
    """Render every error of `app` as a problem."""
    app.add_exception_handler(AggregatorError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unforeseen)


def _ours(_request: Request, error: Exception) -> Response:
    if not isinstance(error, AggregatorError):
        raise error
    if isinstance(error, ElsewhereError):
        return Response(status_code=error.status, headers={"Location": error.location})
    if error.status >= 500:  # noqa: PLR2004
        _log.warning("%s: %s", error.code, error, exc_info=error.__cause__)
    return problem_response(problem_of(error), headers_of(error))


def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = tuple(
        InvalidField("/".join(str(part) for part in found["loc"])[:_MAX_ECHO], str(found["msg"])[:_MAX_ECHO])
        for found in error.errors()[:20]
    )
    first = fields[0] if fields else InvalidField("request", "is not valid")
    return problem_response(
        Problem(
            title="Request does not fit",
            status=422,
            detail=f"{first.pointer}: {first.detail}",
            code="invalid",
            errors=fields,
        )
    )


def _framework(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    codes = {404: "not_found", 405: "method_not_allowed"}
    details = {404: "there is nothing at this address; see /openapi.json", 405: "not with this method"}
    return problem_response(
        Problem(
            title=str(error.detail),
            status=error.status_code,
            detail=details.get(error.status_code, str(error.detail)),
            code=codes.get(error.status_code, "http"),
        ),
        dict(error.headers or {}),
    )


def _unforeseen(request: Request, error: Exception) -> Response:
    incident = secrets.token_hex(4)
    _log.error("incident %s at %s %s", incident, request.method, request.url.path, exc_info=error)
    return problem_response(
        Problem(
            title="Internal error",
            status=500,
            detail=f"this is our fault; tell the administrator the incident number {incident}",
            code="internal",
        )
    )
