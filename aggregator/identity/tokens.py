"""Random secrets and the digests that are stored of them.

A secret has 192 random bits, so a plain SHA-256 of it cannot be searched; passwords that people
choose go through argon2 (service.py) instead.
"""

import hashlib
import secrets
from typing import Final

KEY_PREFIX: Final = "mt_"
_BYTES: Final = 24
_MAX = 256
# No letters or digits that look alike, so that it can be read out and typed.
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_api_key() -> str:
    """Fresh API key; the prefix lets scanners find one that leaked."""
    return KEY_PREFIX + secrets.token_urlsafe(_BYTES)


def new_session_token() -> str:
    """Fresh cookie value."""
    return secrets.token_urlsafe(_BYTES)


def new_password() -> str:
    """Password of four groups of five (98 bits), made by the server for the first start."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(4))


def digest(secret: str) -> bytes:
    """What is stored of a secret; an over-long one is cut, no secret of ours is that long."""
    return hashlib.sha256(secret[:_MAX].encode("utf-8", "surrogatepass")).digest()
