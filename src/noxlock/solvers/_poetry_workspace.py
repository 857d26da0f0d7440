"""Where Poetry works: a copy of the project's two files, or the project itself."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from noxlock.errors import SolveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "LOCK",
    "SOURCE",
    "copied",
    "document",
    "held",
    "in_place",
    "names_a_path",
    "table",
]

LOCK: Final = "poetry.lock"
SOURCE: Final = "pyproject.toml"
TABLE: Final = re.compile(r"^\[ *tool *\. *poetry *\][^\n]*", re.MULTILINE)
_PATH: Final = re.compile(r"""(?<![\w-])(path\s*=\s*)(["'])([^"'\n]+)\2""")
_GROUP: Final = "noxlock-held"


@contextmanager
def copied(origin: Path, folder: Path) -> Iterator[Path]:
    project = folder / "project"
    project.mkdir()
    for name in (SOURCE, LOCK, "poetry.toml"):
        if (origin / name).is_file():
            shutil.copy2(origin / name, project / name)
    _give_a_version(project / SOURCE)
    yield project


def _give_a_version(path: Path) -> None:
    """Write a version into a copy whose own backend finds it out: locks have none.

    Poetry takes `dynamic = ["version"]` only where [tool.poetry] says the version.
    """
    source = document(path)
    dynamic = table(source, "project").get("dynamic")
    tool = table(source, "tool", "poetry")
    found_out = isinstance(dynamic, list) and "version" in dynamic
    if not found_out or "version" in tool or "package-mode" in tool:
        return
    text, line = path.read_text(encoding="utf-8"), 'version = "0"'
    text, found = TABLE.subn(rf"\g<0>\n{line}", text, count=1)
    if not found:
        text = f"{text}\n[tool.poetry]\n{line}\n"
    path.write_text(text, encoding="utf-8")


@contextmanager
def in_place(origin: Path, folder: Path) -> Iterator[Path]:
    lock = (origin / LOCK).resolve()
    if not lock.is_file():
        try:
            yield origin
        finally:
            lock.unlink(missing_ok=True)
        return
    kept = folder / LOCK
    shutil.copy2(lock, kept)
    try:
        yield origin
    finally:
        if not lock.is_file() or kept.read_bytes() != lock.read_bytes():
            beside = lock.with_name(f".{LOCK}.{os.getpid()}")
            shutil.copy2(kept, beside)
            beside.replace(lock)


def document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SolveError("there is no such file", file=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SolveError(f"not TOML: {error}", file=path.name) from error


def table(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table at *keys*, or an empty one: of bad values Poetry speaks."""
    found: object = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def names_a_path(value: object) -> bool:
    """Return whether a project file may depend on files beside it."""
    match value:
        case dict():
            path = isinstance(value.get("path"), str)
            return path or any(map(names_a_path, value.values()))
        case list():
            return any(map(names_a_path, value))
        case str():
            return "file:" in value
        case _:
            return False


@contextmanager
def held(origin: Path, folder: Path, requirements: Sequence[str]) -> Iterator[Path]:
    """Give a copy of the project that asks for *requirements* too, in a group.

    Args:
        origin: The project's folder.
        folder: For this run only.
        requirements: As `scipy<1.15.0`.
    """
    source = document(origin / SOURCE)
    lines = [f"[tool.poetry.group.{_GROUP}.dependencies]"]
    for text in requirements:
        asked = Requirement(text)
        name = canonicalize_name(asked.name)
        entry = f'version = "{asked.specifier}"'
        if place := _named_source(source, name):
            entry += f', source = "{place}"'
        lines.append(f'"{name}" = {{{entry}}}')
    with copied(origin, folder) as project:
        path = project / SOURCE
        text = path.read_text(encoding="utf-8")
        # A copy lies elsewhere: what its paths mean does not.
        text = _PATH.sub(lambda found: _absolute(found, origin), text)
        path.write_text("\n".join([text.rstrip("\n"), "", *lines, ""]), "utf-8")
        yield project
    shutil.rmtree(project)


def _absolute(found: re.Match[str], origin: Path) -> str:
    path = origin / found[3]
    return f"{found[1]}{found[2]}{path}{found[2]}" if path.exists() else found[0]


def _named_source(source: Mapping[str, Any], name: str) -> str | None:
    """Return the `source` that the project names for a package, or None."""
    poetry = table(source, "tool", "poetry")
    groups = poetry.get("group", {})
    tables = [table(poetry, "dependencies")]
    tables += [table(groups, group, "dependencies") for group in groups]
    for each in tables:
        for key, value in each.items():
            if canonicalize_name(key) == name and isinstance(value, dict):
                found = value.get("source")
                return found if isinstance(found, str) else None
    return None
