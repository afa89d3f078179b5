"""The key that a request shows, in every way that InfluxDB's clients show one. Pure.

Grafana's datasource sends its password as Basic authorisation (or as `p`), InfluxDB 2 clients send
`Token …`; the user's name says nothing here: the key alone tells who asks. What a dashboard's server
says of its own users (X-Grafana-User and the like) is never looked at.
"""

import base64
import binascii
from collections.abc import Mapping


def shown_key(headers: Mapping[str, str], parameters: Mapping[str, str]) -> str | None:
    """The key, or None when none is shown; `headers` have lower-case names."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "basic":
            return _password(rest) or None
        case "token":
            return rest.strip().rpartition(":")[2] or None
        case "bearer":
            return rest.strip() or None
        case _:
            return headers.get("x-api-key") or parameters.get("p") or None


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
