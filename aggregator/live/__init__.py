"""What just happened, joined for many consoles at once."""
