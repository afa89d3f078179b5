"""Hides ways to reach somebody in what people wrote. Pure.

What a reporter writes may say who they are. Whoever is not to know that reads their words without telephone
numbers and e-mail addresses; names cannot be found by a rule, so what becomes public is read by a person
before.
"""

import re
from typing import Final

HIDDEN: Final = "•••"
_PHONE: Final = re.compile(r"(?<![\d.])(?:\+?84|0)(?:[ .\-]?\d){8,10}(?!\d)")
_EMAIL: Final = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}")


def masked(text: str) -> str:
    """The text without telephone numbers (Vietnamese, also +84) and e-mail addresses."""
    return _PHONE.sub(HIDDEN, _EMAIL.sub(HIDDEN, text))
