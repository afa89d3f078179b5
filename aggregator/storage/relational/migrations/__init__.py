"""The relational schema, step by step, and the one way to apply it: `upgrade(engine)`."""

from aggregator.storage.relational.migrations.upgrade import upgrade

__all__ = ["upgrade"]
