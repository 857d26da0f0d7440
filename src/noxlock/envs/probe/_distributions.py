"""Which distributions of an environment the modules belong to that a run imported."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

__all__ = ["distributions_of"]


def distributions_of(modules: Collection[str], prefix: Path) -> tuple[str, ...]:
    """Return the names of the distributions that have brought *modules*, sorted.

    Args:
        modules: `numpy`, and of a namespace package `google.protobuf`.
        prefix: The environment.
    """
    wanted = set(modules)
    found = set()
    for distribution in distributions(path=_folders(prefix)):
        name = distribution.metadata["Name"]
        if name and any(module in wanted for module in _modules(distribution)):
            found.add(canonicalize_name(name))
    return tuple(sorted(found))


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
