"""Which passwords people may choose. Pure.

Length is what counts (NIST SP 800-63B): twelve characters at least, no rules about their kinds, and nothing
that a guesser tries first: a common password however it is decorated, a run of the keyboard, the person's own
name. `common_passwords.json` is from zxcvbn 4.5.0 (MIT), its 12,000 most common and all of twelve and more
characters, with some Vietnamese ones of ours.
"""

import itertools
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from aggregator.errors import CallerError
from aggregator.identity.hashing import MAX_PASSWORD

SHORTEST: Final = 12
_FEWEST_DIFFERENT: Final = 5
_FEWEST_STEPS: Final = 5
_SHORTEST_WORD: Final = 4
_SHORTEST_NAME: Final = 3
_BESIDE_NAME: Final = 8
_PRODUCT: Final = "matthan"
_UNDISGUISED: Final = str.maketrans("01345780@$!", "oleastboasi")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")


class WeakPasswordError(CallerError):
    """This password may not be chosen."""

    status = 422
    code = "password_weak"
    title = "Choose another password"


class ShortPasswordError(WeakPasswordError):
    """It is too short, or longer than is hashed."""

    code = "password_length"


class CommonPasswordError(WeakPasswordError):
    """Guessers try it first."""

    code = "password_common"


class NamePasswordError(WeakPasswordError):
    """It is the person's name with something added."""

    code = "password_name"


def check_password(password: str, names: Iterable[str]) -> None:
    """Return when it may be chosen by somebody of these names; raises WeakPasswordError."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(plain) < SHORTEST or len(password) > MAX_PASSWORD:
        raise ShortPasswordError(
            f"a password has {SHORTEST} to {MAX_PASSWORD} characters: several words are easy to remember"
        )
    if "\x00" in password or not password.isprintable():
        raise WeakPasswordError("a password has letters, digits, signs and spaces alone")
    for name in (*names, _PRODUCT):
        found = unicodedata.normalize("NFKC", name).casefold().strip()
        if len(found) >= _SHORTEST_NAME and found in plain and len(plain) - len(found) < _BESIDE_NAME:
            raise NamePasswordError(f"this password is hardly more than {name!r}: choose other words")
    if len(set(plain)) < _FEWEST_DIFFERENT or _steps(plain) < _FEWEST_STEPS or _is_common(plain):
        raise CommonPasswordError("guessers try this password first: choose several words of your own")


def _is_common(plain: str) -> bool:
    common = _common()
    word = plain.translate(_UNDISGUISED)
    for found in (plain, word, _letters(plain), _letters(word)):
        half = found[: len(found) // 2]
        doubled = bool(half) and half * 2 == found
        if found in common or (doubled and half in common):
            return len(found) >= _SHORTEST_WORD
    return False


def _letters(text: str) -> str:
    """The text without what is commonly put before and after a word."""
    first = next((index for index, each in enumerate(text) if each.isalpha()), len(text))
    last = next((index for index, each in enumerate(reversed(text)) if each.isalpha()), len(text))
    return text[first : len(text) - last]


def _steps(text: str) -> int:
    """How often the text does something else than go on along the alphabet, the digits or the keyboard."""
    return sum(1 for before, after in itertools.pairwise(text) if not _beside(before, after))


def _beside(one: str, other: str) -> bool:
    if abs(ord(one) - ord(other)) <= 1:
        return True
    for row in _ROWS:
        at, to = row.find(one), row.find(other)
        if at >= 0 and to >= 0 and abs(at - to) <= 1:
            return True
    return False


@cache
def _common() -> frozenset[str]:
    file = resources.files("aggregator.identity").joinpath("common_passwords.json")
    return frozenset(msgspec.json.decode(file.read_bytes(), type=list[str]))
