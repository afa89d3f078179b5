"""The wire to InfluxDB, through influxdb-client's own HTTP client: its pool, headers and credentials.

Lines go as gzip. What may pass by itself (429, 5xx, time-outs, a lost connection) is tried again a few
times with jitter, then told as StoreError: ingest holds its deliveries and tries for ever. Both
flavours go through `call_api`, because Debian's InfluxDB 1.6.7 has no /api/v2/write, which is all that the
client's write API knows. Safe to call from any thread.
"""

import gzip
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException

from aggregator.errors import StoreError
from aggregator.storage.timeseries.influx_answer import (
    Busy,
    LinesRefused,
    Series,
    Stored,
    TooMuch,
    WriteAnswer,
    Wrong,
    series_of,
    write_answer,
)
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget, Parameters

_FAST: Final = 1
_CONNECTIONS: Final = 8
_SHARD: Final = "52w"
_OTHER_POLICY: Final = "retention policy conflicts with an existing policy"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call tries: `tries` in all, waits doubling from `base_s` to `cap_s`, half of each random."""

    tries: int = 4
    base_s: float = 0.1
    cap_s: float = 2.0
    connect_s: float = 3.0
    answer_s: float = 30.0

    def wait_s(self, attempt: int, asked_s: float | None, random_0_1: float) -> float:
        """Wait after try `attempt` (0 is the first); a server's Retry-After counts, up to `cap_s`."""
        full = min(self.cap_s, max(self.base_s * 2.0**attempt, asked_s or 0.0))
        return full * (0.5 + 0.5 * random_0_1)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    retry_after: str = ""


class InfluxHttp:
    """Requests to one server. `rand` gives a number in 0–1."""

    def __init__(
        self,
        target: InfluxTarget,
        *,
        patience: Patience | None = None,
        rand: Callable[[], float] = random.random,
    ) -> None:
        self.target = target
        self._patience = patience or Patience()
        self._rand = rand
        self._closing = threading.Event()
        secret, basic = target.secret
        self._client = InfluxDBClient(
            url=target.url,
            token=secret,
            org=target.org,
            auth_basic=basic,
            timeout=(int(self._patience.connect_s * 1000), int(self._patience.answer_s * 1000)),
            connection_pool_maxsize=_CONNECTIONS,
        )

    def write(self, lines: str) -> Stored | LinesRefused | TooMuch:
        """Write lines, joined by newlines; raises StoreError when none of them is at fault."""
        body = gzip.compress(lines.encode(), compresslevel=_FAST)
        answer: WriteAnswer = Stored()
        for attempt in range(self._patience.tries):
            answer = self._try_write(body)
            if not isinstance(answer, Busy):
                break
            last = attempt == self._patience.tries - 1
            if last or self._closing.wait(self._patience.wait_s(attempt, answer.after_s, self._rand())):
                break
        if isinstance(answer, Busy):
            raise StoreError(f"InfluxDB at {self.target.url} does not take rows: {answer.reason}")
        if isinstance(answer, Wrong):
            raise StoreError(answer.reason)
        return answer

    def ask(self, statements: str) -> list[tuple[Series, ...]]:
        """Series of each InfluxQL statement; raises StoreError."""
        return series_of(self.ask_raw(statements))

    def ask_raw(self, statements: str) -> bytes:
        """InfluxDB's own JSON of its answer, times in nanoseconds; raises StoreError."""
        reply = _Reply(0, b"")
        for attempt in (0, 1):
            try:
                reply = self._post(
                    "/query",
                    self.target.query_parameters,
                    (("Content-Type", "application/x-www-form-urlencoded"),),
                    fields={"q": statements},
                )
                break
            except urllib3.exceptions.HTTPError as error:
                wait_s = self._patience.wait_s(attempt, None, self._rand())
                if attempt or self._closing.wait(wait_s):
                    raise StoreError(
                        f"InfluxDB at {self.target.url} does not answer: {_plain(error)}"
                    ) from error
        judged = write_answer(reply.status, reply.body, reply.retry_after)
        if isinstance(judged, Wrong | Busy | LinesRefused):
            raise StoreError(f"InfluxDB could not answer a query: {judged.reason}")
        return reply.body

    def close(self) -> None:
        """End waits and close the connections."""
        self._closing.set()
        self._client.close()  # type: ignore[no-untyped-call]  # the package has no types

    def _try_write(self, body: bytes) -> WriteAnswer:
        try:
            reply = self._post(
                self.target.write_path, self.target.write_parameters, self.target.write_headers, body=body
            )
        except urllib3.exceptions.HTTPError as error:
            return Busy(_plain(error), None)
        return write_answer(reply.status, reply.body, reply.retry_after)

    def _post(
        self,
        path: str,
        parameters: Parameters,
        headers: Parameters,
        *,
        body: bytes | None = None,
        fields: dict[str, str] | None = None,
    ) -> _Reply:
        try:
            response: urllib3.HTTPResponse = self._client.api_client.call_api(  # type: ignore[no-untyped-call]
                path,
                "POST",
                query_params=list(parameters),
                header_params=dict(headers),
                body=body,
                post_params=fields,
                _preload_content=False,
                _return_http_data_only=True,
            )
            return _Reply(response.status, response.data)
        except ApiException as error:
            if not error.status:  # no answer came: the certificate, mostly
                return _Reply(599, str(error.reason).encode())
            retry_after = error.headers.get("Retry-After", "") if error.headers else ""
            said = error.body if isinstance(error.body, bytes) else str(error.body or "").encode()
            return _Reply(int(error.status), said, str(retry_after))


def make_place(http: InfluxHttp) -> None:
    """Make the database of a v1 server where it is missing; on v2 and v3 the bucket is made by its owner.

    Its shards hold a year: a query of a year opens each series once and not 53 times, as the usual week would
    have it (DECISIONS.md). A database that is there keeps the policy that its owner gave it. A user without
    the right to make one is no error here: the database may be there, and if not, the write tells.
    """
    if http.target.flavour is not Flavour.V1:
        return
    name = http.target.database.replace("\\", "\\\\").replace('"', '\\"')
    try:
        http.ask(f'CREATE DATABASE "{name}" WITH SHARD DURATION {_SHARD}')
    except StoreError as error:
        if not any(said in str(error) for said in ("403", "not authorized", _OTHER_POLICY)):
            raise


def _plain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
