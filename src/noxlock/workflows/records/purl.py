"""Package URLs: what an artifact is called wherever software is listed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from packaging.utils import canonicalize_name

from noxlock.model import Kind

if TYPE_CHECKING:
    from noxlock.model import PackageRecord

__all__ = ["interpreter_purl", "purl"]

_CONDA_FILE: Final = re.compile(
    r".+-(?P<version>[^-]+)-(?P<build>[^-]+)\.(?P<type>conda|tar\.bz2)"
)


def purl(package: PackageRecord) -> str:
    """Return the package URL of an installed artifact.

    `pkg:pypi/numpy@2.4.6?file_name=...` of a wheel or a source distribution,
    `pkg:conda/numpy@2.4.6?build=py311_0&type=conda` of a conda package.
    """
    if package.kind == Kind.CONDA:
        found = _CONDA_FILE.fullmatch(package.artifact or "")
        qualifiers = {"build": found["build"], "type": found["type"]} if found else {}
        return _joined("conda", package.name, package.version, qualifiers)
    # purl-spec, pypi: "The name is case insensitive and must be lowercased and
    # underscore replaced with a dash".
    name = canonicalize_name(package.name)
    qualifiers = {"file_name": package.artifact} if package.artifact else {}
    return _joined("pypi", name, package.version, qualifiers)


def interpreter_purl(version: str) -> str:
    """Return the package URL of a CPython."""
    return _joined("generic", "cpython", version, {})


def _joined(
    kind: str, name: str, version: str | None, qualifiers: dict[str, str]
) -> str:
    # purl-spec: "the qualifiers must be lexicographically ordered by key".
    query = "&".join(f"{key}={_quoted(qualifiers[key])}" for key in sorted(qualifiers))
    at = f"@{_quoted(version)}" if version else ""
    return f"pkg:{kind}/{_quoted(name)}{at}" + (f"?{query}" if query else "")


def _quoted(text: str) -> str:
    # purl-spec: alphanumerics, ".", "-", "_" and "~", and ":", are not encoded.
    return quote(text, safe=":")
