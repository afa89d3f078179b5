"""What was accounted for of each stream, counted over the stores; and the dead letters."""
