"""The verbs: what noxlock does, over injected parts. A folder is a verb of many parts.

`repro` reruns checks, `baselines` and `records` keep what they are held against,
`culprit` finds what drifted them, `update` renews locks without it, `diff` compares
locks; what several of them need lies beside the folders.
"""
