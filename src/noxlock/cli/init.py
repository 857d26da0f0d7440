"""`noxlock init`: a first noxfile with what the project can use."""

from __future__ import annotations

import json
import platform
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer  # noqa: TC002 - typer reads the annotations

from noxlock.cli.output import say
from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["COMMAND"]

NOXFILE: Final = '''\
"""What the sessions are stands in `sessions/`."""

import noxlock

noxlock.load("sessions")
'''
SCHEMA_LINE: Final = "# yaml-language-server: $schema=schema.json"
TEST_GROUPS: Final = ("test", "tests", "testing", "dev")
LOCKS: Final = ("poetry.lock", "pylock.toml", "requirements.txt")
LINTERS: Final = {
    "ruff": "ruff check .",
    "black": "black --check .",
    "flake8": "flake8",
    "mypy": "mypy .",
    "pyright": "pyright",
}
"""Linter to its command, in the order to run them."""
MINORS: Final = tuple(f"3.{minor}" for minor in range(14, 7, -1))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What there is in a project."""

    lock: str
    locked: bool
    python: str
    groups: Mapping[str, frozenset[str]]
    """Group to the names of its own requirements."""
    extras: Mapping[str, frozenset[str]]
    """Likewise."""
    pytest: bool
    """Whether some of them, of the lock or not, asks for pytest."""


def init(context: typer.Context) -> None:
    """Write a first noxfile.py and sessions/.

    They use what pyproject.toml has: its groups, its Python, its linters. What is
    there already is never overwritten.
    """
    root: Path = context.obj
    found = _look(root)
    files = _files(found)
    existing = [name for name in files if (root / name).exists()]
    if existing:
        raise DefinitionError(
            f"already there: {', '.join(existing)}",
            hint="nothing was written; `nox -l` lists the sessions",
        )
    try:
        (root / "sessions").mkdir(exist_ok=True)
        for name, text in files.items():
            (root / name).write_text(text, encoding="utf-8")
            say(f"wrote {name}")
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise DefinitionError(what, file=error.filename) from None
    command = "nox -s test-cpu" if found.locked else "nox -s lock"
    say(f"next: {command}")


COMMAND = init


def _look(root: Path) -> _Found:
    document = _toml(root / "pyproject.toml")
    locks = [name for name in LOCKS if (root / name).is_file()]
    lock = locks[0] if locks else LOCKS[0]
    groups, extras = _groups(document), _extras(document)
    pytest = any("pytest" in names for names in (*groups.values(), *extras.values()))
    if lock != LOCKS[0]:
        # uv export and pip lock write what they were asked for, mostly without names.
        named = _toml(root / lock) if lock.endswith(".toml") else {}
        groups = _only(groups, named.get("dependency-groups"))
        extras = _only(extras, named.get("extras"))
    return _Found(
        lock=lock,
        locked=bool(locks),
        python=_python(document),
        groups=groups,
        extras=extras,
        pytest=pytest,
    )


def _toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DefinitionError(
            "there is no such file",
            file=str(path),
            hint="start in the project's folder, or name it with -C",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(f"not TOML: {error}", file=str(path)) from error


def _at(document: object, *keys: str) -> object:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _python(document: Mapping[str, object]) -> str:
    """Return noxlock's own version where the project allows it, else the newest."""
    from poetry.core.constraints.version import (  # noqa: PLC0415 - slow to import
        Version,
        parse_constraint,
    )

    asked = _at(document, "project", "requires-python") or _at(
        document, "tool", "poetry", "dependencies", "python"
    )
    own = ".".join(platform.python_version_tuple()[:2])
    try:
        constraint = parse_constraint(str(asked or "*"))
    except ValueError:
        return own
    # The last patch release: `>=3.11.4` allows 3.11 too.
    allowed = (
        one for one in (own, *MINORS) if constraint.allows(Version.parse(f"{one}.99"))
    )
    return next(allowed, own)


def _groups(document: Mapping[str, object]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    groups = _at(document, "dependency-groups")
    if isinstance(groups, dict):
        for name, items in groups.items():
            found[name] = _names(items if isinstance(items, list) else ())
    groups = _at(document, "tool", "poetry", "group")
    if isinstance(groups, dict):
        for name, group in groups.items():
            items = _at(group, "dependencies")
            more = _names(items if isinstance(items, dict) else ())
            found[name] = found.get(name, frozenset()) | more
    return found


def _extras(document: Mapping[str, object]) -> dict[str, frozenset[str]]:
    extras = _at(document, "project", "optional-dependencies")
    if not isinstance(extras, dict):
        extras = _at(document, "tool", "poetry", "extras")
    if not isinstance(extras, dict):
        return {}
    return {
        name: _names(items if isinstance(items, list) else ())
        for name, items in extras.items()
    }


def _only(
    found: Mapping[str, frozenset[str]], names: object
) -> dict[str, frozenset[str]]:
    known = names if isinstance(names, list) else ()
    return {name: items for name, items in found.items() if name in known}


def _names(requirements: Iterable[object]) -> frozenset[str]:
    # A table among them includes another group: no requirement of its own.
    texts = (text for text in requirements if isinstance(text, str))
    found = (re.match(r"[A-Za-z0-9._-]+", text) for text in texts)
    return frozenset(match[0].lower() for match in found if match)


def _files(found: _Found) -> dict[str, str]:
    from noxlock.definitions import json_schema  # noqa: PLC0415 - slow to import

    test = next((name for name in TEST_GROUPS if name in found.groups), None)
    extra = next((name for name in TEST_GROUPS if name in found.extras), None)
    environments = {"cpu": ["main", *([test] if test else [])]}
    unittest = "python -m unittest {posargs:discover}"
    runner = "pytest {posargs:-q}" if found.pytest else unittest
    sessions = {"test-cpu": ("cpu", "Run the tests", [runner])}
    lint = found.groups.get("lint", frozenset())
    commands = [command for linter, command in LINTERS.items() if linter in lint]
    if commands:
        environments["lint"] = ["lint"]
        sessions["lint"] = ("lint", "Check style and types", commands)
    return {
        "noxfile.py": NOXFILE,
        "sessions/environments.yml": _environments(found, environments, extra),
        "sessions/test.yml": _sessions(sessions),
        "sessions/schema.json": f"{json.dumps(json_schema(), indent=2)}\n",
    }


def _environments(
    found: _Found, environments: Mapping[str, list[str]], extra: str | None
) -> str:
    lines = [SCHEMA_LINE]
    if found.lock == "poetry.lock":
        lines += ["locks:", "  poetry.lock: {from: pyproject.toml}", ""]
    lines.append("environments:")
    for name, groups in environments.items():
        what = f'python: "{found.python}", pypi: {found.lock}'
        more = f", extras: [{extra}]" if extra and "main" in groups else ""
        lines.append(f"  {name}: {{{what}, groups: [{', '.join(groups)}]{more}}}")
    return "\n".join([*lines, ""])


def _sessions(sessions: Mapping[str, tuple[str, str, list[str]]]) -> str:
    lines = [SCHEMA_LINE, "sessions:"]
    for name, (environment, description, commands) in sessions.items():
        lines += [
            f"  {name}:",
            f"    description: {description}",
            f"    environment: {environment}",
            "    run:",
            *(f'      - "{command}"' for command in commands),
        ]
    return "\n".join([*lines, ""])
