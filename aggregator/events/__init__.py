"""Events: the casework facts, newest first."""
