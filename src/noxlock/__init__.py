"""Reproducible ML builds on nox."""
