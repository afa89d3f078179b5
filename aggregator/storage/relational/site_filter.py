"""The condition that confines rows to sites, by the site where their node stands today."""

from sqlalchemy import ColumnElement, select

from aggregator.storage.relational.tables import nodes


def on_sites(node: ColumnElement[str], sites: frozenset[str]) -> ColumnElement[bool]:
    """Whether the node in this column stands on one of these sites; none does when there are none."""
    return node.in_(select(nodes.c.node).where(nodes.c.site.in_(sorted(sites))))
