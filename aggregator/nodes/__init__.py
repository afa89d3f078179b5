"""Nodes: their accounts on the broker, and whether they are there."""
