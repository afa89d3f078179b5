"""What a check found, before it is put into words. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "warn", "fail", "not_applicable"]
_EXIT_CODES: Mapping[Status, int] = {"ok": 0, "not_applicable": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one check.

    Attributes:
        code: stable name of the check, such as `DISK-SPACE`.
        outcome: which of the check's outcomes in the catalogue.
        subject: which camera or sensor, where there are several; else empty.
        values: what the catalogue's texts put in their braces; never a password.
    """

    code: str
    outcome: str
    subject: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def exit_code(statuses: list[Status]) -> int:
    """0 when all is well, 1 when something wants attention, 2 when something does not work."""
    return max((_EXIT_CODES[status] for status in statuses), default=0)
