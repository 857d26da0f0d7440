"""Read and validate definitions."""
