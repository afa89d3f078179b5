"""Keeping the time-series store: back-up, compaction, the projection of events, moving."""
