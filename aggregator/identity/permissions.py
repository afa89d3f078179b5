"""What may be done, and which role may do it. Pure.

Invariants: a permission names one thing that somebody does; whoever is not granted it may not; a role holds
permissions by this table alone. Source of the roles: design §8; of what each does: reference §1.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing that may be done; the value is what keys, the audit log and errors call it."""

    CONSOLE_USE = "console.use"
    EVENTS_READ = "events.read"
    MEASUREMENTS_READ = "measurements.read"
    NODES_READ = "nodes.read"
    NODES_WRITE = "nodes.write"
    FLEET_ADMIN = "fleet.admin"
    STREAMS_READ = "streams.read"
    TIMESERIES_QUERY = "timeseries.query"
    TIMESERIES_ADMIN = "timeseries.admin"
    PLACES_READ = "places.read"
    PLACES_WRITE = "places.write"
    AGENCIES_WRITE = "agencies.write"
    ALARMS_READ = "alarms.read"
    ALARMS_WORK = "alarms.work"
    ALARM_RULES_WRITE = "alarms.rules"
    STAGE_SET = "stage.set"
    NOTICES_READ = "notices.read"
    NOTICES_SEND = "notices.send"
    EVIDENCE_VIEW = "evidence.view"
    EVIDENCE_ORIGINAL = "evidence.original"
    REPORTS_READ = "reports.read"
    REPORTS_WORK = "reports.work"
    REPORTS_PUBLISH = "reports.publish"
    REPORTS_VERIFY = "reports.verify"
    REPORTS_IDENTITY = "reports.identity"
    REPORTS_RESTRICTED = "reports.restricted"
    REPORTS_ADMIN = "reports.admin"
    REPORTS_SEND = "reports.send"
    KPIS_READ = "kpis.read"
    KPIS_WRITE = "kpis.write"
    USERS_ADMIN = "users.admin"
    KEYS_ADMIN = "keys.admin"
    AUDIT_READ = "audit.read"


class Role(StrEnum):
    """Who somebody is to the system."""

    CITIZEN = "citizen"
    OPERATOR = "operator"
    OFFICER = "officer"
    LEADER = "leader"
    TECHNICIAN = "technician"
    ADMIN = "admin"


_P = Permission
_SEES: Final = frozenset(
    {
        _P.CONSOLE_USE,
        _P.EVENTS_READ,
        _P.MEASUREMENTS_READ,
        _P.NODES_READ,
        _P.PLACES_READ,
        _P.TIMESERIES_QUERY,
        _P.ALARMS_READ,
        _P.NOTICES_READ,
        _P.KPIS_READ,
    }
)

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.CITIZEN: frozenset(),
    Role.OPERATOR: _SEES
    | {
        _P.ALARMS_WORK,
        _P.EVIDENCE_VIEW,
        _P.REPORTS_READ,
        _P.REPORTS_VERIFY,
        _P.REPORTS_IDENTITY,
        _P.NOTICES_SEND,
    },
    Role.OFFICER: frozenset(
        {
            _P.CONSOLE_USE,
            _P.ALARMS_READ,
            _P.ALARMS_WORK,
            _P.EVIDENCE_VIEW,
            _P.PLACES_READ,
            _P.REPORTS_READ,
            _P.REPORTS_WORK,
            _P.NOTICES_READ,
            _P.KPIS_WRITE,
            _P.KPIS_READ,
        }
    ),
    Role.LEADER: _SEES
    | {_P.STAGE_SET, _P.NOTICES_SEND, _P.REPORTS_READ, _P.REPORTS_PUBLISH, _P.REPORTS_RESTRICTED},
    Role.TECHNICIAN: frozenset(
        {
            _P.CONSOLE_USE,
            _P.EVENTS_READ,
            _P.MEASUREMENTS_READ,
            _P.NODES_READ,
            _P.NODES_WRITE,
            _P.STREAMS_READ,
            _P.PLACES_READ,
            _P.PLACES_WRITE,
            _P.TIMESERIES_QUERY,
        }
    ),
    Role.ADMIN: frozenset(Permission) - {_P.EVIDENCE_ORIGINAL},
}
"""The unmasked original of evidence is nobody's by role: it is granted to a person by name, with a reason."""
