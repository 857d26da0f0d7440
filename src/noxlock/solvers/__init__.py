"""Run the tools that regenerate locks."""
