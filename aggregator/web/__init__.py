"""What every HTTP surface of the aggregator shares: problems, limits, cursors."""
