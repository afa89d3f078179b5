"""Asks an RTSP camera, in plain RTSP, why its stream does not open.

FFmpeg answers only that it failed. One DESCRIBE more tells a wrong password from a wrong path from a camera
that is not there, which is what the person on the ladder needs to know. RFC 2326; digest after RFC 2617
without `qop`, as cameras use it.
"""

import hashlib
import re
import socket
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.source import RtspSource

_UNAUTHORISED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_OK = 200
_MAX_REPLY = 65536


@dataclass(frozen=True, slots=True)
class RtspReply:
    """The head of an answer: status and the challenges, if it wants a password."""

    status: int
    challenges: tuple[str, ...]


def why_unavailable(source: RtspSource, timeout_s: float) -> CameraUnavailableError:
    """The reason that a stream did not open, found by asking the camera; never raises."""
    try:
        with socket.create_connection((source.host, source.port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            if source.encrypted:
                # The password is not sent to a server whose certificate nobody has checked.
                return CameraUnavailableError(
                    "unreachable",
                    f"{source.label} accepts connections but did not open",
                    "check user, password and path, and try rtsp:// if the camera has no TLS",
                )
            return _from_status(source, _final_status(connection, source))
    except socket.gaierror:
        return CameraUnavailableError(
            "unreachable",
            f"{source.label}: the name {source.host} is not known",
            "check the host in the camera's source, or use its IP address",
        )
    except ConnectionRefusedError:
        return CameraUnavailableError(
            "unreachable",
            f"{source.label}: {source.host} refuses connections on port {source.port}",
            "check the port and that RTSP is switched on in the camera",
        )
    except (OSError, ValueError):
        return CameraUnavailableError(
            "unreachable",
            f"{source.label}: no answer from {source.host}:{source.port} within {timeout_s:.0f} s",
            "check the camera's power, cable and address (ping it)",
        )


def _final_status(connection: socket.socket, source: RtspSource) -> int:
    uri = _bare_url(source)
    reply = _ask(connection, describe_request(uri, 1, None))
    if reply.status != _UNAUTHORISED or source.user is None:
        return reply.status
    answer = authorization(reply.challenges, source.user, source.password or "", uri)
    if answer is None:
        return reply.status
    return _ask(connection, describe_request(uri, 2, answer)).status


def _from_status(source: RtspSource, status: int) -> CameraUnavailableError:
    if status == _UNAUTHORISED and source.user is None:
        return CameraUnavailableError(
            "unauthorised",
            f"{source.label} asks for a user and a password",
            "write them into the camera's source: rtsp://user:password@host/path",
        )
    if status in {_UNAUTHORISED, _FORBIDDEN}:
        return CameraUnavailableError(
            "unauthorised",
            f'{source.label} refuses the password of user "{source.user}"',
            "correct it in the camera's source (percent-encode / ? # @ :); many tries may lock the account",
        )
    if status == _NOT_FOUND:
        return CameraUnavailableError(
            "no_such_stream",
            f"{source.label}: the camera is there but has no such stream",
            "correct the path; the maker's manual names it, e.g. /Streaming/Channels/101 or /stream1",
        )
    if status == _OK:
        return CameraUnavailableError(
            "no_picture",
            f"{source.label} describes its stream but no picture came",
            "set its video to H.264 and see how many viewers it allows at once",
        )
    return CameraUnavailableError(
        "unreachable", f"{source.label} answers with RTSP status {status}", "restart the camera, see its log"
    )


def describe_request(uri: str, cseq: int, authorization_line: str | None) -> bytes:
    """A DESCRIBE for `uri`, which holds no user and no password."""
    lines = [f"DESCRIBE {uri} RTSP/1.0", f"CSeq: {cseq}", "Accept: application/sdp", "User-Agent: matthan"]
    if authorization_line is not None:
        lines.append(f"Authorization: {authorization_line}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse_reply(head: bytes) -> RtspReply:
    """Read the head of an answer.

    Raises:
        ValueError: it is not RTSP.
    """
    first, *headers = head.decode("latin-1").split("\r\n")
    match = re.match(r"RTSP/\d\.\d (\d{3})", first)
    if match is None:
        raise ValueError("not an RTSP answer")
    pairs = (line.partition(":") for line in headers)
    challenges = tuple(
        value.strip() for name, _, value in pairs if name.strip().lower() == "www-authenticate"
    )
    return RtspReply(int(match.group(1)), challenges)


def authorization(challenges: tuple[str, ...], user: str, password: str, uri: str) -> str | None:
    """The answer to the best challenge (digest before basic); None when none is known."""
    for challenge in sorted(challenges, reverse=True):  # "Digest" sorts after "Basic"
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "digest":
            given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
            realm, nonce = given.get("realm", ""), given.get("nonce", "")
            secret = _md5(f"{user}:{realm}:{password}")
            response = _md5(f"{secret}:{nonce}:{_md5(f'DESCRIBE:{uri}')}")
            fields = {"username": user, "realm": realm, "nonce": nonce, "uri": uri, "response": response}
            return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items())
        if scheme.lower() == "basic":
            return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
    return None


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _bare_url(source: RtspSource) -> str:
    parts = urlsplit(source.url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _ask(connection: socket.socket, request: bytes) -> RtspReply:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(4096)
        if not chunk or len(received) > _MAX_REPLY:
            raise ValueError("the connection ended before the answer")
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    _skip_body(connection, head, len(body))
    return parse_reply(head)


def _skip_body(connection: socket.socket, head: bytes, had: int) -> None:
    match = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    left = min(int(match.group(1)), _MAX_REPLY) - had if match else 0
    while left > 0:
        chunk = connection.recv(min(left, 4096))
        if not chunk:
            return
        left -= len(chunk)
