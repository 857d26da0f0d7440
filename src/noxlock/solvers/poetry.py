"""Regenerate `poetry.lock` with Poetry, run as a tool apart from the user's own.

Poetry writes its lock in place and not at once. So it works on copies of pyproject.toml
and poetry.lock in a temporary folder, and only bytes come back. A project with path
dependencies cannot be moved: there Poetry works in place, and the lock is put back.
"""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from packaging.specifiers import SpecifierSet
from poetry.core.constraints.version import Version, parse_constraint

from noxlock.errors import SolveError
from noxlock.solvers._poetry_workspace import (
    LOCK,
    SOURCE,
    copied,
    document,
    held,
    in_place,
    names_a_path,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    tool = _tool(request)
    if request.update:
        return (*tool, "update", "--lock", *request.update)
    return (*tool, "lock", "--regenerate") if request.upgrade else (*tool, "lock")


def _tool(request: SolveRequest) -> tuple[str, ...]:
    return (str(request.command), "--no-interaction", "--no-ansi")


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
    source = document(request.folder / SOURCE)
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
        pins: bytes | None = None
        if request.hold:
            with held(request.folder, folder, request.hold) as project:
                pins = _locked(command(request), project, env, run)
        workspace = in_place if names_a_path(source) else copied
        with workspace(request.folder, folder) as project:
            words = command(request)
            if pins is not None:
                # What they hold is written for the project as it is, each pin kept.
                (project / LOCK).write_bytes(pins)
                words = (*_tool(request), "lock")
            data = _locked(words, project, env, run)
    _refuse_mirror(data, source, env.get("POETRY_PYPI_MIRROR_URL"))
    return data


def _locked(
    words: Sequence[str], project: Path, env: Mapping[str, str], run: Run
) -> bytes:
    finished = run(words, cwd=project, env=env)
    if finished.returncode != 0:
        why = reason(finished)
        joint = "\n" if "\n" in why else " "
        raise SolveError(
            f"Poetry could not make the lock:{joint}{why}",
            file=SOURCE,
            hint=UNVERSIONED if NO_VERSION in why else f"{LOCK} is as it was",
        )
    return _result(project / LOCK)


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


def _result(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SolveError("Poetry ended well but wrote no lock", file=LOCK) from None


def _allows(source: Mapping[str, Any], python: str) -> bool:
    """Return whether the project can run on *python*; of bad values Poetry speaks."""
    asked = (
        table(source, "project").get("requires-python"),
        table(source, "tool", "poetry", "dependencies").get("python"),
    )
    try:
        constraints = [parse_constraint(text) for text in asked if text]
    except (TypeError, ValueError):
        return False
    return all(constraint.allows(Version.parse(python)) for constraint in constraints)


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
