"""Tell whether poetry.lock still belongs to its pyproject.toml, without solving.

Poetry writes into the lock a digest of those parts of pyproject.toml that a solve
depends on, the content-hash. What it covers changed over Poetry's versions; a lock that
the Poetry which wrote it calls fresh is fresh.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final

from packaging.version import InvalidVersion, Version

from noxlock.errors import LockError
from noxlock.locks._text import decode, load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["staleness"]

_PROJECT_FILE: Final = "pyproject.toml"
_PROJECT_KEYS: Final = ("requires-python", "dependencies", "optional-dependencies")
_LEGACY_KEYS: Final = ("dependencies", "source", "extras", "dev-dependencies")
_POETRY_KEYS: Final = (*_LEGACY_KEYS, "group")
_WRITER: Final = re.compile(r"Poetry ([^ ]+)")
# Lock version 2.1 came with Poetry 2.0: what is older was written by Poetry 1 or 0.12.
_OF_POETRY_2: Final = Version("2.1")
_COVERS_GROUPS: Final = Version("2.3.0")


def staleness(lock_file: str, lock_data: bytes, source_data: bytes) -> str | None:
    """Return None where poetry.lock belongs to that pyproject.toml, else why not.

    Not checked: whether what the lock pins satisfies the project, nor anything outside
    the tables that Poetry's content-hash covers.

    Args:
        lock_file: The poetry.lock, as the user named it.
        lock_data: Its bytes.
        source_data: The bytes of the pyproject.toml beside it.

    Raises:
        LockError: One of the two is not a TOML document of its kind.
    """
    source_file = posixpath.join(posixpath.dirname(lock_file), _PROJECT_FILE)
    lock = load_toml(lock_file, lock_data)
    project = load_toml(source_file, source_data)
    metadata = _table(lock, "metadata", lock_file)
    recorded = metadata.get("content-hash")
    if recorded is None:
        return (
            f"{lock_file} has no content-hash: nothing says which {_PROJECT_FILE} it"
            " was made from"
        )
    if not isinstance(recorded, str):
        raise LockError(
            "expected a string", file=lock_file, key="metadata.content-hash"
        )
    writer = _writer(decode(lock_file, lock_data))
    try:
        fresh = recorded in _hashes(project, metadata, writer, source_file)
    # TOML has dates and JSON has not: Poetry cannot take the hash of one either.
    except TypeError as error:
        raise LockError(
            f"a value that Poetry cannot lock: {str(error).lower()}", file=source_file
        ) from None
    if fresh:
        return None
    return (
        f"the dependencies in {source_file} changed after {lock_file} was made (its"
        " content-hash differs)"
    )


def _hashes(
    project: Mapping[str, Any],
    metadata: Mapping[str, Any],
    writer: Version | None,
    source_file: str,
) -> Iterator[str]:
    """Yield each content-hash that the Poetry which wrote the lock could have meant."""
    pep621 = _chosen(_table(project, "project", source_file), _PROJECT_KEYS)
    groups = _table(project, "dependency-groups", source_file)
    tool = _table(project, "tool", source_file)
    poetry = _table(tool, "poetry", source_file, "tool.poetry")
    yield _hash(pep621, groups, poetry)
    # Poetry: "Before Poetry 2.3.0, the content hash did not include dependency groups".
    if writer is not None and writer < _COVERS_GROUPS:
        yield _hash(pep621, {}, poetry)
    # Poetry 1 knew of [tool.poetry] alone.
    if _lock_version(metadata) < _OF_POETRY_2:
        yield _hash({}, {}, poetry)


def _hash(
    pep621: Mapping[str, Any], groups: Mapping[str, Any], poetry: Mapping[str, Any]
) -> str:
    content: dict[str, Any] = _chosen(poetry, _POETRY_KEYS)
    if pep621 or groups:
        content = {"tool": {"poetry": content}}
        if pep621:
            content["project"] = pep621
        if groups:
            content["dependency-groups"] = groups
    else:
        # "Special handling for legacy keys is just for backwards compatibility": null
        # where [tool.poetry] has none, and at the top.
        content = {key: poetry.get(key) for key in _LEGACY_KEYS} | content
    encoded = json.dumps(content, sort_keys=True).encode()
    return hashlib.sha256(encoded).hexdigest()


def _chosen(table: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: table[key] for key in keys if key in table}


def _table(
    parent: Mapping[str, Any], key: str, file: str, path: str = ""
) -> Mapping[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise LockError("expected a table", file=file, key=path or key)
    return value


def _writer(text: str) -> Version | None:
    """Return the Poetry that the first line names, as it does since 1.4."""
    found = _WRITER.search(text.partition("\n")[0])
    try:
        return Version(found[1]) if found else None
    except InvalidVersion:
        return None


def _lock_version(metadata: Mapping[str, Any]) -> Version:
    try:
        return Version(str(metadata.get("lock-version", "1.0")))
    except InvalidVersion:
        return _OF_POETRY_2
