"""What the aggregator remembers: a relational store for casework, a time-series store for measurements."""
