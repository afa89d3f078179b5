"""Rules and silences as stored, and the book of them that the projector reads by.

Invariant: whoever changes a rule or a silence raises `alarm_cursor.book` in the same transaction, so that a
book in memory is known to be old.
"""

from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from aggregator.alarms.defaults import DEFAULT_RULES
from aggregator.alarms.matching import Expand, RuleBook
from aggregator.alarms.records import to_json
from aggregator.alarms.rules import AlarmRule, Silence
from aggregator.alarms.states import SYSTEM
from aggregator.storage.relational.alarms_tables import alarm_cursor, alarm_rules, alarm_silences

CURSOR_ID: Final = 1
rule_decoder: Final = msgspec.json.Decoder(AlarmRule)
silence_decoder: Final = msgspec.json.Decoder(Silence)


def add_defaults(connection: Connection, now_ms: int) -> None:
    """Add default rules that were never there; takes the cursor's lock, so that two servers do it once."""
    connection.execute(select(alarm_cursor.c.id).with_for_update()).one()
    known = set(connection.execute(select(alarm_rules.c.id)).scalars())
    fresh = [rule for rule in DEFAULT_RULES if rule.id not in known]
    if fresh:
        connection.execute(
            insert(alarm_rules),
            [
                {
                    "id": rule.id,
                    "version": 1,
                    "body": to_json(rule),
                    "updated_ms": now_ms,
                    "updated_by": to_json(SYSTEM),
                }
                for rule in fresh
            ],
        )
        turn_page(connection)


def turn_page(connection: Connection) -> None:
    """Say that rules or silences have changed."""
    connection.execute(
        update(alarm_cursor).where(alarm_cursor.c.id == CURSOR_ID).values(book=alarm_cursor.c.book + 1)
    )


def read_book(connection: Connection, expand: Expand, since_ms: int) -> RuleBook:
    """Rules that are not removed, and silences that end after `since_ms`.

    An event that occurred earlier still and comes late is not silenced any more, and calls nobody either.
    """
    rules = connection.execute(
        select(alarm_rules.c.body).where(alarm_rules.c.removed_ms.is_(None)).order_by(alarm_rules.c.id)
    ).scalars()
    silences = connection.execute(
        select(alarm_silences.c.body).where(alarm_silences.c.ends_ms > since_ms).order_by(alarm_silences.c.id)
    ).scalars()
    return RuleBook(
        [rule_decoder.decode(body) for body in rules],
        [silence_decoder.decode(body) for body in silences],
        expand,
    )
