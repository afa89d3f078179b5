"""Tracks in, facts out: one rule a file, and the engine that runs them. Pure: times are arguments."""
