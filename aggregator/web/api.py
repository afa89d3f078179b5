"""The application whose document tells of what any operation may answer, whichever slice it belongs to."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from aggregator.web.responses import problems

_ALWAYS: Final = (429, 503)
_WITH_BODY: Final = (400, 413, 422)
_WITH_CURSOR: Final = (400,)
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})


class Api(FastAPI):
    """FastAPI with the problems that the server itself answers with in every operation's responses.

    `served` are the documented addresses of the slices added so far: reading them off the document would make
    it at every start, which takes as long as half of the imports.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.served: frozenset[str] = frozenset()

    def add_slice(self, router: APIRouter) -> None:
        """Serve a slice."""
        self.include_router(router)
        routes = (route for route in router.routes if isinstance(route, APIRoute))
        self.served |= {route.path for route in routes if route.include_in_schema}

    def openapi(self) -> dict[str, Any]:
        """The document, made anew when routes came since."""
        document = super().openapi()
        for operations in document["paths"].values():
            for method, operation in operations.items():
                if method in _METHODS:
                    _complete(operation)
        return document


def _complete(operation: dict[str, Any]) -> None:
    statuses = set(_ALWAYS)
    if "requestBody" in operation:
        statuses.update(_WITH_BODY)
    if any(each.get("name") == "cursor" for each in operation.get("parameters", [])):
        statuses.update(_WITH_CURSOR)
    for status, response in problems(*sorted(statuses)).items():
        operation["responses"].setdefault(str(status), response)
