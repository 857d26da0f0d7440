"""Compare the outputs of a check with its baseline: one module a format."""
