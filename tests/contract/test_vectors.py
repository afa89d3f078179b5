"""Golden vectors: the bytes of every message stay what nodes in the field send.

The body is pinned to the byte; a deflated payload is pinned by what it decodes to, because zlib
implementations choose different, equally valid bytes. `older.json` is what nodes sent before a field was
appended: it must decode for as long as such nodes may exist.
"""

import json
from pathlib import Path

import msgspec
import pytest

from fleet.wire import messages
from fleet.wire.codec import Codec

VECTORS = json.loads((Path(__file__).parent / "vectors" / "messages.json").read_text("utf-8"))
OLDER = json.loads((Path(__file__).parent / "vectors" / "older.json").read_text("utf-8"))
CODEC = Codec()


@pytest.mark.parametrize("vector", [*VECTORS, *OLDER], ids=[each["name"] for each in [*VECTORS, *OLDER]])
def test_a_payload_from_the_field_decodes_to_its_fields(vector: dict[str, str]) -> None:
    message = CODEC.decode(bytes.fromhex(vector["payload"]), getattr(messages, vector["type"]))
    assert vector["fields"] == json.loads(msgspec.json.encode(message))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_message_encodes_to_the_pinned_body(vector: dict[str, str]) -> None:
    expected = getattr(messages, vector["type"])
    message = CODEC.decode(bytes.fromhex(vector["payload"]), expected)
    assert bytes.fromhex(vector["body"]) == msgspec.msgpack.encode(message)
    assert message == CODEC.decode(CODEC.encode(message), expected)


def test_every_message_type_has_a_vector() -> None:
    assert {kind.__name__ for kind in messages.Message.__args__} == {vector["type"] for vector in VECTORS}
