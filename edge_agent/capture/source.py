"""The `source` string of a camera, parsed once into a typed value. Pure.

file:clips/gate.mp4            plays once, at its own speed
file:clips/gate.mp4?loop=1     starts again at its end
rtsp://user:password@host:554/stream1
v4l2:/dev/video0?width=1280&height=720&fourcc=MJPG
picamera2:0?width=1280&height=720
"""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from edge_agent.capture.errors import SourceError

_DEFAULT_RTSP_PORT = 554
_DEFAULT_RTSPS_PORT = 322
_FOURCC_LETTERS = 4
_FORMS = '"file:PATH", "rtsp://HOST/PATH", "v4l2:/dev/video0" or "picamera2:0"'


@dataclass(frozen=True, slots=True)
class FileSource:
    """A video file, played at its own speed, once or for ever."""

    path: Path
    loop: bool = False

    @property
    def label(self) -> str:
        """The source as it may be logged."""
        return f"file:{self.path}"


@dataclass(frozen=True, slots=True)
class RtspSource:
    """An IP camera. The URL holds the password, so it is kept out of `repr`."""

    url: str = field(repr=False)
    label: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)

    @property
    def encrypted(self) -> bool:
        """Whether the control connection runs over TLS."""
        return self.url.startswith("rtsps:")


@dataclass(frozen=True, slots=True)
class V4l2Source:
    """A V4L2 device: USB, capture card, CSI through the kernel. None leaves the driver's choice."""

    device: str
    width: int | None = None
    height: int | None = None
    fourcc: str | None = None

    @property
    def label(self) -> str:
        """The source as it may be logged."""
        return f"v4l2:{self.device}"


@dataclass(frozen=True, slots=True)
class Picamera2Source:
    """A Raspberry Pi camera on libcamera, by its number in `rpicam-hello --list-cameras`."""

    number: int
    width: int = 1280
    height: int = 720

    @property
    def label(self) -> str:
        """The source as it may be logged."""
        return f"picamera2:{self.number}"


Source = FileSource | RtspSource | V4l2Source | Picamera2Source


def parse_source(text: str) -> Source:
    """Read the `source` of a camera.

    Raises:
        SourceError: it is none of the four forms; the message names the fault and never a password.
    """
    scheme, colon, rest = text.strip().partition(":")
    scheme = scheme.lower()
    if not colon or not rest:
        raise SourceError(f"a camera's source must be {_FORMS}; there is no scheme, or nothing after it")
    match scheme:
        case "file":
            return _file(rest)
        case "rtsp" | "rtsps":
            return _rtsp(scheme, text.strip())
        case "v4l2":
            return _v4l2(rest)
        case "picamera2":
            return _picamera2(rest)
        case _:
            raise SourceError(f'unknown scheme "{scheme}:" in a camera\'s source; use {_FORMS}')


def _file(rest: str) -> FileSource:
    path, options = _options("file", rest, allowed=("loop",))
    if not path:
        raise SourceError('"file:" names no file; write "file:PATH", or "file:PATH?loop=1" to repeat it')
    loop = options.get("loop", "0")
    if loop not in {"0", "1"}:
        raise SourceError(f'loop={loop} in a "file:" source; use loop=1 to repeat the file, or loop=0')
    return FileSource(Path(path.removeprefix("//")), loop=loop == "1")


def _rtsp(scheme: str, url: str) -> RtspSource:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # The exception's text quotes the address, which may hold the password.
        raise SourceError(
            "the address of an rtsp source cannot be read; write rtsp://user:password@host:554/path and "
            "percent-encode / ? # @ : in the password (%2F %3F %23 %40 %3A)"
        ) from None
    if not parts.hostname:
        raise SourceError("an rtsp source names no host; write rtsp://user:password@host:554/path")
    default = _DEFAULT_RTSPS_PORT if scheme == "rtsps" else _DEFAULT_RTSP_PORT
    return RtspSource(
        url=scheme + url[len(scheme) :],
        label=_without_password(scheme, parts),
        host=parts.hostname,
        port=default if port is None else port,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _without_password(scheme: str, parts: SplitResult) -> str:
    # Some cameras take the password in the query, so the query is left out as well.
    user = "" if parts.username is None else f"{parts.username}:***@"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    return f"{scheme}://{user}{host}{port}{parts.path}"


def _v4l2(rest: str) -> V4l2Source:
    device, options = _options("v4l2", rest, allowed=("width", "height", "fourcc"))
    if not device.startswith("/dev/"):
        raise SourceError(f'"v4l2:{device}" is no device; write "v4l2:/dev/video0" (list: ls /dev/video*)')
    fourcc = options.get("fourcc")
    if fourcc is not None and (len(fourcc) != _FOURCC_LETTERS or not fourcc.isascii()):
        raise SourceError(f'fourcc={fourcc} in "v4l2:{device}"; use four letters such as MJPG or YUYV')
    return V4l2Source(
        device=device,
        width=_pixels("v4l2", "width", options.get("width")),
        height=_pixels("v4l2", "height", options.get("height")),
        fourcc=fourcc,
    )


def _picamera2(rest: str) -> Picamera2Source:
    number, options = _options("picamera2", rest, allowed=("width", "height"))
    if not (number.isascii() and number.isdigit()):
        raise SourceError(
            f'"picamera2:{number}" needs the camera\'s number, as in "picamera2:0" '
            "(list: rpicam-hello --list-cameras)"
        )
    default = Picamera2Source(int(number))
    width = _pixels("picamera2", "width", options.get("width"))
    height = _pixels("picamera2", "height", options.get("height"))
    return Picamera2Source(
        number=default.number,
        width=default.width if width is None else width,
        height=default.height if height is None else height,
    )


def _options(scheme: str, rest: str, *, allowed: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    head, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in allowed:
            raise SourceError(
                f'unknown option "{name}" in a "{scheme}:" source; it takes {", ".join(allowed)}'
            )
    return head, options


def _pixels(scheme: str, name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 16384):  # noqa: PLR2004 - sanity bound
        raise SourceError(f'{name}={text} in a "{scheme}:" source; use a number of pixels, 1 to 16384')
    return int(text)
