"""Documents the problems that an endpoint may answer with, for OpenAPI."""

from http import HTTPStatus
from typing import Any

_SCHEMA = {
    "type": "object",
    "required": ["title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong and what to do next"},
        "code": {"type": "string", "description": "stable, safe to count"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of these statuses."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": _SCHEMA}},
        }
        for status in statuses
    }
