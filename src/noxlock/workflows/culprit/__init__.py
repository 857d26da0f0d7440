"""Find what made a check drift, and say it."""
