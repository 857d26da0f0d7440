"""Which distributions of an environment the modules belong to that a run imported."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, distributions
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = ["distributions_of"]


def distributions_of(
    modules: Collection[str], libraries: Collection[str], prefix: Path
) -> tuple[str, ...]:
    """Return the names of the distributions that have brought these, sorted.

    Args:
        modules: `numpy`, and of a namespace package `google.protobuf`.
        libraries: Names of shared libraries, which conda has packages of.
        prefix: The environment.
    """
    wanted = set(modules)
    found = set(_conda_packages(libraries, prefix))
    for distribution in distributions(path=_folders(prefix)):
        name = distribution.metadata["Name"]
        if name and any(module in wanted for module in _modules(distribution)):
            found.add(canonicalize_name(name))
    return tuple(sorted(found))


def _conda_packages(libraries: Collection[str], prefix: Path) -> Iterator[str]:
    """Yield the conda packages of which a library in `lib` is loaded."""
    for record in sorted((prefix / "conda-meta").glob("*.json")):
        try:
            text = record.read_text(encoding="utf-8")
            # To decode the files of hundreds of packages takes seconds.
            if any(f'"lib/{name}"' in text for name in libraries):
                yield canonicalize_name(json.loads(text)["name"])
        except (OSError, ValueError, KeyError, TypeError):  # conda's own business
            continue


def _folders(prefix: Path) -> list[str]:
    patterns = ("lib*/python*/site-packages", "Lib/site-packages")
    found = (path for pattern in patterns for path in prefix.glob(pattern))
    # lib64 is a link to lib.
    return sorted({str(path.resolve()) for path in found})


def _modules(distribution: Distribution) -> Iterator[str]:
    """Yield the modules of *distribution*, as its RECORD lists their files."""
    for line in (distribution.read_text("RECORD") or "").splitlines():
        name = line.split(",", 1)[0].strip('"')
        if not name.endswith((".py", ".so", ".pyd")) or name.startswith(".."):
            continue
        path = PurePosixPath(name)
        parts = path.parts[:-1] if path.name == "__init__.py" else _parts(path)
        for depth in range(1, len(parts) + 1):
            yield ".".join(parts[:depth])


def _parts(path: PurePosixPath) -> tuple[str, ...]:
    # `_x.cpython-311-x86_64-linux-gnu.so` is the module `_x`.
    return (*path.parts[:-1], path.name.split(".", 1)[0])
