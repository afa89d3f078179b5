"""Checks a node and says, in Vietnamese and English, what is wrong and what to do about it."""
