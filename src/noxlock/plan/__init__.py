"""Decide, before anything is done, which artifacts an environment holds."""
