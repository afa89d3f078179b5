"""Keeps addresses unreadable in the database and its back-ups.

Invariant: the key lies in the data directory alone, readable by its owner; an address is bound to its row.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aggregator.errors import DataDirError, OperatorError

KEY_FILE: Final = "notices.key"
_KEY: Final = 32
_NONCE: Final = 12


class UnsealableError(OperatorError):
    """An address was sealed with another key."""

    code = "unsealable"


class Sealer:
    """Seals and opens addresses."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, row: str, address: str) -> bytes:
        """Encrypt the address of a row."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, address.encode(), row.encode())

    def open(self, row: str, sealed: bytes) -> str:
        """The address of a row; raises UnsealableError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], row.encode()).decode()
        except InvalidTag as error:
            raise UnsealableError(
                f"an address cannot be opened: restore {KEY_FILE} from the back-up, or enter it again"
            ) from error


def read_sealer(data_dir: Path) -> Sealer:
    """The sealer of a server; makes its key on the first call. Raises DataDirError."""
    path = data_dir / KEY_FILE
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = bytes.fromhex(path.read_text("ascii"))
        else:
            key = secrets.token_bytes(_KEY)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(key.hex())
                file.flush()
                os.fsync(file.fileno())
    except (OSError, ValueError) as error:
        raise DataDirError(f"cannot use {path} ({error}): restore it from the back-up") from error
    if len(key) != _KEY:
        raise DataDirError(f"{path} is cut short: restore it from the back-up")
    return Sealer(key)
