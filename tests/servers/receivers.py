"""Receivers of notices, on real sockets of loopback: a webhook, Zalo's two services, and a mail server.

Zalo's follows what its documentation says: the status is 200 whatever happened, `error` in the body tells;
a refresh token is good once. The mail server is our own, of RFC 5321's minimum, because the Python
standard library has none since 3.12.
"""

import json
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpReceiver:
    """Notes every POST; answers with `status` once `gate` is open."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                outer.received.append(Received(self.path, dict(self.headers.items()), body))
                outer.arrived.set()
                outer.gate.wait(20)
                status, answer = outer.answer(outer.received[-1])
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    return  # the sender died meanwhile, as a test wants it to

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: Received) -> tuple[int, bytes]:
        del request
        return self.status, b"{}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class ZaloState:
    """What Zalo knows."""

    access_token: str = "never-given"
    refresh_token: str = "first"
    followers: set[str] = field(default_factory=lambda: {"111"})
    quota: int = 1000
    given: int = 0


class ZaloReceiver(HttpReceiver):
    """Zalo's token service and its consultation messages."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ZaloState()
        self.messages: list[tuple[str, str]] = []

    def answer(self, request: Received) -> tuple[int, bytes]:
        found = self._token(request) if "/v4/oa/access_token" in request.path else self._message(request)
        return 200, json.dumps(found).encode()

    def _token(self, request: Received) -> dict[str, object]:
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        state = self.state
        headers = {key.lower(): value for key, value in request.headers.items()}
        if headers.get("secret_key") != "secret" or form.get("app_id") != "42":
            return {"error": -14004, "error_name": "Invalid app", "error_description": ""}
        if form.get("refresh_token") != state.refresh_token or form.get("grant_type") != "refresh_token":
            return {"error": -14014, "error_name": "Invalid refresh token", "error_description": ""}
        state.given += 1
        state.access_token, state.refresh_token = f"access-{state.given}", f"refresh-{state.given}"
        return {
            "access_token": state.access_token,
            "refresh_token": state.refresh_token,
            "expires_in": "90000",
        }

    def _message(self, request: Received) -> dict[str, object]:
        headers = {key.lower(): value for key, value in request.headers.items()}
        if headers.get("access_token") != self.state.access_token:
            return {"error": -216, "message": "Access token is invalid"}
        user = request.json["recipient"]["user_id"]
        if user not in self.state.followers:
            return {"error": -213, "message": "User has not followed OA"}
        if self.state.quota <= 0:
            return {"error": -32, "message": "Exceed quota rate limit"}
        self.state.quota -= 1
        self.messages.append((user, request.json["message"]["text"]))
        data = {"message_id": f"m{len(self.messages)}", "user_id": user}
        return {"data": data, "error": 0, "message": "Success"}


class MailReceiver:
    """A mail server that takes every mail and keeps its text."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 sink")
                while line := self.rfile.readline():
                    word = line[:4].strip().upper()
                    if word == b"QUIT":
                        self._say("221 bye")
                        return
                    if word != b"DATA":
                        self._say("250 fine")
                        continue
                    self._say("354 go on")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    outer.mails.append(b"".join(lines).decode())
                    self._say("250 taken")

            def _say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
