"""How results are said: one module a form."""
