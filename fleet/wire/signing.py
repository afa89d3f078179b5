"""Ed25519 signatures over what goes down to a node.

A signed document binds node, topic channel, version or id, session, issue time and life to its
payload, so that nothing valid can be replayed to another node, channel or birth. A command is
refused outside the session it names, so that its expiry needs no right clock; `ttl_s` is checked
besides, when the node's clock is synced (pass `now_ms=None` when it is not).
"""

from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fleet.wire.errors import SignatureError
from fleet.wire.messages import Count, Millis, Name, Session, Signed
from fleet.wire.topics import DownChannel

_CONTEXT: Final = b"matthan/v1/down\x00"
ANY_SESSION: Final = 0
"""Session of a document that outlives a birth: desired configuration and jobs."""


class Document(msgspec.Struct, array_like=True, frozen=True):
    """What is signed. `id` names a command or job; `version` counts desired configurations."""

    node: Name
    channel: DownChannel
    id: Name
    version: Count
    session: Session
    issued_at_ms: Millis
    ttl_s: float
    payload: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Document)


def sign(document: Document, key: Ed25519PrivateKey) -> Signed:
    """Sign `document`."""
    body = _encoder.encode(document)
    return Signed(body=body, signature=key.sign(_CONTEXT + body))


def verify(
    signed: Signed,
    *,
    key: Ed25519PublicKey,
    node: str,
    channel: DownChannel,
    session: int,
    now_ms: int | None,
    newest_version: int = 0,
) -> Document:
    """Check a signed document for this node, channel and birth; raises SignatureError with its code.

    `newest_version` is the highest version that the node has taken: an older one is stale, the
    same one is allowed (a retained message comes again at every connection).
    """
    try:
        key.verify(signed.signature, _CONTEXT + signed.body)
    except InvalidSignature as error:
        raise SignatureError(
            "bad_signature", "not signed by the key that this node was claimed with"
        ) from error
    try:
        document = _decoder.decode(signed.body)
    except msgspec.DecodeError as error:
        raise SignatureError("malformed", str(error)) from error
    if document.node != node:
        raise SignatureError("other_node", f"it is for {document.node!r}")
    if document.channel != channel:
        raise SignatureError("other_topic", f"it is for {document.channel.value!r}")
    if channel is DownChannel.COMMAND and document.session != session:
        raise SignatureError("other_session", "it was for an earlier birth of this node")
    if now_ms is not None and document.ttl_s > 0 and now_ms > document.issued_at_ms + document.ttl_s * 1000:
        raise SignatureError("expired", f"it was good for {document.ttl_s:g} s")
    if channel is DownChannel.CONFIG and document.version < newest_version:
        raise SignatureError("stale_version", f"version {document.version}, {newest_version} is in force")
    return document
