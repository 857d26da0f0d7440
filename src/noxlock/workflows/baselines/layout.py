"""What lies where in the folder of a baseline."""

from __future__ import annotations

from typing import Final

from noxlock.workflows.records import RECORD

__all__ = [
    "ATTRIBUTES",
    "DIRTY",
    "HISTORY",
    "LOCKS",
    "OLD_RECORD",
    "OUTPUTS",
    "OWN",
    "RECORD",
    "SAMPLES",
    "STORED",
    "TOLERANCES",
]

OUTPUTS: Final = "outputs"
"""Folder of the outputs, but of those that are kept in a store."""
LOCKS: Final = "locks"
"""Folder of the locks as they were."""
TOLERANCES: Final = "tolerances.json"
"""The tolerances that were used, as `noxlock compare --tolerances` takes them."""
HISTORY: Final = "history.jsonl"
"""The entries of accepted baselines, the newest at the end."""
DIRTY: Final = "dirty.diff"
"""How the tree differed from its commit; there where it did."""
SAMPLES: Final = "samples.json"
"""By output and key the values of recorded runs; there where a tolerance needs them."""
STORED: Final = "stored.json"
"""The outputs that are kept in a store; there where some are."""
ATTRIBUTES: Final = ".gitattributes"
"""Keeps git from changing line endings; the user's own where there is one."""
OLD_RECORD: Final = "record.json"
"""Of baselines that an unreleased noxlock recorded."""

OWN: Final = frozenset({RECORD, TOLERANCES, HISTORY, DIRTY, SAMPLES, STORED})
"""The files that noxlock alone writes, besides those in the two folders."""
