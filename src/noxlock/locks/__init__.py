"""Lock-file formats: one module each; a new one is a file and a registry line."""
