"""Passwords by argon2: never more than two computations at once, and the same time for who is not there."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from aggregator.identity.tokens import new_password

MAX_PASSWORD: Final = 256
_HASHERS: Final = 2


class Passwords:
    """Hashes and verifies; any thread."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(new_password())
        self._hashing = threading.BoundedSemaphore(_HASHERS)

    def hash(self, password: str) -> str:
        """Argon2's own text, with salt and parameters."""
        with self._hashing:
            return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Whether it is the password; takes as long for an empty `stored`, which none fits."""
        if len(password) > MAX_PASSWORD:
            return False
        with self._hashing:
            try:
                self._hasher.verify(stored or self._nobody, password)
            except (VerificationError, InvalidHashError, UnicodeEncodeError):
                return False
        return bool(stored)

    def is_old(self, stored: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)
