"""What a noxfile calls: `load`, and the same definitions as Python values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Required, TypedDict, Unpack

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.backend import register as register_backend
from noxlock.nox_plugin.entries import describe
from noxlock.nox_plugin.failures import exits
from noxlock.nox_plugin.kinds import register
from noxlock.nox_plugin.noxfile import current, nox_names
from noxlock.store.memo import digest, memo_key
from noxlock.workflows.definition_files import (
    DEFINITIONS_FOLDER,
    read_definition_files,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from types import FrameType

    from noxlock import model
    from noxlock.definitions import Parsed
    from noxlock.model import Definitions
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = [
    "CheckFields",
    "Environment",
    "EnvironmentFields",
    "LockFields",
    "ProfileFields",
    "SessionFields",
    "VaryFields",
    "check",
    "environment",
    "load",
    "lock",
    "profile",
    "session",
]


_TABLES: Final = ("baseline_store", "profile", "tolerance", "vary")
"""Fields that are tables of fields themselves."""


class EnvironmentFields(TypedDict, total=False):
    """The fields of `noxlock.model.Environment`, as keywords."""

    conda: str | None
    pypi: str | None
    python: str | Sequence[str]
    groups: Sequence[str]
    extras: Sequence[str]
    target: str
    project: str | None
    only_binary: bool
    allow_md5: bool
    link_scripts: bool


class SessionFields(TypedDict, total=False):
    """The fields of `noxlock.model.Session`, as keywords."""

    environment: Required[str | model.Environment | Mapping[str, object]]
    run: Required[str | Sequence[str]]
    description: str
    directory: str
    env: Mapping[str, str]
    gpu: str | None
    tags: Sequence[str]
    requires: Sequence[str]
    default: bool
    allow_parallel: bool


class LockFields(TypedDict, total=False):
    """The fields of `noxlock.model.LockDefinition` besides its source, as keywords."""

    targets: Sequence[str]
    virtual_packages: str | Mapping[str, str] | None
    explicit: bool
    exclude_newer: str | date | None


class ProfileFields(TypedDict, total=False):
    """The fields of `noxlock.model.ProfileDefinition`, as keywords."""

    base: str
    hash_seed: int | None
    threads: int | None
    env: Mapping[str, str]


class VaryFields(TypedDict, total=False):
    """The fields of `noxlock.model.Vary`."""

    threads: Sequence[int]
    hash_seed: Sequence[int]
    cwd: str | Sequence[str]
    home: str | Sequence[str]
    tz: Sequence[str]
    locale: Sequence[str]
    file_order: Sequence[str]
    cpu_level: Sequence[str]
    blas_core: Sequence[str]


class CheckFields(TypedDict, total=False):
    """The fields of `noxlock.model.Check`, as keywords."""

    environment: Required[str | model.Environment | Mapping[str, object]]
    run: Required[str | Sequence[str]]
    outputs: Required[Mapping[str, model.Tolerance | Mapping[str, object]]]
    tolerance: model.DefaultTolerance | Mapping[str, object]
    inputs: Sequence[str]
    description: str
    baseline: str | None
    baseline_store: str | model.BaselineStore | Mapping[str, object] | None
    env: Mapping[str, str]
    profile: str | model.ProfileDefinition | ProfileFields
    vary: model.Vary | VaryFields
    repeat: int
    jobs: int
    timeout: float | None
    retries: int
    gpu: str | None
    tags: Sequence[str]
    default: bool


def load(folder: str = DEFINITIONS_FOLDER) -> None:
    """Register what the files in *folder* declare: `noxlock.load("sessions")`.

    Args:
        folder: A folder with *.yml, *.yaml, *.toml and *.json files, or one such file,
            relative to the noxfile. A `schema.json` in it is for editors.

    Raises:
        SystemExit: With status 2, what is wrong being said on stderr.
    """
    with exits():
        noxfile, others = current(), nox_names()
        files = read_definition_files(noxfile.root, folder)
        register_backend()
        key = memo_key(
            "noxfile", [(name, digest(data)) for name, data in files.items()], others
        )
        entries, _, kept = (noxfile.memo.get(key) or b"").partition(b"\n")
        if kept and noxfile.adopt(files, kept):
            for entry in json.loads(entries):
                register(noxfile, entry)
            return
        first = noxfile.is_empty
        new = _declare(*_parsed(files), others=others)
        if first:
            noxfile.memo.put(key, _remembered(noxfile, new))


def _parsed(files: Mapping[str, bytes]) -> Iterator[Parsed]:
    """Yield what each file declares; what is wrong in any of them is said at once."""
    from noxlock.definitions import parse_definitions  # noqa: PLC0415 - see `entries`
    from noxlock.definitions.document import Problems  # noqa: PLC0415 - likewise

    problems = Problems()
    for file, data in files.items():
        try:
            yield parse_definitions(file, data)
        except DefinitionError as error:
            problems.add(error)
    problems.raise_any()


def _remembered(noxfile: Noxfile, new: Definitions) -> bytes:
    """Return two lines of JSON: the sessions of nox, and all that is declared."""
    from msgspec import json as encoding  # noqa: PLC0415 - likewise

    entries = list(describe(new, noxfile.definitions))
    return encoding.encode(entries) + b"\n" + encoding.encode(new)


def Environment(**fields: Unpack[EnvironmentFields]) -> model.Environment:  # noqa: N802
    """Return an environment, to be given to `session` and `check`.

    Fields are those of a file, with underscores: `only_binary`.

    Raises:
        SystemExit: With status 2, what is wrong being said on stderr.
    """
    with exits():
        parsed = _call("environments", "environment", fields, sys._getframe(1))  # noqa: SLF001
    return parsed.definitions.environments["environment"]


def environment(name: str, **fields: Unpack[EnvironmentFields]) -> model.Environment:
    """Declare an environment by name, as hand-written sessions need it; return it."""
    with exits():
        parsed = _call("environments", name, fields, sys._getframe(1))  # noqa: SLF001
        declared = _declare(parsed)
    return declared.environments[name]


def profile(name: str, **fields: Unpack[ProfileFields]) -> model.ProfileDefinition:
    """Declare a determinism profile by name, for several checks; return it.

    profile("two-threads", base="portable", threads=2)
    """
    with exits():
        parsed = _call("profiles", name, fields, sys._getframe(1))  # noqa: SLF001
        declared = _declare(parsed)
    return declared.profiles[name]


def session(name: str, **fields: Unpack[SessionFields]) -> None:
    """Declare a session that runs commands in an environment."""
    with exits():
        _declare(_call("sessions", name, fields, sys._getframe(1)))  # noqa: SLF001


def check(name: str, **fields: Unpack[CheckFields]) -> None:
    """Declare a check: a reference command and the outputs it writes."""
    with exits():
        _declare(_call("checks", name, fields, sys._getframe(1)))  # noqa: SLF001


def lock(
    file: str,
    *,
    source: str | Sequence[str] = "pyproject.toml",
    **fields: Unpack[LockFields],
) -> None:
    """Declare a lock that `nox -s lock` regenerates from *source*, or several of them.

    lock("conda-lock.yml", source="environment.yml", targets=["linux-64", "osx-arm64"])
    """
    with exits():
        given = {"from": source, **fields}
        _declare(_call("locks", file, given, sys._getframe(1)))  # noqa: SLF001


def _call(
    section: str, name: str, fields: Mapping[str, object], caller: FrameType
) -> Parsed:
    from noxlock.definitions import parse_call  # noqa: PLC0415 - see `entries`

    named = {
        key.replace("_", "-"): _as_in_a_file(key, value)
        for key, value in fields.items()
    }
    file = Path(caller.f_code.co_filename)
    root = current().root
    shown = file.relative_to(root) if file.is_relative_to(root) else file
    return parse_call(section, name, named, file=str(shown), line=caller.f_lineno)


def _as_in_a_file(key: str, value: object) -> object:
    """Return what was declared by name as its name, and keys with dashes."""
    declared = current().definitions
    known: Mapping[str, object] = {}
    match key:
        case "environment":
            known = declared.environments
        case "profile":
            known = declared.profiles
        case _:
            pass
    named = next((name for name, one in known.items() if one is value), None)
    if named is not None:
        return named
    if key in _TABLES and isinstance(value, dict):
        return {str(inner).replace("_", "-"): one for inner, one in value.items()}
    return value


def _declare(*parts: Parsed, others: Sequence[str] | None = None) -> Definitions:
    noxfile = current()
    new = noxfile.add(parts, others=others)
    register_backend()
    for entry in describe(new, noxfile.definitions):
        register(noxfile, entry)
    return new
