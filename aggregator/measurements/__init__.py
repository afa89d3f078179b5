"""Measurements: series read from the time-series store, and their catalogue."""
