"""Alarms: from stored events to cases that somebody takes to their end."""
