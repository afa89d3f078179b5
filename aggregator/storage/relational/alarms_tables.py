"""Tables of alarms, their rules and their history."""
