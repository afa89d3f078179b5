"""`/open311/v2`: GeoReport v2 in XML and JSON, with the specification's own errors and content types."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from aggregator.errors import AggregatorError, CallerError
from aggregator.identity.guard import parse_form
from aggregator.reports.open311 import Open311, code_of
from aggregator.reports.open311_queries import BadArgumentError
from aggregator.reports.open311_text import JSON, XML, Many, Node, rendered

_FORMS: Final = {"xml": XML, "json": JSON}
_TYPES: Final[dict[str, Any]] = {"text/xml": {}, "application/json": {}}
_GET: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _TYPES},
    400: {"content": _TYPES, "description": "an argument does not fit, or anything else"},
    404: {
        # What leads to no resource at all is answered as elsewhere on this server.
        "content": {**_TYPES, "application/problem+json": {}},
        "description": "no such resource or jurisdiction",
    },
}
_POST: Final[dict[int | str, dict[str, Any]]] = {
    **_GET,
    403: {"content": _TYPES, "description": "the key is missing, or may not do this"},
}
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
    }
}
_URLENCODED: Final = "application/x-www-form-urlencoded"
Form = Annotated[str, Path(description="`xml` or `json`")]
Asks = Callable[[Mapping[str, str]], Node | Many]


def open311_router(facade: Open311) -> APIRouter:
    """Endpoints over the façade."""
    router = APIRouter(prefix="/open311/v2", tags=["open311"])
    _add_services(router, facade)
    _add_requests(router, facade)
    return router


def _add_services(router: APIRouter, facade: Open311) -> None:
    @router.get("/discovery.{form}", response_class=Response, responses=_GET)
    def discovery(request: Request, form: Form) -> Response:
        """Where the service is and what it speaks."""
        base = str(request.base_url).rstrip("/")
        return _answer(form, "discovery", lambda: facade.discovery(base))

    @router.get("/services.{form}", response_class=Response, responses=_GET)
    def services(request: Request, form: Form) -> Response:
        """What requests may be about."""
        return _answer(form, "services", lambda: facade.services(_query(request)))

    @router.get("/services/{code}.{form}", response_class=Response, responses=_GET)
    def service(request: Request, code: str, form: Form) -> Response:
        """What a service asks beside the usual."""
        return _answer(form, "service_definition", lambda: facade.service(_query(request), code))

    @router.get("/tokens/{token}.{form}", response_class=Response, responses=_GET)
    def token(request: Request, token: str, form: Form) -> Response:
        """The request of a token."""
        return _answer(form, "service_requests", lambda: facade.token(_query(request), token))


def _add_requests(router: APIRouter, facade: Open311) -> None:
    @router.get("/requests.{form}", response_class=Response, responses=_GET)
    def requests(request: Request, form: Form) -> Response:
        """Requests by ids, or by service, time and status; `page`, `page_size`, `extensions=true`."""
        return _answer(form, "service_requests", lambda: facade.requests(_query(request)))

    @router.get("/requests/{request_id}.{form}", response_class=Response, responses=_GET)
    def one(request: Request, request_id: str, form: Form) -> Response:
        """One request."""
        return _answer(form, "service_requests", lambda: facade.request(_query(request), request_id))

    @router.get("/servicerequestupdates.{form}", response_class=Response, responses=_GET)
    def updates(request: Request, form: Form) -> Response:
        """What happened to requests from `start_date` to `end_date`."""
        return _answer(form, "service_request_updates", lambda: facade.updates(_query(request)))

    @router.post("/requests.{form}", response_class=Response, responses=_POST, openapi_extra=_FORM)
    async def post(request: Request, form: Form) -> Response:
        """Make a request; `api_key` is a key with the scope `reports.send`."""
        body = await request.body()
        sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return await run_in_threadpool(_posted, facade, form, sort, body)


def _posted(facade: Open311, form: str, sort: str, body: bytes) -> Response:
    def make() -> Many:
        if sort != _URLENCODED:
            raise BadArgumentError(f"send the request as {_URLENCODED}")
        return facade.post(parse_form(body))

    return _answer(form, "service_requests", make)


def _query(request: Request) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        # A list may come as one argument with commas, or as several.
        found[name] = f"{found[name]},{value}" if found.get(name) else value
    return found


def _answer(form: str, root: str, make: Callable[[], Node | Many]) -> Response:
    if form not in _FORMS:
        return _error("xml", 404, "there is no such format: ask for .xml or .json")
    try:
        return Response(rendered(root, make(), form), media_type=_FORMS[form])
    except CallerError as error:
        return _error(form, code_of(error), error.shown)
    except AggregatorError as error:
        return _error(form, 400, error.shown)


def _error(form: str, code: int, description: str) -> Response:
    content = Many("error", [{"code": code, "description": description}])
    return Response(rendered("errors", content, form), status_code=code, media_type=_FORMS[form])
