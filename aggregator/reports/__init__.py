"""Citizen reports: intake, the work on them, and the answer that the city gives."""
