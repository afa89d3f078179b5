"""Checklists as stored; shipped ones are added once."""

from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select

from aggregator.alarms.records import to_json
from aggregator.alarms.sops import Sop, shipped_sops
from aggregator.alarms.states import SYSTEM
from aggregator.storage.relational.alarms_tables import alarm_sops

sop_decoder: Final = msgspec.json.Decoder(Sop)


def add_shipped(connection: Connection, now_ms: int) -> None:
    """Add shipped checklists of kinds that never had one; the caller holds the cursor's lock."""
    known = set(connection.execute(select(alarm_sops.c.kind)).scalars())
    fresh = [sop for sop in shipped_sops() if sop.kind not in known]
    if fresh:
        connection.execute(
            insert(alarm_sops),
            [
                {
                    "kind": sop.kind,
                    "version": 1,
                    "body": to_json(sop),
                    "updated_ms": now_ms,
                    "updated_by": to_json(SYSTEM),
                }
                for sop in fresh
            ],
        )


def sop_of(connection: Connection, kind: str) -> Sop | None:
    """The checklist of a kind, if it has one."""
    query = select(alarm_sops.c.body).where(alarm_sops.c.kind == kind, alarm_sops.c.removed_ms.is_(None))
    body = connection.execute(query).scalar_one_or_none()
    return None if body is None else sop_decoder.decode(body)
