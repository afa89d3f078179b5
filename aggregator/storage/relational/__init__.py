"""The relational store: events, streams and their watermarks, nodes, accounts."""
