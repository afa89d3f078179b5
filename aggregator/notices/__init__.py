"""Telling people: notices of alarms, public warnings, and notices to citizens."""
