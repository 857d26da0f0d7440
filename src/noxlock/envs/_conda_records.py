"""What rattler is told of a package that is locked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rattler import RepoDataRecord

    from noxlock.model import CondaPackage

__all__ = ["repodata_record", "stem"]


def stem(package: CondaPackage) -> str:
    """Return what rattler calls the package in a cache and in `conda-meta`."""
    return f"{package.name}-{package.version}-{package.build}"


def repodata_record(package: CondaPackage) -> RepoDataRecord:
    """Return the record of *package*, as far as its lock says it."""
    from rattler import (  # noqa: PLC0415 - only where conda is used
        BuildString,
        PackageRecord,
        RepoDataRecord,
    )

    number = re.search(r"(?:^|_)(\d+)$", package.build)
    channel = package.url.rpartition("/")[0].rpartition("/")[0]
    return RepoDataRecord(
        PackageRecord(
            package.name,
            package.version,
            BuildString(package.build),
            int(number[1]) if number else 0,
            package.subdir,
            depends=list(package.depends),
            md5=bytes.fromhex(package.md5) if package.md5 else None,
            sha256=bytes.fromhex(package.sha256) if package.sha256 else None,
        ),
        package.filename,
        package.url,
        f"{channel}/",
    )
