"""Imports every table, so that `metadata` is whole."""

import aggregator.storage.relational.alarms_tables
import aggregator.storage.relational.audit_tables
import aggregator.storage.relational.identity_tables
import aggregator.storage.relational.notices_tables
import aggregator.storage.relational.places_tables
import aggregator.storage.relational.reports_tables
import aggregator.storage.relational.tables  # noqa: F401
from aggregator.storage.relational.metadata import metadata

__all__ = ["metadata"]
