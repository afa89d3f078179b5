"""Which InfluxDB, and how its flavour is spoken to. Pure.

v1: `/write` and `/query` with a database, a retention policy, user and password. v2 and v3: `/api/v2/write`
with a token, an organisation and a bucket; InfluxQL at `/query`, where the bucket is the database.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Flavour(StrEnum):
    """Which API the server has."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"


Parameters = tuple[tuple[str, str], ...]
_GZIP: Final = (("Content-Encoding", "gzip"), ("Content-Type", "text/plain; charset=utf-8"))


@dataclass(frozen=True, slots=True)
class InfluxTarget:
    """A server and where on it the rows go; `database` is the bucket's name on v2 and v3."""

    url: str
    flavour: Flavour
    database: str
    retention_policy: str = ""
    user: str = ""
    password: str = ""
    org: str = ""
    token: str = ""

    @property
    def write_path(self) -> str:
        """Where lines are posted to."""
        return "/write" if self.flavour is Flavour.V1 else "/api/v2/write"

    @property
    def write_parameters(self) -> Parameters:
        """Query parameters of a write."""
        if self.flavour is Flavour.V1:
            policy = (("rp", self.retention_policy),) if self.retention_policy else ()
            return (("db", self.database), ("precision", "ns"), *policy)
        return (("org", self.org), ("bucket", self.database), ("precision", "ns"))

    @property
    def write_headers(self) -> Parameters:
        """Headers of a write; the body is gzip."""
        return _GZIP

    @property
    def query_parameters(self) -> Parameters:
        """Query parameters of an InfluxQL statement; times come as nanoseconds."""
        policy = (("rp", self.retention_policy),) if self.retention_policy else ()
        return (("db", self.database), ("epoch", "ns"), *policy)

    @property
    def secret(self) -> tuple[str, bool]:
        """What stands in the Authorization header, and whether it is HTTP basic."""
        if self.flavour is Flavour.V1:
            return (f"{self.user}:{self.password}", True) if self.user else ("", False)
        return self.token, False
