"""Live traffic as readable lines: `lines.py` is pure, `listen.py` subscribes with a read-only account."""
