"""Regenerate `poetry.lock` with Poetry, run as a tool apart from the user's own.

Poetry writes its lock in place and not at once. So it works on copies of pyproject.toml
and poetry.lock in a temporary folder, and only bytes come back. A project with path
dependencies cannot be moved: there Poetry works in place, and the lock is put back.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import tomllib
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from packaging.specifiers import SpecifierSet
from poetry.core.constraints.version import Version, parse_constraint

from noxlock.errors import SolveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.solvers._request import Finished, Run, SolveRequest

__all__ = [
    "LOCK",
    "SOURCE",
    "SUPPORTED",
    "TOOL",
    "VARIABLES",
    "command",
    "environment",
    "pins",
    "reason",
    "solve",
]

TOOL: Final = "poetry"
# PEP 735's groups came with 2.2, `lock --regenerate` with 2.0.
SUPPORTED: Final = SpecifierSet(">=2.2")
LOCK: Final = "poetry.lock"
SOURCE: Final = "pyproject.toml"

# Poetry reads any setting from POETRY_SECTION_KEY. These say how the user's indexes are
# reached; all others would make the lock depend on who made it.
VARIABLES: Final[tuple[str, ...]] = (
    "POETRY_CERTIFICATES_",
    "POETRY_HTTP_BASIC_",
    "POETRY_PYPI_MIRROR_URL",
    "POETRY_PYPI_TOKEN_",
    "POETRY_REPOSITORIES_",
    "POETRY_REQUESTS_",
)

UNVERIFIED: Final = "[certificates.PyPI]\ncert = false\n"
"""Poetry's configuration for an index whose certificate is not checked."""

NO_VERSION: Final = "[tool.poetry.version] is required"
UNVERSIONED: Final = "write `package-mode = false` under [tool.poetry]"
"""For a project whose version only its own backend knows."""

TABLE: Final = re.compile(r"^\[ *tool *\. *poetry *\][^\n]*", re.MULTILINE)

# What Poetry says while all goes well.
CHATTER: Final = (
    "Creating virtualenv ",
    "Resolving dependencies",
    "The currently activated Python version ",
    "Trying to find and use a compatible version",
    "Updating dependencies",
    "Using python",
    "Writing lock file",
)


def pins() -> Mapping[str, bytes]:
    """Return the project and the lock that pin Poetry and its mirror plugin."""
    folder = files("noxlock.solvers") / "tools" / TOOL
    return {name: (folder / name).read_bytes() for name in (SOURCE, LOCK)}


def command(request: SolveRequest) -> tuple[str, ...]:
    """Return the command that makes the lock."""
    tool = (str(request.command), "--no-interaction", "--no-ansi")
    if request.update:
        return (*tool, "update", "--lock", *request.update)
    return (*tool, "lock", "--regenerate") if request.upgrade else (*tool, "lock")


def environment(
    request: SolveRequest, folder: Path, *, other_python: bool = False
) -> dict[str, str]:
    """Return the variables to run Poetry with.

    Args:
        request: What the user's own variables and indexes are.
        folder: For this run only.
        other_python: Whether the project refuses the Python that Poetry runs on: then
            Poetry looks for another and makes an environment of it, in *folder*.
    """
    # A virtual environment that is active would be the one to lock for.
    outer = {"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"}
    env = {
        name: value
        for name, value in request.environ.items()
        if name not in outer
        and (not name.startswith("POETRY_") or name.startswith(VARIABLES))
    }
    if request.mirror:
        env.setdefault("POETRY_PYPI_MIRROR_URL", request.mirror)
    if request.certificate:
        env["REQUESTS_CA_BUNDLE"] = env["SSL_CERT_FILE"] = request.certificate
    if request.proxy:
        env |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), request.proxy)
    # Poetry's cache is keyed by the index's name, which all mirrors share.
    mirror = env.get("POETRY_PYPI_MIRROR_URL", "")
    cache = hashlib.sha256(mirror.encode()).hexdigest()[:16]
    return env | {
        "POETRY_CACHE_DIR": str(request.cache / cache),
        "POETRY_CONFIG_DIR": str(folder / "config"),
        "POETRY_HOME": str(folder / "home"),
        "POETRY_KEYRING_ENABLED": "false",
        "POETRY_VIRTUALENVS_CREATE": str(other_python).lower(),
        "POETRY_VIRTUALENVS_IN_PROJECT": "false",
        "POETRY_VIRTUALENVS_PATH": str(folder / "environments"),
    }


def solve(request: SolveRequest, run: Run, /) -> bytes:
    """Return the lock as Poetry makes it; the one in the folder stays as it is.

    Raises:
        SolveError: Poetry failed; says why in its own words.
    """
    source = _document(request.folder / SOURCE)
    with tempfile.TemporaryDirectory(
        prefix="noxlock-lock-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        if request.unverified:
            # A switch that no variable can set: `false` would be the name of a file.
            (folder / "config").mkdir()
            (folder / "config/config.toml").write_text(UNVERIFIED, encoding="utf-8")
        refused = not _allows(source, request.python)
        env = environment(request, folder, other_python=refused)
        workspace = _in_place if _names_a_path(source) else _copied
        with workspace(request.folder, folder) as project:
            finished = run(command(request), cwd=project, env=env)
            if finished.returncode != 0:
                why = reason(finished)
                joint = "\n" if "\n" in why else " "
                raise SolveError(
                    f"Poetry could not make the lock:{joint}{why}",
                    file=SOURCE,
                    hint=UNVERSIONED if NO_VERSION in why else f"{LOCK} is as it was",
                )
            data = _result(project / LOCK)
    _refuse_mirror(data, source, env.get("POETRY_PYPI_MIRROR_URL"))
    return data


def reason(finished: Finished) -> str:
    """Return why Poetry failed, in its own words, each line once."""
    said: list[str] = []
    for line in map(str.rstrip, finished.stdout.splitlines()):
        if line.startswith(CHATTER):
            continue
        if line not in said if line else bool(said and said[-1]):
            said.append(line)
    text = "\n".join(said).strip()
    if "Expecting value" in text:
        # What json.loads says of the HTML of an index that is no PyPI.
        text += "\nThe index answers no JSON, and this Poetry has no mirror plugin."
    return text or f"exit status {finished.returncode}"


@contextmanager
def _copied(origin: Path, folder: Path) -> Iterator[Path]:
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
    source = _document(path)
    dynamic = _table(source, "project").get("dynamic")
    tool = _table(source, "tool", "poetry")
    found_out = isinstance(dynamic, list) and "version" in dynamic
    if not found_out or "version" in tool or "package-mode" in tool:
        return
    text, line = path.read_text(encoding="utf-8"), 'version = "0"'
    text, found = TABLE.subn(rf"\g<0>\n{line}", text, count=1)
    if not found:
        text = f"{text}\n[tool.poetry]\n{line}\n"
    path.write_text(text, encoding="utf-8")


@contextmanager
def _in_place(origin: Path, folder: Path) -> Iterator[Path]:
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


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SolveError("there is no such file", file=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SolveError(f"not TOML: {error}", file=path.name) from error


def _table(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table at *keys*, or an empty one: of bad values Poetry speaks."""
    found: object = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _result(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SolveError("Poetry ended well but wrote no lock", file=LOCK) from None


def _allows(source: Mapping[str, Any], python: str) -> bool:
    """Return whether the project can run on *python*; of bad values Poetry speaks."""
    asked = (
        _table(source, "project").get("requires-python"),
        _table(source, "tool", "poetry", "dependencies").get("python"),
    )
    try:
        constraints = [parse_constraint(text) for text in asked if text]
    except (TypeError, ValueError):
        return False
    return all(constraint.allows(Version.parse(python)) for constraint in constraints)


def _names_a_path(value: object) -> bool:
    """Return whether a project file may depend on files beside it."""
    match value:
        case dict():
            path = isinstance(value.get("path"), str)
            return path or any(map(_names_a_path, value.values()))
        case list():
            return any(map(_names_a_path, value))
        case str():
            return "file:" in value
        case _:
            return False


def _refuse_mirror(data: bytes, source: object, mirror: str | None) -> None:
    """Raise where the lock sends everybody to the mirror of the one who made it."""
    host = urlsplit(mirror or "").hostname
    if not host or host in str(source):
        return
    document = tomllib.loads(data.decode())
    for number, package in enumerate(document.get("package", [])):
        url = package.get("source", {}).get("url", "")
        if urlsplit(url).hostname == host:
            raise SolveError(
                f"the lock would name the mirror {host}, which the project does not",
                file=LOCK,
                key=f"package[{number}].source.url",
                hint="add poetry-plugin-pypi-mirror to the group that has poetry",
            )
