"""Signatures bind a document to its node, channel, birth, time and version."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.wire.errors import SignatureError
from fleet.wire.messages import Signed
from fleet.wire.signing import Document, sign, verify
from fleet.wire.topics import DownChannel

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
COMMAND = Document("cam-01", DownChannel.COMMAND, "c-1", 0, 77, 1_000_000, 30.0, b"restart")
CONFIG = Document("cam-01", DownChannel.CONFIG, "", 5, 0, 1_000_000, 0.0, b"[node]")


def check(
    signed: Signed,
    *,
    node: str = "cam-01",
    channel: DownChannel = DownChannel.COMMAND,
    session: int = 77,
    now_ms: int | None = 1_010_000,
    newest_version: int = 0,
) -> Document:
    """Verify with the defaults of the node that the command was for."""
    return verify(
        signed,
        key=KEY.public_key(),
        node=node,
        channel=channel,
        session=session,
        now_ms=now_ms,
        newest_version=newest_version,
    )


def test_a_good_document_verifies() -> None:
    assert check(sign(COMMAND, KEY)) == COMMAND


def test_a_configuration_outlives_births_and_may_come_again() -> None:
    assert check(sign(CONFIG, KEY), channel=DownChannel.CONFIG, session=99, newest_version=5) == CONFIG


def test_an_unset_clock_does_not_refuse_a_command_of_this_birth() -> None:
    assert check(sign(COMMAND, KEY), now_ms=None) == COMMAND


@pytest.mark.parametrize(
    ("signed", "asked", "code"),
    [
        (sign(COMMAND, OTHER_KEY), {}, "bad_signature"),
        (Signed(sign(COMMAND, KEY).body + b"x", sign(COMMAND, KEY).signature), {}, "bad_signature"),
        (sign(COMMAND, KEY), {"node": "cam-02"}, "other_node"),
        (sign(CONFIG, KEY), {}, "other_topic"),
        (sign(COMMAND, KEY), {"session": 78}, "other_session"),
        (sign(COMMAND, KEY), {"now_ms": 1_030_001}, "expired"),
        (sign(CONFIG, KEY), {"channel": DownChannel.CONFIG, "newest_version": 6}, "stale_version"),
    ],
)
def test_each_misuse_has_its_code(signed: Signed, asked: dict[str, object], code: str) -> None:
    with pytest.raises(SignatureError) as caught:
        check(signed, **asked)
    assert code == caught.value.code


def test_a_signed_body_that_is_no_document_is_malformed() -> None:
    body = msgspec.msgpack.encode(["just", "this"])
    signed = Signed(body, KEY.sign(b"matthan/v1/down\x00" + body))
    with pytest.raises(SignatureError, match="malformed"):
        check(signed)
