"""What the wire does when a server is busy, slow or gone: a real HTTP server that answers as it is told."""

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from builders.timeseries import part

from aggregator.errors import StoreError
from aggregator.storage.timeseries.influx_answer import LinesRefused, Stored, TooMuch
from aggregator.storage.timeseries.influx_http import InfluxHttp, Patience
from aggregator.storage.timeseries.influx_store import LINES_A_REQUEST, InfluxStore
from aggregator.storage.timeseries.influx_target import Flavour, InfluxTarget

Answer = tuple[int, str, dict[str, str]]
QUICK = Patience(tries=3, base_s=0.01, cap_s=0.05, connect_s=1.0, answer_s=0.4)


@dataclass
class Script:
    """Answers in turn, the last one for ever; what was asked is kept."""

    answers: list[Answer | None]
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def next(self) -> Answer | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def script() -> Iterator[Script]:
    """A server that follows `script.answers`; None keeps the caller waiting."""
    told = Script([(204, "", {})])

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.asked.append((self.path, dict(self.headers), body))
            answer = told.next()
            if answer is None:
                time.sleep(0.8)
                self.close_connection = True
                return
            status, text, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def link(script: Script) -> Iterator[InfluxHttp]:
    """A link to the server of `script`, flavour v2."""
    target = InfluxTarget(script.url, Flavour.V2, "city", org="ubnd", token="secret-token")
    made = InfluxHttp(target, patience=QUICK, rand=lambda: 0.0)
    yield made
    made.close()


def test_lines_go_as_gzip_with_the_token_and_the_place(link: InfluxHttp, script: Script) -> None:
    assert isinstance(link.write("flow value=1 1\nflow value=2 2"), Stored)
    ((path, headers, body),) = script.asked
    assert path == "/api/v2/write?org=ubnd&bucket=city&precision=ns"
    assert (headers["Authorization"], headers["Content-Encoding"]) == ("Token secret-token", "gzip")
    assert gzip.decompress(body) == b"flow value=1 1\nflow value=2 2"


@pytest.mark.parametrize(
    "trouble",
    [
        (429, '{"message":"slow down"}', {"Retry-After": "0.02"}),
        (500, "oops", {}),
        (503, "", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        None,
    ],
)
def test_what_may_pass_is_tried_again_and_then_told(
    link: InfluxHttp, script: Script, trouble: Answer | None
) -> None:
    script.answers = [trouble, trouble, (204, "", {})]
    assert isinstance(link.write("flow value=1 1"), Stored)
    assert len({body for _, _, body in script.asked}) == 1
    script.answers = [trouble]
    script.asked.clear()
    with pytest.raises(StoreError, match="does not take rows"):
        link.write("flow value=1 1")
    assert len(script.asked) == QUICK.tries


def test_waits_are_random_and_a_long_retry_after_does_not_hold_the_writer() -> None:
    patience = Patience(base_s=0.1, cap_s=2.0)
    assert [patience.wait_s(attempt, None, 1.0) for attempt in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    assert patience.wait_s(0, None, 0.0) == 0.05
    assert patience.wait_s(0, 3_600.0, 1.0) == 2.0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((413, "", {}), TooMuch),
        ((400, '{"error":"partial write: points beyond retention policy dropped=1"}', {}), LinesRefused),
    ],
)
def test_what_the_lines_are_at_fault_for_is_not_tried_again(
    link: InfluxHttp, script: Script, answer: Answer, kind: type
) -> None:
    script.answers = [answer]
    assert isinstance(link.write("flow value=1 1"), kind)
    assert len(script.asked) == 1


def test_a_request_that_is_too_large_is_sent_in_parts(link: InfluxHttp, script: Script) -> None:
    script.answers = [(413, "", {}), (413, "", {}), (204, "", {})]
    store = InfluxStore(link)
    assert store.write((part(*range(1, 101)),)).stored == 100
    sizes = [len(gzip.decompress(body).splitlines()) for _, _, body in script.asked]
    assert sizes == [100, 50, 25, 25, 50]
    store.close()


def test_a_large_batch_goes_in_order_and_in_requests_of_a_bounded_size(
    link: InfluxHttp, script: Script
) -> None:
    store = InfluxStore(link)
    store.write((part(*range(1, 2 * LINES_A_REQUEST + 11)),))
    bodies = [gzip.decompress(body).splitlines() for _, _, body in script.asked]
    assert [len(lines) for lines in bodies] == [LINES_A_REQUEST, LINES_A_REQUEST, 10]
    assert b"seq=1i" in bodies[0][0]
    store.close()


def test_closing_ends_the_wait_of_a_writer(script: Script) -> None:
    script.answers = [(503, "", {})]
    patient = Patience(tries=4, base_s=30.0, cap_s=30.0)
    link = InfluxHttp(InfluxTarget(script.url, Flavour.V2, "city", token="t"), patience=patient)
    threading.Timer(0.2, link.close).start()
    began_s = time.monotonic()
    with pytest.raises(StoreError):
        link.write("flow value=1 1")
    assert time.monotonic() - began_s < 10
