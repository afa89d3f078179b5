"""Boards of the wall, one file each."""
