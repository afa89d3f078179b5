"""Answers that were given to requests with an `Idempotency-Key`; see web/idempotency.py."""

from datetime import datetime

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from aggregator.errors import StoreRefusedError
from aggregator.storage.instants import to_ms
from aggregator.storage.relational.engine import reading, writing
from aggregator.storage.relational.identity_tables import kept_answers
from aggregator.web.idempotency import KeptAnswer

_PRUNED_AT_ONCE = 1000


class AnswersRepository:
    """The table `kept_answers`; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, slot: bytes, fingerprint: bytes, now: datetime, *, until: datetime) -> KeptAnswer | None:
        """Take the slot, or give what stands in it; of two that ask at once, one takes it."""
        try:
            with writing(self._engine) as connection:
                old = (
                    select(kept_answers.c.slot)
                    .where(kept_answers.c.until_ms <= to_ms(now))
                    .limit(_PRUNED_AT_ONCE)
                )
                connection.execute(delete(kept_answers).where(kept_answers.c.slot.in_(old)))
                connection.execute(
                    delete(kept_answers).where(
                        kept_answers.c.slot == slot, kept_answers.c.until_ms <= to_ms(now)
                    )
                )
                found = connection.execute(
                    select(kept_answers).where(kept_answers.c.slot == slot)
                ).one_or_none()
                if found is None:
                    connection.execute(
                        insert(kept_answers).values(
                            slot=slot, fingerprint=fingerprint, status=0, until_ms=to_ms(until)
                        )
                    )
                    return None
                body = None if found.body is None else bytes(found.body)
                return KeptAnswer(bytes(found.fingerprint), found.status, body)
        except StoreRefusedError as error:
            if isinstance(error.__cause__, IntegrityError):
                return self._of(slot, fingerprint)
            raise

    def keep(self, slot: bytes, status: int, body: bytes, *, until: datetime) -> None:
        """Keep the answer of a slot that was taken."""
        with writing(self._engine) as connection:
            connection.execute(
                update(kept_answers)
                .where(kept_answers.c.slot == slot)
                .values(status=status, body=body, until_ms=to_ms(until))
            )

    def drop(self, slot: bytes) -> None:
        """Give a slot back."""
        with writing(self._engine) as connection:
            connection.execute(delete(kept_answers).where(kept_answers.c.slot == slot))

    def _of(self, slot: bytes, fingerprint: bytes) -> KeptAnswer:
        with reading(self._engine) as connection:
            found = connection.execute(select(kept_answers).where(kept_answers.c.slot == slot)).one_or_none()
        if found is None:  # another took it, and gave it back already
            return KeptAnswer(fingerprint, 0, None)
        return KeptAnswer(
            bytes(found.fingerprint), found.status, None if found.body is None else bytes(found.body)
        )
