"""What the libraries of a run say of themselves at its end.

It must run on every CPython since 3.8, print nothing, import no library that the run
did not, and never fail: what a library does not say is left out.
"""

from __future__ import annotations

import json
import os
import sys
import time

__all__ = ["write"]


def _python():
    return {"python": " ".join(sys.version.split())}


def _umath():
    for name in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        module = sys.modules.get(name)
        if hasattr(module, "__cpu_features__"):
            return module
    return None


def _numpy():
    """Return the processor features that NumPy was built for, and those it chose."""
    module = _umath()
    if module is None:
        return {}
    features = module.__cpu_features__
    chosen = [name for name in module.__cpu_dispatch__ if features.get(name)]
    return {
        "numpy baseline": " ".join(module.__cpu_baseline__),
        "numpy dispatch": " ".join(chosen) or "none",
    }


def _flag(function, *path):
    """Return `yes`, `no` or another word for what is found along *path*."""
    try:
        value = function
        for name in path:
            value = getattr(value, name)
        value = value() if callable(value) else value
    except Exception:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _torch():
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


def _jax():
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


def _tensorflow():
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


def _numexpr():
    found = {"threads": _flag(sys.modules.get("numexpr"), "get_num_threads")}
    return _named("numexpr", found)


def _numba():
    # Asking numba itself would start its threads.
    config = getattr(sys.modules.get("numba"), "config", None)
    found = {
        "threads": _flag(config, "NUMBA_NUM_THREADS"),
        "cpu": _flag(config, "CPU_NAME"),
    }
    return _named("numba", found)


def _named(name, found):
    if name not in sys.modules:
        return {}
    return {"%s %s" % (name, fact): value for fact, value in found.items() if value}


def _libraries():
    import _noxlock_pools

    paths = _noxlock_pools.loaded_files()
    # Modules of Python are packages' business, and these change with every kernel.
    names = {os.path.basename(path) for path in paths if ".cpython-" not in path}
    names = {name for name in names if name.startswith("lib") or name.startswith("mkl")}
    found = {"libraries": " ".join(sorted(names))} if names else {}
    found.update(_noxlock_pools.pools(paths))
    return found


def effective():
    """Return what was found, as strings."""
    found = {}
    steps = (_python, _libraries, _numpy, _torch, _jax, _tensorflow, _numexpr, _numba)
    for step in steps:
        try:
            found.update(step())
        except Exception:
            pass
    return found


def modules():
    """Return the names of the packages that are loaded.

    Of a namespace package, which several distributions share: those in it.
    """
    found = set()
    for name in list(sys.modules):
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            outer = sys.modules.get(".".join(parts[:depth]))
            if getattr(outer, "__file__", None) or depth == len(parts):
                found.add(".".join(parts[:depth]))
                break
    return sorted(found)


def write(folder, started, warned):
    """Write what this process was, in a file of its own."""
    import warnings

    state = dict(started)
    state.pop("process", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state.update(effective())
    answer = {
        "prefix": sys.prefix,
        "effective": state,
        "modules": modules(),
        "warnings": [[kind, text, count] for (kind, text), count in warned.items()],
    }
    name = os.path.join(folder, "found", "%d-%d" % (os.getpid(), time.time_ns()))
    with open(name + ".part", "w", encoding="utf-8", errors="replace") as stream:
        json.dump(answer, stream)
    os.replace(name + ".part", name + ".json")
