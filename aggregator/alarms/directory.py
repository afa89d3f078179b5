"""Names of those whom alarms are assigned to."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine, select

from aggregator.alarms.states import Assignee
from aggregator.errors import CallerError
from aggregator.identity.grants_rows import grants_of
from aggregator.identity.permissions import Permission, Role
from aggregator.storage.relational.engine import reading
from aggregator.storage.relational.identity_tables import console_users

AgencyName = Callable[[str], str | None]
"""Name of an agency; None when there is none."""
_ROLES: Final = frozenset(role.value for role in Role) - {Role.CITIZEN.value}


class UnknownAssigneeError(CallerError):
    """There is nobody of this name to assign an alarm to."""

    code = "unknown_assignee"
    title = "Nobody of this name"


class Directory:
    """People, roles and agencies."""

    def __init__(self, engine: Engine, agency_name: AgencyName) -> None:
        self._engine = engine
        self._agency_name = agency_name

    def assignee(self, kind: str, name_id: str) -> Assignee:
        """Whoever it is, by their present name; raises UnknownAssigneeError."""
        name: str | None = None
        match kind:
            case "user":
                name = self._user(name_id)
            case "role" if name_id in _ROLES:
                name = name_id
            case "agency":
                name = self._agency_name(name_id)
            case _:
                name = None
        if name is None:
            raise UnknownAssigneeError(f"there is no {kind} {name_id!r} to assign an alarm to")
        return Assignee(kind, name_id, name)

    def people(self) -> tuple[Assignee, ...]:
        """Everybody who may work alarms somewhere and is not disabled, by name."""
        query = select(console_users.c.id, console_users.c.name, console_users.c.display_name).where(
            console_users.c.disabled.is_(False)
        )
        with reading(self._engine) as connection:
            able = [
                Assignee("user", row.id, row.display_name or row.name)
                for row in connection.execute(query).all()
                if any(grant.holds(Permission.ALARMS_WORK) for grant in grants_of(connection, row.id))
            ]
        return tuple(sorted(able, key=lambda each: (each.name, each.id)))

    def _user(self, user_id: str) -> str | None:
        query = select(console_users.c.name, console_users.c.display_name).where(
            console_users.c.id == user_id, console_users.c.disabled.is_(False)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else row.display_name or row.name
