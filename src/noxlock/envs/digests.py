"""Which files make up a project, and digests of what reaches its installation."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.envs.git import describe, tracked_files
from noxlock.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from noxlock.envs.building import Backend

__all__ = ["copy_files", "editable_digest", "project_files", "tree_digest"]

LEFT_OUT: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".nox", ".tox", ".venv", "__pycache__"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"),
    }
)
# Of an editable project: what its metadata and its compiled parts are made from. Its
# modules are read from where they lie.
REACHING: Final = re.compile(
    r"""
    [^/]*\.(?:toml|cfg|in|rst|md|txt|build)     # settings and texts, at the top
    | (?:setup|build|hatch_build)\.py
    | (?:README|LICEN[CS]E|COPYING|VERSION|CMakeLists)[^/]*
    | .*\.(?:c|cc|cpp|cxx|cu|h|hh|hpp|pyx|pxd|pxi|rs|f|f90|go)
    """,
    re.VERBOSE,
)
# Where backends look for `__version__` when the version is dynamic.
VERSIONS: Final = re.compile(r".*(?:/__init__|/__about__|version[^/]*)\.py|[^/]*\.py")
AT_TOP: Final = re.compile(r"[^/]*\.py")


def project_files(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the project's files, relative to *folder*, sorted.

    What git does not ignore where it is a repository, else all; never environments.
    """
    tracked = tracked_files(folder, environ)
    found = sorted(_walk(folder)) if tracked is None else tracked
    venvs = {name.removesuffix("pyvenv.cfg") for name in found if _is_venv_marker(name)}
    return [
        name
        for name in found
        if LEFT_OUT.isdisjoint(name.split("/")[:-1])
        and not any(name.startswith(venv) for venv in venvs)
    ]


def _is_venv_marker(name: str) -> bool:
    return name.endswith("/pyvenv.cfg")


def _walk(folder: Path) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        if "pyvenv.cfg" in files and Path(where) != folder:
            folders.clear()
            continue
        yield from (Path(where, name).relative_to(folder).as_posix() for name in files)


def tree_digest(folder: Path, files: Iterable[str]) -> str:
    """Return a digest of names, executable bits and contents of *files*."""
    digest = hashlib.sha256()
    for name in files:
        path = folder / name
        try:
            content = path.read_bytes()
            mode = "x" if path.stat().st_mode & 0o100 else "-"
        except OSError as error:
            raise BuildError(f"cannot read {path}: {error.strerror}") from error
        header = f"{len(name)}:{name}{mode}{len(content)}:"
        digest.update(header.encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def editable_digest(
    backend: Backend, files: Sequence[str], environ: Mapping[str, str]
) -> str:
    """Return a digest of what an editable installation is made from.

    Not of the modules themselves: a new folder of them counts, a changed one does not.
    """
    folder = backend.folder
    patterns = [REACHING]
    if backend.has_dynamic_version:
        patterns.append(VERSIONS)
    own = {posixpath.normpath(path) for path in backend.in_tree}
    if "." in own:
        patterns.append(AT_TOP)
    inside = tuple(f"{path}/" for path in own)
    reaching = [
        name
        for name in files
        if name.startswith(inside) or any(p.fullmatch(name) for p in patterns)
    ]
    modules = [name for name in files if name.endswith(".py")]
    folders = sorted({parent for name in modules for parent in _top_folders(name)})
    history = describe(folder, environ) if backend.wants_history else ""
    facts = [str(folder), history, tree_digest(folder, reaching), *folders]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def _top_folders(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[:depth]) for depth in (1, 2) if len(parts) >= depth]


def copy_files(folder: Path, files: Iterable[str], into: Path) -> None:
    """Copy *files* of *folder*, with their times and modes, to the folder *into*."""
    for name in files:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, target)
