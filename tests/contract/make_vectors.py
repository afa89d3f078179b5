"""Write the golden vectors anew: only for a new message or an appended field, never to mend a test."""

import json
from pathlib import Path

import msgspec

from fleet.wire.codec import Codec
from fleet.wire.messages import (
    CameraState,
    CommandResponse,
    Event,
    EventBatch,
    HostState,
    JobStatus,
    MeasurementBatch,
    MeasurementRow,
    Message,
    NodeState,
    ReportedConfig,
    Signed,
    Skipped,
    Watermark,
)

STREAM = bytes.fromhex("0123456789abcdef")
EVENT = Event(
    seq=41,
    occurred_at_ms=1_790_000_000_123,
    clock=0,
    kind="line_crossed",
    rule="gate-count",
    camera="cam-01",
    zone_or_line="gate",
    class_name="person",
    track_id=7,
    score_e3=874,
    direction="forward",
    duration_s=2.5,
    box_e4=(1000, 2000, 3000, 4000),
    value=1.0,
    evidence=(bytes(range(32)),),
    model="ssdlite_mobilenet_v2_coco/int8",
    value_error=0.5,
)
ROW = MeasurementRow(
    seq=42,
    start_ms=1_790_000_040_000,
    period_s=60.0,
    name="flow",
    source="cam-01",
    zone_or_line="gate",
    class_name="người đi bộ",
    direction="backward",
    value=12.0,
    n=12,
    quality=1,
)
MESSAGES: dict[str, Message] = {
    "event_least": EventBatch(STREAM, (Event(1, 0, 2, "intruded", "r", "c"),)),
    "event_full": EventBatch(STREAM, (EVENT,)),
    "events_of_a_batch": EventBatch(
        STREAM, tuple(msgspec.structs.replace(EVENT, seq=n) for n in range(50, 60))
    ),
    "events_only_skipped": EventBatch(STREAM, (), (Skipped(3, 40, "quota", 38),)),
    "measurement": MeasurementBatch(STREAM, (ROW,)),
    "measurements_and_skipped": MeasurementBatch(STREAM, (ROW,), (Skipped(10, 10, "poison", 1),)),
    "state_born": NodeState(
        session=99,
        phase="born",
        at_ms=1_790_000_000_000,
        clock=0,
        stream=STREAM,
        last_seq=42,
        agent_version="0.1.0",
        model="ssdlite_mobilenet_v2_coco",
        uptime_s=12.5,
        outbox_rows=3,
        outbox_age_s=0.5,
        cameras=(CameraState("cam-01", "online", 9.9, ""), CameraState("cam-02", "offline", 0.0, "no route")),
        hardware="Raspberry Pi 5",
        detail="",
    ),
    "state_gone": NodeState(99, "gone", 1_790_000_000_000),
    "watermark": Watermark(STREAM, 42),
    "host_state": HostState(7, True, 1_790_000_000_000),
    "config_rejected": ReportedConfig(3, "rejected", "cameras.gate: no such scene", bytes(32)),
    "job_status": JobStatus("job-1", "verify", "running", ""),
    "command_response": CommandResponse("cmd-1", "done", "", b"\x01\x02"),
    "signed": Signed(b"body", bytes(64)),
}


def main() -> None:
    """Write vectors/messages.json beside this file."""
    codec = Codec()
    vectors = [
        {
            "name": name,
            "type": type(message).__name__,
            "payload": codec.encode(message).hex(),
            "body": msgspec.msgpack.encode(message).hex(),
            "fields": json.loads(msgspec.json.encode(message)),
        }
        for name, message in MESSAGES.items()
    ]
    path = Path(__file__).parent / "vectors" / "messages.json"
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
