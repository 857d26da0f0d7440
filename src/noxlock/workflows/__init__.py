"""The verbs: what noxlock does, over injected parts."""
