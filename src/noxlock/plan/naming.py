"""Names of conda packages, and of the same things on PyPI.

Sources: the `purls` that pixi writes into its locks are believed. Elsewhere a package
that needs python has the name of its project, PEP 503's rules applied, but for the
tables below: curated by hand from what `purls` of public locks and the recipes of the
well-known packages say.

Limits: a Python package that is missing from the tables and has another name on PyPI
counts as unknown there, so that its wheel would be installed beside it; a package
renamed on one channel only is not told apart. Whether a package without dependencies in
its lock (@EXPLICIT) needs python is guessed from its build string.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from noxlock.model import CondaPackage

__all__ = ["conda_names", "provided", "pypi_names", "same_version"]

# One conda package may stand for several distributions of the same modules.
_OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "airflow": ("apache-airflow",),
    "antlr-python-runtime": ("antlr4-python3-runtime",),
    "black-jupyter": ("black",),
    "brotli-python": ("brotli",),
    "brotlipy-python": ("brotlipy",),
    "cupy": ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"),
    "cupy-core": ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"),
    "dask-core": ("dask",),
    "faiss": ("faiss-cpu", "faiss-gpu"),
    "faiss-cpu": ("faiss-cpu",),
    "faiss-gpu": ("faiss-gpu",),
    "geopandas-base": ("geopandas",),
    "matplotlib-base": ("matplotlib",),
    "modin-core": ("modin",),
    "msgpack-python": ("msgpack",),
    "nbconvert-core": ("nbconvert",),
    "numpy-base": ("numpy",),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "onnxruntime-cpp": (),
    "opencv": ("opencv-python", "opencv-python-headless", "opencv-contrib-python"),
    "polars-default": ("polars",),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "py-opencv": ("opencv-python", "opencv-python-headless", "opencv-contrib-python"),
    "py-xgboost": ("xgboost",),
    "py-xgboost-cpu": ("xgboost",),
    "py-xgboost-gpu": ("xgboost",),
    "pyarrow-core": ("pyarrow",),
    "pyg": ("torch-geometric",),
    "pyqt": ("pyqt5",),
    "pytables": ("tables",),
    "python-blosc": ("blosc",),
    "python-blosc2": ("blosc2",),
    "python-build": ("build",),
    "python-clang": ("clang",),
    "python-duckdb": ("duckdb",),
    "python-fastjsonschema": ("fastjsonschema",),
    "python-flatbuffers": ("flatbuffers",),
    "python-graphviz": ("graphviz",),
    "python-gssapi": ("gssapi",),
    "python-igraph": ("igraph", "python-igraph"),
    "python-kaleido": ("kaleido",),
    "python-libarchive-c": ("libarchive-c",),
    "python-tzdata": ("tzdata",),
    "python-xxhash": ("xxhash",),
    "pytorch": ("torch",),
    "pytorch-cluster": ("torch-cluster",),
    "pytorch-cpu": ("torch",),
    "pytorch-geometric": ("torch-geometric",),
    "pytorch-gpu": ("torch",),
    "pytorch-scatter": ("torch-scatter",),
    "pytorch-sparse": ("torch-sparse",),
    "pytorch-spline-conv": ("torch-spline-conv",),
    "ray-core": ("ray",),
    "ray-default": ("ray",),
    "seaborn-base": ("seaborn",),
    "sentencepiece-python": ("sentencepiece",),
    "snakemake-minimal": ("snakemake",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "tensorflow-base": ("tensorflow", "tensorflow-cpu"),
    "tensorflow-cpu": ("tensorflow", "tensorflow-cpu"),
    "tensorflow-gpu": ("tensorflow",),
    "torchtriton": ("triton",),
    "uvicorn-standard": ("uvicorn",),
}
# They need python, or look so, and what PyPI has under their names is another thing, or
# nothing, or has no metadata that an installer of wheels would see.
_NONE: Final = frozenset(
    (
        "anaconda",
        "backports",
        "blas",
        "boost",
        "boost-cpp",
        "clang",
        "cmake",
        "conda",
        "cpython",
        "git",
        "glib",
        "graphviz",
        "jaxlib-cuda",
        "kaleido-core",
        "libtorch",
        "lz4-c",
        "mamba",
        "mkl",
        "ninja",
        "nodejs",
        "pandoc",
        "pypy",
        "python",
        "python-abi",
        "python-gil",
        "python-freethreading",
        "pytorch-cuda",
        "pytorch-mutex",
        "pywin32-on-windows",
        "qt",
        "re2",
        "redis-server",
        "snappy",
        "tbb",
        "tensorrt",
        "vtk-base",
        "zstd",
    )
)
# Their wheels append a number of their own: conda's 4.8.1 is 4.8.1.78 there.
_APPENDED: Final = frozenset(
    ("opencv-contrib-python", "opencv-python", "opencv-python-headless")
)
_NEEDED: Final = frozenset(("python", "python_abi", "pypy", "cpython"))
# `py311h64a7726_0`, `pyhd8ed1ab_0`, `py_2`, `cuda118py310h..._1`.
_PYTHON_BUILD: Final = re.compile(r"(?:^|_|\d)py(?:\d{2,}|h[0-9a-f]|_)")


def pypi_names(package: CondaPackage) -> tuple[NormalizedName, ...]:
    """Return what PyPI calls *package*; empty for what is no Python package.

    Of several names any one may be in a lock of Python packages.
    """
    if package.pypi_names:
        return tuple(canonicalize_name(name) for name in package.pypi_names)
    # conda's own fork of it: not `ruamel.yaml`, which PEP 503 gives the same name.
    if package.name == "ruamel_yaml":
        return ()
    name = canonicalize_name(package.name)
    if name in _OTHERS:
        return tuple(canonicalize_name(other) for other in _OTHERS[name])
    if name in _NONE or package.name.startswith("_") or not _is_python(package):
        return ()
    return (name,)


def conda_names(name: str) -> tuple[str, ...]:
    """Return what conda may call the PyPI project *name*, the likeliest first."""
    plain = canonicalize_name(name)
    found = [conda for conda, others in _OTHERS.items() if plain in others]
    if not found or plain in found:
        found = [plain, *(other for other in found if other != plain)]
    return tuple(found)


def provided(packages: Iterable[CondaPackage]) -> dict[NormalizedName, CondaPackage]:
    """Return which of *packages* provides each Python package, by its name on PyPI.

    Of several (`matplotlib` is but a name for `matplotlib-base`) the one with that very
    name.
    """
    found: dict[NormalizedName, CondaPackage] = {}
    for package in packages:
        for name in pypi_names(package):
            if name not in found or canonicalize_name(package.name) == name:
                found[name] = package
    return found


def same_version(name: NormalizedName, conda: str, pypi: str) -> bool:
    """Return whether both versions are of one release of the PyPI project *name*.

    PEP 440 compares them, local parts aside: the wheel `2.4.0+cpu` of torch is built
    from the release that conda calls `2.4.0`.
    """
    try:
        ours, theirs = Version(conda.replace("_", ".")), Version(pypi)
    except InvalidVersion:
        return conda.lower() == pypi.lower()
    if name in _APPENDED:
        return theirs.release[: len(ours.release)] == ours.release
    return Version(ours.public) == Version(theirs.public)


def _is_python(package: CondaPackage) -> bool:
    if package.needs:
        return not package.needs.isdisjoint(_NEEDED)
    return _PYTHON_BUILD.search(package.build) is not None
