"""`/query` and `/ping`, as InfluxDB 1.x has them.

Errors come in InfluxDB's shape, not as problems: what asks here is an InfluxDB client. Statuses are
InfluxDB's too: 400 for a request or text that is wrong, 401 and 403 for the key, 200 with an error in
the result for a statement that cannot be answered, 503 while the store is away.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from aggregator.errors import AggregatorError, CallerError, UnauthenticatedError
from aggregator.identity.guard import CSRF_HEADER, SESSION_COOKIE, Guard
from aggregator.identity.permissions import Permission
from aggregator.query import rendering
from aggregator.query.credentials import shown_key
from aggregator.query.service import QueryService
from aggregator.storage.timeseries.influxql.reader import Parameters
from aggregator.storage.timeseries.influxql.refusals import (
    QueryRefusedError,
    SyntaxRefusedError,
    UnsupportedError,
)
from aggregator.storage.timeseries.influxql.scope import SiteScope
from aggregator.storage.timeseries.influxql.windows import zone_of
from aggregator.web.problems import PROBLEM_TYPE

_log = logging.getLogger(__name__)
_JSON: Final = "application/json"
_CHUNK: Final = 10_000
_VERSION: Final = "1.8.10"
"""What clients are told: the last 1.x, whose datasource behaviour this is."""
_HEADERS: Final = {"X-Influxdb-Version": f"{_VERSION}-matthan", "X-Influxdb-Build": "OSS"}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": description,
        "content": {_JSON: {"schema": {"type": "object"}}, PROBLEM_TYPE: {"schema": {"type": "object"}}},
    }
    for status, description in (
        (200, "InfluxDB's answer; a statement that cannot be answered has an error in its result"),
        (400, "The request or its text is wrong"),
        (401, "No key, or a wrong one"),
        (403, "The key may not"),
        (413, "The request is too large"),
        (429, "Requests come too fast"),
        (503, "The store is away"),
    )
}
_parameters: Final = msgspec.json.Decoder(dict[str, str | int | float])


def query_router(service: QueryService, guard: Guard) -> APIRouter:
    """Endpoints over `service`."""
    router = APIRouter(tags=["query"])

    @router.head("/ping", status_code=204, include_in_schema=False)
    @router.get("/ping", status_code=204, summary="Tell that it serves")
    def ping() -> Response:
        """Answer as InfluxDB does, without a key."""
        return Response(status_code=204, headers=_HEADERS)

    @router.get("/query", responses=_ANSWERS, summary="Ask in InfluxQL")
    async def get(request: Request) -> Response:
        """One SELECT or SHOW statement: `q`, `db`, `epoch`, `chunked`, `chunk_size`, `params`, `rp`."""
        return await anyio.to_thread.run_sync(_answer, service, guard, request, {})

    @router.post("/query", responses=_ANSWERS, summary="Ask in InfluxQL")
    async def post(request: Request) -> Response:
        """The same, with the parameters in a form (`application/x-www-form-urlencoded`) or the address."""
        form = parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=32)
        return await anyio.to_thread.run_sync(_answer, service, guard, request, dict(form))

    return router


def _answer(service: QueryService, guard: Guard, request: Request, form: Mapping[str, str]) -> Response:
    try:
        return _answered(service, guard, request, form)
    except SyntaxRefusedError as error:
        return _response(400, rendering.refusal(f"error parsing query: {error}"))
    except UnsupportedError as error:
        return _response(400, rendering.refusal(f"not supported: {error}"))
    except QueryRefusedError as error:
        return _response(200, rendering.failed(str(error)))
    except UnauthenticatedError as error:
        challenge = {"WWW-Authenticate": 'Basic realm="InfluxDB"'}
        return _response(401, rendering.refusal(f"authorization failed: {error}"), challenge)
    except AggregatorError as error:
        if not isinstance(error, CallerError):
            _log.warning("%s: %s", error.code, error, exc_info=error.__cause__)
        return _response(error.status, rendering.refusal(str(error)))


def _answered(service: QueryService, guard: Guard, request: Request, form: Mapping[str, str]) -> Response:
    given = {**request.query_params, **form}
    scope = _scope(guard, request, given)
    text = given.get("q", "").strip()
    if not text:
        return _response(400, rendering.refusal('missing required parameter "q"'))
    epoch = given.get("epoch", "")
    if epoch and epoch not in rendering.PER_UNIT:
        known = ", ".join(rendering.PER_UNIT)
        return _response(400, rendering.refusal(f"invalid epoch {epoch!r}: {known} are known"))
    answer = service.answer(
        text, _bound(given), scope, database=given.get("db", ""), policy=given.get("rp", "")
    )
    zone = zone_of(answer.zone)
    if given.get("chunked", "").lower() != "true":
        return _response(200, rendering.whole(answer, epoch, zone))
    return _response(200, _joined(rendering.chunks(answer, epoch, zone, _chunk_size(given))))


def _scope(guard: Guard, request: Request, given: Mapping[str, str]) -> SiteScope:
    """What the asker may see: by the key, or a signed-in console that reads from its own pages."""
    requires = guard.requires(Permission.TIMESERIES_QUERY)
    session, csrf = request.cookies.get(SESSION_COOKIE), request.headers.get(CSRF_HEADER)
    who = requires.checked(guard.who(request, shown_key(request.headers, given), session, csrf))
    return SiteScope(guard.sites_for(who, Permission.TIMESERIES_QUERY))


def _bound(given: Mapping[str, str]) -> Parameters:
    try:
        return _parameters.decode(given.get("params", "") or "{}")
    except msgspec.DecodeError as error:
        raise SyntaxRefusedError(f"params is no JSON object of texts and numbers: {error}") from error


def _chunk_size(given: Mapping[str, str]) -> int:
    size = given.get("chunk_size", "")
    return min(_CHUNK, int(size)) if size.isascii() and size.isdigit() and int(size) > 0 else _CHUNK


def _joined(parts: Iterable[bytes]) -> bytes:
    return b"".join(parts)


def _response(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, {**_HEADERS, **(headers or {})}, _JSON)
