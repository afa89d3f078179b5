"""The editor's HTTP server: loopback only, one browser, static files and a small JSON API.

Requests are served by named threads, at most `MOST_AT_ONCE`; a connection beyond them is closed at once.
Bodies are limited, idle connections are cut. The server knows no scenes: it hands requests to the session.
"""

import logging
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from edge_agent.capture.errors import CaptureError
from edge_agent.scene_tools.editor_session import Draft, EditorSession
from edge_agent.scene_tools.errors import SceneChangedError, SceneFileError, SceneToolError
from edge_agent.scene_tools.guard import SECURITY_HEADERS, Admission, Guard

MOST_AT_ONCE: Final = 24
MOST_BODY: Final = 4 * 2**20
IDLE_S: Final = 20.0
HOST: Final = "127.0.0.1"
_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_JSON: Final = "application/json"
_REFUSALS: Final = {
    Admission.WRONG_HOST: "This editor answers to 127.0.0.1 and localhost only.",
    Admission.WRONG_ORIGIN: "Another page may not use this editor.",
    Admission.USED: (
        "Địa chỉ này đã được mở một lần. Dùng cửa sổ đã mở, hoặc chạy lại trình vẽ.\n"
        "This address was opened before. Use the window in which it is open, or start the editor again."
    ),
    Admission.STRANGER: (
        "Mở địa chỉ đầy đủ mà edge-agent scene edit đã in ra.\n"
        "Open the whole address that edge-agent scene edit printed."
    ),
}
_log = logging.getLogger(__name__)


class SaveRequest(msgspec.Struct, frozen=True):
    """A draft, and the digest of what it is to replace."""

    draft: Draft
    digest: str


class PreviewRequest(msgspec.Struct, frozen=True):
    """A draft, and the segment to run it over."""

    draft: Draft
    start_s: float = 0.0
    length_s: float = 120.0


class Answer(msgspec.Struct, frozen=True):
    """What goes back."""

    body: bytes
    content_type: str = _JSON
    status: HTTPStatus = HTTPStatus.OK


class EditorApi:
    """Requests by their path; knows no sockets.

    Args:
        session: what it asks.
    """

    def __init__(self, session: EditorSession) -> None:
        self._session = session
        folder = resources.files("edge_agent.scene_tools").joinpath("static")
        self._files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}

    def get(self, path: str, query: dict[str, str]) -> Answer:
        """Answer a GET."""
        match path:
            case "/":
                return self._file("editor.html")
            case "/api/start":
                return _json(self._session.open())
            case "/api/load":
                return _json(self._session.load())
            case "/api/still":
                return Answer(self._session.still(_number(query.get("t", "0"))), "image/jpeg")
            case "/api/preview" | "/api/preview/picture":
                return self._preview(path, query)
            case _:
                return (
                    self._file(path.removeprefix("/static/")) if path.startswith("/static/") else _missing()
                )

    def post(self, path: str, body: bytes) -> Answer:
        """Answer a POST."""
        match path:
            case "/api/judge":
                return _json(self._session.judge(msgspec.json.decode(body, type=Draft)))
            case "/api/save":
                save = msgspec.json.decode(body, type=SaveRequest)
                return _json(self._session.save(save.draft, save.digest))
            case "/api/preview":
                asked = msgspec.json.decode(body, type=PreviewRequest)
                return _json(self._session.start_preview(asked.draft, asked.start_s, asked.length_s))
            case "/api/preview/stop":
                self._session.stop_preview()
                return _json({})
            case _:
                return _missing()

    def _preview(self, path: str, query: dict[str, str]) -> Answer:
        if path.endswith("/picture"):
            picture = self._session.picture(int(_number(query.get("n", "0"))))
            return _missing() if picture is None else Answer(picture, "image/jpeg")
        progress = self._session.progress(int(_number(query.get("after", "0"))))
        return _missing() if progress is None else _json(progress)

    def _file(self, name: str) -> Answer:
        content = self._files.get(name)
        if content is None:
            return _missing()
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        return Answer(content, f"{kind}; charset=utf-8")


class EditorServer:
    """The server and its thread.

    Args:
        session: what is edited.
        port: to listen on; 0 takes a free one.

    Raises:
        SceneToolError: the port is in use or not allowed.
    """

    def __init__(self, session: EditorSession, port: int) -> None:
        self._session = session
        try:
            self._server = _Server((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SceneToolError(
                f"port {port} cannot be had ({reason}): choose another with --port"
            ) from error
        self.port = int(self._server.server_address[1])
        self._guard = Guard(f"matthan_scene_{self.port}")
        self._server.api = EditorApi(session)
        self._server.guard = self._guard
        self._thread = threading.Thread(target=self._server.serve_forever, name="scene-editor", daemon=True)

    @property
    def url(self) -> str:
        """The address to open, once."""
        return f"http://{HOST}:{self.port}/?token={self._guard.token}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering, end the preview, let go of the camera."""
        self._server.shutdown()
        self._thread.join(timeout=5.0)
        self._server.server_close()
        self._session.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    api: EditorApi
    guard: Guard

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._door = threading.Lock()
        super().__init__(address, handler)

    def admit(self, *, host: str, origin: str, cookies: str, token: str) -> Admission:
        """Ask the guard, one request at a time: a token works once."""
        with self._door:
            return self.guard.admit(host=host, origin=origin, cookies=cookies, token=token)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        threading.current_thread().name = "scene-editor-request"
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        _log.debug("a connection broke", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        admission = self._admission(query.get("token", "") if parts.path == "/" else "")
        if admission is Admission.OPEN:
            self._send(Answer(b"", "text/plain", HTTPStatus.SEE_OTHER), cookie=True)
        elif admission is not Admission.SERVE:
            self._refuse(admission)
        elif "token" in query:
            self._send(Answer(b"", "text/plain", HTTPStatus.SEE_OTHER))
        else:
            self._send(_asked(lambda: self.server.api.get(parts.path, query)))

    def do_POST(self) -> None:
        admission = self._admission("")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BODY:
            self.close_connection = True
            self._send(_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MOST_BODY} bytes"))
            return
        body = self.rfile.read(int(length))
        if admission is not Admission.SERVE:
            self._refuse(admission)
        elif self.headers.get_content_type() != _JSON:
            self._send(_problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_JSON}"))
        else:
            self._send(_asked(lambda: self.server.api.post(urlsplit(self.path).path, body)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Requests are no news; their addresses may hold the token."""

    def _admission(self, token: str) -> Admission:
        return self.server.admit(
            host=self.headers.get("Host", ""),
            origin=self.headers.get("Origin", ""),
            cookies=self.headers.get("Cookie", ""),
            token=token,
        )

    def _refuse(self, admission: Admission) -> None:
        body = (_REFUSALS[admission] + "\n").encode()
        self._send(Answer(body, "text/plain; charset=utf-8", HTTPStatus.FORBIDDEN))

    def _send(self, answer: Answer, *, cookie: bool = False) -> None:
        self.send_response(answer.status)
        if answer.status is HTTPStatus.SEE_OTHER:
            self.send_header("Location", "/")
        if cookie:
            self.send_header("Set-Cookie", self.server.guard.set_cookie())
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _asked(question: Any) -> Answer:
    """The answer, or the problem in its place."""
    try:
        found: Answer = question()
    except SceneChangedError as error:
        return _problem(HTTPStatus.CONFLICT, str(error))
    except SceneFileError as error:
        return _problem(HTTPStatus.FORBIDDEN, str(error))
    except (SceneToolError, CaptureError) as error:
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    except (msgspec.DecodeError, ValueError) as error:
        return _problem(HTTPStatus.BAD_REQUEST, f"not understood: {error}")
    return found


def _json(value: object) -> Answer:
    return Answer(msgspec.json.encode(value))


def _missing() -> Answer:
    return _problem(HTTPStatus.NOT_FOUND, "there is nothing here")


def _problem(status: HTTPStatus, detail: str) -> Answer:
    body = msgspec.json.encode({"title": status.phrase, "status": int(status), "detail": detail})
    return Answer(body, "application/problem+json", status)


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e9:  # noqa: PLR2004 - neither negative, infinite, nor nan
        raise ValueError(f"{text} is out of range")
    return value
