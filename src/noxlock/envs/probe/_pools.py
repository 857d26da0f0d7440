"""The BLAS and OpenMP libraries of this process: what each says of itself.

It must run on every CPython since 3.8, print nothing, and load nothing: a library is
asked only where it is loaded already.
"""

# ruff: noqa: PTH119 - in the run itself nothing is imported that costs
from __future__ import annotations

import ctypes
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Said = dict[str, str | int | None]

__all__ = ["dyld", "pools"]

# RTLD_NOLOAD: "don't load the shared object"; it is not in Python's os on all systems.
_MODE = getattr(os, "RTLD_NOW", 0) | getattr(os, "RTLD_NOLOAD", 0)

# NumPy's and SciPy's own builds add a prefix, those of 64-bit integers a suffix.
_OPENBLAS = [
    (prefix, suffix)
    for prefix in ("", "scipy_")
    for suffix in ("", "64_", "_64", "_64_")
]
_THREADING = {0: "sequential", 1: "pthreads", 2: "openmp"}
# mkl_service.h: MKL_CBWR_AUTO, MKL_CBWR_COMPATIBLE; in the words of the variable.
_BRANCHES = "OFF AUTO COMPATIBLE SSE2 . SSSE3 SSE4_1 SSE4_2 AVX AVX2 AVX512_MIC AVX512"
_CBWR = dict(enumerate(_BRANCHES.split(), 1))
_CBWR_BRANCH = 1


def dyld() -> list[str]:  # pragma: no cover - of macOS
    """Return the paths of the libraries of this process, of macOS."""
    system: Any = ctypes.CDLL(None)
    name_of, count_of = (
        getattr(system, f"_dyld_{what}") for what in ("get_image_name", "image_count")
    )
    name_of.restype = ctypes.c_char_p
    found = (name_of(ctypes.c_uint32(place)) for place in range(count_of()))
    return sorted(os.fsdecode(path) for path in found if path)


def _call(
    library: ctypes.CDLL,
    names: Iterable[str],
    kind: type[Any],
    *arguments: object,
) -> Any:  # noqa: ANN401 - as the function is declared
    """Return what the first of *names* that it has returns; None: it has none."""
    for name in names:
        function = getattr(library, name, None)
        if function is not None:
            function.restype = kind
            value = function(*arguments)
            return (
                value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            )
    return None


def _openblas(library: ctypes.CDLL) -> Said:
    def named(function: str) -> list[str]:
        return [prefix + function + suffix for prefix, suffix in _OPENBLAS]

    config = _call(library, named("openblas_get_config"), ctypes.c_char_p) or ""
    core = _call(library, named("openblas_get_corename"), ctypes.c_char_p)
    # `OpenBLAS 0.3.27 DYNAMIC_ARCH Haswell MAX_THREADS=64`
    words = (word for word in config.split() if word not in ("OpenBLAS", core))
    return {
        "": " ".join(words),
        "core": core,
        "threads": _call(library, named("openblas_get_num_threads"), ctypes.c_int),
        "threading": _THREADING.get(
            _call(library, named("openblas_get_parallel"), ctypes.c_int)
        ),
    }


def _mkl(library: ctypes.CDLL) -> Said:
    # Its names in small letters are Fortran's, and take pointers.
    text = ctypes.create_string_buffer(256)
    length = ctypes.c_int(len(text) - 1)
    _call(library, ["MKL_Get_Version_String"], ctypes.c_int, text, length)
    branch = _call(library, ["MKL_CBWR_Get"], ctypes.c_int, ctypes.c_int(_CBWR_BRANCH))
    return {
        "": text.value.decode("utf-8", "replace").strip(),
        "threads": _call(library, ["MKL_Get_Max_Threads"], ctypes.c_int),
        "branch": None if branch is None else _CBWR.get(branch, str(branch)),
    }


def _blis(library: ctypes.CDLL) -> Said:
    core = None
    number = _call(library, ["bli_arch_query_id"], ctypes.c_int)
    if number is not None:
        core = _call(library, ["bli_arch_string"], ctypes.c_char_p, number)
    return {
        "": _call(library, ["bli_info_get_version_str"], ctypes.c_char_p),
        "core": core,
        "threads": _call(library, ["bli_thread_get_num_threads"], ctypes.c_long),
    }


def _openmp(library: ctypes.CDLL) -> Said:
    return {"threads": _call(library, ["omp_get_max_threads"], ctypes.c_int)}


# By how the file begins.
_KINDS: list[tuple[re.Pattern[str], str, Callable[[ctypes.CDLL], Said]]] = [
    (
        re.compile(r"lib(scipy_)?openblas|libblas[.-]|liblapack[.-]"),
        "openblas",
        _openblas,
    ),
    (re.compile(r"libmkl_rt|mkl_rt"), "mkl", _mkl),
    (re.compile(r"libblis"), "blis", _blis),
    (re.compile(r"libgomp"), "libgomp", _openmp),
    (re.compile(r"libomp|libiomp"), "libomp", _openmp),
]


def _owner(path: str) -> str:
    """Return the package that brought the library, or "".

    Of site-packages/numpy.libs it is numpy, of site-packages/torch/lib torch.
    """
    parts = path.replace("\\", "/").split("/")
    if "site-packages" not in parts[:-1]:
        return ""
    place = len(parts) - 1 - parts[::-1].index("site-packages")
    return re.sub(r"\.libs$", "", parts[place + 1])


def pools(paths: Iterable[str]) -> dict[str, str]:
    """Return what each of the libraries at *paths* says, as strings by fact."""
    found: dict[str, str] = {}
    for path in paths:
        base = os.path.basename(path)
        for pattern, kind, ask in _KINDS:
            if pattern.match(base):
                found.update(_facts(path, kind, ask))
                break
    return found


def _facts(path: str, kind: str, ask: Callable[[ctypes.CDLL], Said]) -> dict[str, str]:
    try:
        said = ask(ctypes.CDLL(path, mode=_MODE))
    except (OSError, AttributeError, ValueError):
        return {}
    return {
        " ".join(part for part in (_owner(path), kind, fact) if part): str(value)
        for fact, value in said.items()
        if value not in (None, "")
    }
