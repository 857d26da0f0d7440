"""Find the package changes that made a check drift: make mixes, run, judge."""
