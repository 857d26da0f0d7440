"""Find the package change that made a check drift: not built yet, see the design."""
