"""What the libraries of a run say of themselves at its end.

It must run on every CPython since 3.8, print nothing, import no library that the run
did not, and never fail: what a library does not say is left out.
"""

# ruff: noqa: BLE001, S110, SIM105 - it must never fail
# ruff: noqa: PTH105, PTH118, PTH119, PTH123 - in the run itself nothing is imported that costs
from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["write"]

# How the names of the libraries begin that `_noxlock_pools` knows to ask.
_POOLS = (
    *(
        "libopenblas",
        "libscipy_openblas",
        "libblas",
        "liblapack",
        "libmkl_rt",
        "mkl_rt",
    ),
    *("libblis", "libgomp", "libomp", "libiomp"),
)


def _python() -> dict[str, str]:
    return {"python": " ".join(sys.version.split())}


def _umath() -> Any:  # noqa: ANN401 - a module, or None
    for name in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        module = sys.modules.get(name)
        if hasattr(module, "__cpu_features__"):
            return module
    return None


def _numpy() -> dict[str, str]:
    """Return the processor features that NumPy was built for, and those it chose."""
    module = _umath()
    if module is None:
        return {}
    features = module.__cpu_features__
    chosen = [name for name in module.__cpu_dispatch__ if features.get(name)]
    return {
        "numpy baseline": " ".join(module.__cpu_baseline__),
        "numpy dispatch": " ".join(chosen) or "none",
        "numpy features": " ".join(sorted(name for name in features if features[name])),
    }


def _flag(value: Any, *path: str) -> str | None:  # noqa: ANN401 - of any library
    """Return `yes`, `no` or another word for what is found along *path*."""
    try:
        for name in path:
            value = getattr(value, name)
        value = value() if callable(value) else value
    except Exception:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _torch() -> dict[str, str]:
    torch = sys.modules.get("torch")
    found = {
        "threads": _flag(torch, "get_num_threads"),
        "interop threads": _flag(torch, "get_num_interop_threads"),
        "deterministic": _flag(torch, "are_deterministic_algorithms_enabled"),
        "cpu capability": _flag(torch, "backends", "cpu", "get_cpu_capability"),
        "default dtype": _flag(torch, "get_default_dtype"),
        "matmul precision": _flag(torch, "get_float32_matmul_precision"),
        "cuda": _flag(torch, "version", "cuda"),
        "hip": _flag(torch, "version", "hip"),
    }
    if _flag(torch, "cuda", "is_initialized") == "yes":
        found.update(
            {
                "device": _flag(torch, "cuda", "get_device_name"),
                "tf32 matmul": _flag(torch, "backends", "cuda", "matmul", "allow_tf32"),
                "cudnn": _flag(torch, "backends", "cudnn", "version"),
                "cudnn tf32": _flag(torch, "backends", "cudnn", "allow_tf32"),
                "cudnn benchmark": _flag(torch, "backends", "cudnn", "benchmark"),
                "cudnn deterministic": _flag(
                    torch, "backends", "cudnn", "deterministic"
                ),
            }
        )
    return _named("torch", found)


def _jax() -> dict[str, str]:
    config = getattr(sys.modules.get("jax"), "config", None)
    found = {
        "x64": _flag(config, "jax_enable_x64"),
        "matmul precision": _flag(config, "jax_default_matmul_precision"),
        "partitionable threefry": _flag(config, "jax_threefry_partitionable"),
    }
    # Asking jax itself would start a backend.
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "_backends", None)
    if started:
        found["backends"] = " ".join(sorted(started))
    return _named("jax", found)


def _tensorflow() -> dict[str, str]:
    config = getattr(sys.modules.get("tensorflow"), "config", None)
    inner = sys.modules.get("tensorflow.python.framework.config")
    found = {
        "intra-op threads": _flag(
            config, "threading", "get_intra_op_parallelism_threads"
        ),
        "inter-op threads": _flag(
            config, "threading", "get_inter_op_parallelism_threads"
        ),
        "deterministic": _flag(inner, "is_op_determinism_enabled"),
        "tf32": _flag(config, "experimental", "tensor_float_32_execution_enabled"),
    }
    return _named("tensorflow", found)


def _numexpr() -> dict[str, str]:
    found = {"threads": _flag(sys.modules.get("numexpr"), "get_num_threads")}
    return _named("numexpr", found)


def _numba() -> dict[str, str]:
    # Asking numba itself would start its threads.
    config = getattr(sys.modules.get("numba"), "config", None)
    found = {
        "threads": _flag(config, "NUMBA_NUM_THREADS"),
        "cpu": _flag(config, "CPU_NAME"),
    }
    return _named("numba", found)


def _named(name: str, found: Mapping[str, str | None]) -> dict[str, str]:
    if name not in sys.modules:
        return {}
    return {f"{name} {fact}": value for fact, value in found.items() if value}


def _files() -> list[str]:
    """Return the paths of the shared libraries of this process."""
    if sys.platform == "darwin":  # pragma: no cover
        found: list[str] = _pools().dyld()
        return found
    try:
        with open(
            "/proc/self/maps", encoding="utf-8", errors="surrogateescape"
        ) as maps:
            lines = maps.read().splitlines()
    except OSError:
        return []
    # proc(5): address perms offset dev inode pathname
    fields = (line.split(None, 5) for line in lines)
    return sorted(
        {
            path
            for _, mode, *_, path in fields
            if "x" in mode and path.startswith("/") and ".so" in path
        }
    )


def _pools() -> Any:  # noqa: ANN401 - a module
    return __import__("_noxlock_pools")


def _libraries() -> dict[str, str]:
    paths = _files()
    # Python's own modules are packages' business.
    names = sorted({os.path.basename(path) for path in paths})
    shared = [name for name in names if name.startswith(("lib", "mkl"))]
    found = {"libraries": " ".join(shared)} if shared else {}
    asked = [path for path in paths if os.path.basename(path).startswith(_POOLS)]
    if asked:
        found.update(_pools().pools(asked))
    return found


def effective() -> dict[str, str]:
    """Return what was found, as strings."""
    found: dict[str, str] = {}
    steps = (_python, _libraries, _numpy, _torch, _jax, _tensorflow, _numexpr, _numba)
    for step in steps:
        try:
            found.update(step())
        except Exception:
            pass
    return found


def modules(before: frozenset[str]) -> list[str]:
    """Return the names of the packages that are loaded and were not *before*.

    Of a namespace package, which several distributions share: those in it.
    """
    found: set[str] = set()
    for name in set(sys.modules) - before:
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            outer = sys.modules.get(".".join(parts[:depth]))
            if getattr(outer, "__file__", None) or depth == len(parts):
                found.add(".".join(parts[:depth]))
                break
    return sorted(found)


def encoded(value: Any) -> str:  # noqa: ANN401 - what JSON has
    """Return *value* as JSON; to import json takes longer than all else here."""
    if isinstance(value, dict):
        pairs = (f"{encoded(key)}:{encoded(each)}" for key, each in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encoded, value)) + "]"
    if isinstance(value, str):
        quoted: str = __import__("_json").encode_basestring_ascii(value)
        return quoted
    return str(value)


def write(
    folder: str,
    started: Mapping[str, str],
    warned: Mapping[tuple[str, str], int],
    before: frozenset[str],
) -> None:
    """Write what this process was, in a file of its own."""
    warnings: Any = __import__("warnings")
    state = dict(started)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state.update(effective())
    answer = {
        "prefix": sys.prefix,
        "effective": state,
        "modules": modules(before),
        "warnings": [[kind, text, count] for (kind, text), count in warned.items()],
    }
    name = os.path.join(folder, "found", f"{os.getpid()}-{time.time_ns()}")
    with open(name + ".part", "w", encoding="ascii") as stream:
        stream.write(encoded(answer))
    os.replace(name + ".part", name + ".json")
