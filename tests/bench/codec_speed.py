"""Encoding and decoding batches of facts, against JSON of the same facts."""

import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from fleet.simulator.facts import FactSource
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import EventBatch, MeasurementBatch

NOW_MS = 1_790_000_000_000
BATCHES = 400

ResultT = TypeVar("ResultT")


def codec_speed() -> list[dict[str, object]]:
    """Both classes of facts, in batches of 50 and alone."""
    return [
        _measured(kind, size, BATCHES if size > 1 else 20 * BATCHES)
        for kind in ("events", "rows")
        for size in (50, 1)
    ]


def _measured(kind: str, size: int, count: int) -> dict[str, object]:
    source, codec = FactSource(5, b"benchmrk"), Codec()
    make: Callable[[int, int, int], EventBatch | MeasurementBatch] = getattr(source, kind)
    message_type = EventBatch if kind == "events" else MeasurementBatch
    messages = [make(1 + number * size, size, NOW_MS + number) for number in range(count)]
    encode_s, payloads = _timed(lambda: [codec.encode(each) for each in messages])
    decode_s, decoded = _timed(lambda: [codec.decode(each, message_type) for each in payloads])
    if any(isinstance(each, Rejected) for each in decoded) or decoded != messages:
        raise RuntimeError("what was decoded is not what was encoded")
    writer = msgspec.json.Encoder()
    reader = msgspec.json.Decoder(dict[str, object])
    named = [_with_names(each) for each in messages]
    json_encode_s, texts = _timed(lambda: [writer.encode(each) for each in named])
    json_decode_s, _ = _timed(lambda: [reader.decode(each) for each in texts])
    facts = size * count
    return {
        "bench": f"codec_{kind}_{size}",
        "encode_facts_per_s": round(facts / encode_s),
        "decode_facts_per_s": round(facts / decode_s),
        "bytes_per_fact": round(sum(map(len, payloads)) / facts, 1),
        "json_bytes_per_fact": round(sum(map(len, texts)) / facts, 1),
        "encode_ratio_to_json": round(json_encode_s / encode_s, 2),
        "decode_ratio_to_json": round(json_decode_s / decode_s, 2),
        "bytes_ratio_to_json": round(sum(map(len, payloads)) / sum(map(len, texts)), 3),
    }


def _with_names(batch: EventBatch | MeasurementBatch) -> dict[str, object]:
    """The batch as one would write it in JSON: fields by name, bytes as hexadecimal text."""
    facts = batch.events if isinstance(batch, EventBatch) else batch.rows
    rows = [{name: getattr(fact, name) for name in fact.__struct_fields__} for fact in facts]
    for row in rows:
        if "evidence" in row:
            row["evidence"] = [each.hex() for each in row["evidence"]]
    return {"stream": batch.stream.hex(), "facts": rows}


def _timed(work: Callable[[], ResultT]) -> tuple[float, ResultT]:
    began_s = time.process_time()
    result = work()
    return time.process_time() - began_s, result
