"""From stored people, keys and audit rows to what HTTP shows. Pure."""

import msgspec

from aggregator.audit.entry import AuditRow
from aggregator.identity.keys_repository import StoredKey
from aggregator.identity.people_repository import OpenSession, Person
from aggregator.identity.schemas import AuditRowView, GrantView, KeyView, SessionView, UserView
from aggregator.identity.scopes import parse_scopes
from aggregator.identity.service import session_id
from aggregator.storage.instants import from_ms

_detail = msgspec.json.Decoder(dict[str, str])


def view_person(person: Person) -> UserView:
    """A person, without any secret."""
    return UserView(
        id=person.id,
        name=person.name,
        display_name=person.display_name,
        email=person.email,
        language=person.language,
        single_sign_on=bool(person.subject),
        disabled=person.disabled,
        must_change=person.must_change,
        locked_until=person.locked_until,
        created_at=person.created_at,
        signed_in_at=person.signed_in_at,
        grants=[GrantView.of(grant) for grant in person.grants],
    )


def view_session(session: OpenSession, current: str) -> SessionView:
    """A session; `current` is the id of the one that asks."""
    id_ = session_id(session.hash)
    return SessionView(
        id=id_,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        address=session.address,
        agent=session.agent,
        current=id_ == current,
    )


def view_key(key: StoredKey) -> KeyView:
    """A key, without its secret."""
    scope = parse_scopes(key.scopes)
    return KeyView(
        id=key.id,
        name=key.name,
        permissions=None if scope.permissions is None else sorted(scope.permissions),
        areas=None if scope.areas is None else sorted(scope.areas),
        sites=None if scope.sites is None else sorted(scope.sites),
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def view_audit(row: AuditRow) -> AuditRowView:
    """A line of the audit log."""
    return AuditRowView(
        id=row.id,
        at=from_ms(row.at_ms),
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        action=row.action,
        subject=row.subject,
        area=row.area,
        detail=_detail.decode(row.detail),
        address=row.address,
        hash=row.hash.hex(),
    )
