"""What the libraries of an environment say of themselves; run as a script inside it.

It must run on every CPython since 3.8, isolated (`-I -B`), and never fail: what a
library does not say is left out.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

__all__ = ["MARK", "effective"]

MARK = "noxlock-effective "


def _python() -> dict[str, str]:
    return {"python": " ".join(sys.version.split())}


def _numpy() -> dict[str, str]:
    """Return NumPy's BLAS and the processor features that it dispatches to."""
    if find_spec("numpy") is None:
        return {}
    config = import_module("numpy").show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    simd = config["SIMD Extensions"]
    return {
        "numpy blas": "{} {}".format(blas["name"], blas["version"]),
        "numpy dispatch": " ".join(simd.get("found", [])),
    }


def _pools() -> dict[str, str]:
    """Return the thread pools that NumPy and SciPy load; each bundles a BLAS."""
    if find_spec("threadpoolctl") is None:
        return {}
    for name in ("numpy", "scipy.linalg"):
        with suppress(ImportError):
            import_module(name)
    pools = sorted(
        " ".join(
            str(pool[key])
            for key in (
                "internal_api",
                "version",
                "threading_layer",
                "architecture",
                "num_threads",
            )
            if pool.get(key) is not None
        )
        for pool in import_module("threadpoolctl").threadpool_info()
    )
    return {"threads {}".format(number): pool for number, pool in enumerate(pools)}  # noqa: UP032 - as above


def effective() -> dict[str, str]:
    """Return what was found, as strings."""
    found: dict[str, str] = {}
    for part in (_python, _numpy, _pools):
        with suppress(Exception):
            found.update(part())
    return found


if __name__ == "__main__":
    print(MARK + json.dumps(effective()))  # noqa: T201 - its answer
