"""Make prefixes: interpreters, virtual environments, builds, hermetic variables."""
