"""How the values of two arrays are compared: windows, threads, floats, figures.

`_sources` is the way in; formats give it arrays, wherever their elements come from.
"""
