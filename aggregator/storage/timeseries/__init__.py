"""The time-series store: measurement rows behind one Protocol."""
