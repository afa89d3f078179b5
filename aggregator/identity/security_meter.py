"""What the guard and the audit log come to in figures, for the time series.

Counts are those since the reading before, so they add up over any range; what happens between the last
reading of a process and its end is not among them. The audit log is the record.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine, func, select

from aggregator.storage.relational.audit_tables import audit_rows
from aggregator.storage.relational.engine import reading
from aggregator.storage.timeseries.meters import Reading

FIELDS: Final = (
    "agency", "alarm", "alarm_rule", "area", "areas", "audit", "camera", "key", "notice", "notice_address",
    "node", "route", "session", "silence", "site", "sop", "stage", "user", "warning",
)  # fmt: skip
"""What stands before the point of an action; others are told of as `other`."""
OTHER: Final = "other"


def entry_readings(actions: Counter[str]) -> list[Reading]:
    """New entries of the audit log by field, 0 where there were none."""
    found: Counter[str] = Counter()
    for action, count in actions.items():
        field = action.partition(".")[0]
        found[field if field in FIELDS else OTHER] += count
    return [Reading("audit_entries", found[name], class_name=name) for name in (*FIELDS, OTHER)]


class SecurityMeter:
    """Reads them; `refused` gives how often signing in was refused since the start. One thread's."""

    def __init__(self, engine: Engine, refused: Callable[[], int]) -> None:
        self._engine = engine
        self._refused = refused
        self._refused_before = 0
        self._through: int | None = None

    def __call__(self, now_ms: int) -> list[Reading]:
        """The readings since the one before; the first counts from now. Raises StoreError."""
        del now_ms
        actions = self._new_entries()
        total = self._refused()
        refused, self._refused_before = total - self._refused_before, total
        return [Reading("sign_ins_refused", refused), *entry_readings(actions)]

    def _new_entries(self) -> Counter[str]:
        newest = select(func.coalesce(func.max(audit_rows.c.id), 0))
        with reading(self._engine) as connection:
            last = connection.execute(newest).scalar_one()
            if self._through is None:
                self._through = last
            fresh = (
                select(audit_rows.c.action, func.count())
                .where(audit_rows.c.id > self._through, audit_rows.c.id <= last)
                .group_by(audit_rows.c.action)
            )
            found = Counter({row[0]: row[1] for row in connection.execute(fresh)})
        self._through = last
        return found
