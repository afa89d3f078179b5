from pathlib import Path

import pytest

from edge_agent.capture.errors import SourceError
from edge_agent.capture.source import (
    FileSource,
    Picamera2Source,
    RtspSource,
    Source,
    V4l2Source,
    parse_source,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file:clips/gate.mp4", FileSource(Path("clips/gate.mp4"))),
        ("file:clips/gate.mp4?loop=1", FileSource(Path("clips/gate.mp4"), loop=True)),
        ("file:a.mp4?loop=0", FileSource(Path("a.mp4"))),
        ("file:///srv/a b.mp4", FileSource(Path("/srv/a b.mp4"))),
        (" FILE:a.mp4 ", FileSource(Path("a.mp4"))),
        ("v4l2:/dev/video0", V4l2Source("/dev/video0")),
        (
            "v4l2:/dev/video2?width=1280&height=720&fourcc=MJPG",
            V4l2Source("/dev/video2", width=1280, height=720, fourcc="MJPG"),
        ),
        ("picamera2:0", Picamera2Source(0)),
        ("picamera2:1?width=640&height=480", Picamera2Source(1, width=640, height=480)),
        (
            "rtsp://cam.local/stream1",
            RtspSource("rtsp://cam.local/stream1", "rtsp://cam.local/stream1", "cam.local", 554, None, None),
        ),
        (
            "rtsp://admin:p%40ss@10.0.0.5:8554/ch?x=1",
            RtspSource(
                "rtsp://admin:p%40ss@10.0.0.5:8554/ch?x=1",
                "rtsp://admin:***@10.0.0.5:8554/ch",
                "10.0.0.5",
                8554,
                "admin",
                "p@ss",
            ),
        ),
        (
            "rtsps://[fd00::5]/s",
            RtspSource("rtsps://[fd00::5]/s", "rtsps://[fd00::5]/s", "fd00::5", 322, None, None),
        ),
    ],
)
def test_source_is_parsed(text: str, expected: Source) -> None:
    assert parse_source(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no scheme"),
        ("gate.mp4", "no scheme"),
        ("file:", "nothing after it"),
        ("http://x/y", 'unknown scheme "http:"'),
        ("file:?loop=1", "names no file"),
        ("file:a.mp4?loop=yes", "use loop=1"),
        ("file:a.mp4?speed=2", 'unknown option "speed"'),
        ("rtsp:///stream", "names no host"),
        ("rtsp://cam:port/x", "cannot be read"),
        ("rtsp://cam:99999/x", "cannot be read"),
        ("v4l2:0", "is no device"),
        ("v4l2:/dev/video0?fourcc=MPEG4", "four letters"),
        ("v4l2:/dev/video0?width=0", "number of pixels"),
        ("v4l2:/dev/video0?width=99999", "number of pixels"),
        ("picamera2:first", "needs the camera's number"),
        ("picamera2:0?fps=5", 'unknown option "fps"'),
    ],
)
def test_bad_source_is_refused_with_what_to_write_instead(text: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        parse_source(text)


def test_password_stays_out_of_label_repr_and_errors() -> None:
    source = parse_source("rtsp://admin:hunter2@cam/x?password=hunter2")
    assert "hunter2" not in source.label + repr(source)
    with pytest.raises(SourceError) as caught:
        parse_source("rtsp://admin:hunter2/x@cam:554/x")
    assert "hunter2" not in str(caught.value)


def test_only_rtsps_counts_as_encrypted() -> None:
    encrypted = [
        source.encrypted
        for source in (parse_source("rtsps://c/x"), parse_source("RTSP://c/x"))
        if isinstance(source, RtspSource)
    ]
    assert encrypted == [True, False]
