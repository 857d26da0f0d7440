"""Sessions and environments on nox; the only importer of nox."""
