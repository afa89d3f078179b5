"""Tables of notices and public warnings."""
