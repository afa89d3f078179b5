"""One line of the audit log. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Somebody did something.

    Attributes:
        actor_kind: `person`, `key`, `node`, `citizen`, `system`.
        actor_id: id of whoever did it.
        actor_name: its name at that time.
        action: in the past tense, with its field of work first: `user.created`, `alarm.acknowledged`.
        subject: what it was done to, such as `alarm:0192…`.
        at: aware UTC.
        area: id of the area that the subject belongs to; empty for none.
        detail: what else must be known later, such as the reason; never a secret.
        address: where the request came from; empty for none.
    """

    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    subject: str
    at: datetime
    area: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry as it stands in the log: its number from 1, without gaps, and its hash."""

    id: int
    at_ms: int
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    subject: str
    area: str
    detail: str
    address: str
    hash: bytes
