"""Entries of the audit log by whoever asked. Pure."""

from collections.abc import Mapping
from datetime import datetime

from aggregator.audit.entry import AuditEntry
from aggregator.identity.principal import Principal


def entry_by(
    who: Principal,
    action: str,
    subject: str,
    at: datetime,
    *,
    area: str = "",
    detail: Mapping[str, str] | None = None,
) -> AuditEntry:
    """An entry: `who` did `action` (past tense, `user.created`) to `subject` (`user:…`) at an instant."""
    return AuditEntry(
        actor_kind=who.kind.value,
        actor_id=who.id,
        actor_name=who.name,
        action=action,
        subject=subject,
        at=at,
        area=area,
        detail=detail or {},
        address=who.address,
    )
