"""Who did what, and when: an append-only log whose rows are chained by their hashes."""
