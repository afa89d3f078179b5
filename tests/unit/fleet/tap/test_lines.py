"""What a tap shows: one readable line a fact, and the reason of what does not decode."""

import msgspec
import pytest

from fleet.tap.lines import Line, read
from fleet.wire.codec import Codec
from fleet.wire.messages import (
    CameraState,
    Event,
    EventBatch,
    MeasurementBatch,
    MeasurementRow,
    NodeState,
    ReportedConfig,
    Skipped,
)

CODEC = Codec()
STREAM = bytes(8)
AT_MS = 1_790_000_000_123
EVENT = Event(
    41, AT_MS, 1, "line_crossed", "gate-count", "cam-01", "gate", "person", 7, 874, "forward", 2.5, None, 3.0
)
ROW = MeasurementRow(42, AT_MS, 60.0, "flow", "cam-01", "gate", "person", "forward", 12.0, 12, 1)


@pytest.mark.parametrize(
    ("channel", "message", "expected"),
    [
        (
            "ev",
            EventBatch(STREAM, (EVENT,), (Skipped(3, 40, "quota", 38),)),
            [
                (
                    "14:13:20.123  demo-01      ev    line_crossed       cam-01/gate person #7 forward "
                    "score=0.87 for=2.5s value=3 rule=gate-count seq=41 clock=holdover"
                ),
                "--:--:--.---  demo-01      ev    SKIPPED            seq 3..40: 38 dropped, quota",
            ],
        ),
        (
            "ms",
            MeasurementBatch(STREAM, (ROW,)),
            [
                (
                    "14:13:20.123  demo-01      ms    flow               cam-01/gate person forward "
                    "12 (n=12, 60 s) suspect seq=42"
                )
            ],
        ),
        (
            "state",
            NodeState(
                5,
                "born",
                AT_MS,
                agent_version="0.1.0",
                outbox_rows=3,
                cameras=(CameraState("c", "online", 9.9),),
            ),
            [
                (
                    "14:13:20.123  demo-01      state born               session=5 agent=0.1.0 "
                    "outbox=3 (0 s) c=online@9.9"
                )
            ],
        ),
        (
            "cfg",
            ReportedConfig(3, "rejected", "no such scene"),
            ['--:--:--.---  demo-01      cfg   cfg                [3,"rejected","no such scene",""]'],
        ),
    ],
)
def test_a_message_becomes_lines(channel: str, message: object, expected: list[str]) -> None:
    lines = read(f"mt/v1/up/demo-01/{channel}", CODEC.encode(message), CODEC)
    assert expected == [line.readable() for line in lines]


def test_what_does_not_decode_is_shown_with_its_reason() -> None:
    assert [
        Line(
            None,
            "demo-01",
            "ev",
            "REJECTED newer_major",
            "major version 9, this side speaks 1; 3 bytes 090041",
        )
    ] == read("mt/v1/up/demo-01/ev", b"\x09\x00A", CODEC)


def test_a_foreign_topic_is_named() -> None:
    assert [line.kind for line in read("elsewhere", b"", CODEC)] == ["foreign_topic"]


def test_a_line_is_json_too() -> None:
    assert b'"kind":"intruded"' in msgspec.json.encode(Line(1, "n", "ev", "intruded", "t"))
