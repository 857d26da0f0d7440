"""What an environment says of where a package came from: direct_url.json (PEP 610)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from noxlock.model import ArchiveSource, DirectorySource, IndexSource, VcsSource

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import PlannedPackage

__all__ = ["direct_url", "project_url"]


def direct_url(package: PlannedPackage, base: Path) -> dict[str, Any] | None:
    """Return what direct_url.json says of *package*; None: it came from an index.

    PEP 610: "direct_url.json [...] MUST NOT be created when installing a distribution
    from an other type of requirement (i.e. name plus version specifier)".
    """
    if isinstance(package.source, IndexSource):
        return None
    from noxlock.index.addresses import (  # noqa: PLC0415 - rare
        without_credentials,
    )

    match package.source:
        case VcsSource() as vcs:
            info = {"vcs": vcs.vcs, "commit_id": vcs.commit}
            if vcs.requested:
                info["requested_revision"] = vcs.requested
            url: dict[str, Any] = {
                "url": without_credentials(vcs.url),
                "vcs_info": info,
            }
            return _with_subdirectory(url, vcs.subdirectory)
        case ArchiveSource() as archive:
            hashes = {"sha256": package.sha256}
            where = archive.url or (base / (archive.path or "")).resolve().as_uri()
            url = {
                "url": without_credentials(where),
                "archive_info": {
                    "hash": f"sha256={package.sha256}",
                    "hashes": hashes,
                },
            }
            return _with_subdirectory(url, archive.subdirectory)
        case DirectorySource() as directory:
            url = project_url(base / directory.path, editable=directory.editable)
            return _with_subdirectory(url, directory.subdirectory)
        case source:
            assert_never(source)


def project_url(folder: Path, *, editable: bool) -> dict[str, Any]:
    """Return what direct_url.json says of a project that is installed from a folder."""
    info = {"editable": True} if editable else {}
    return {"url": folder.resolve().as_uri(), "dir_info": info}


def _with_subdirectory(url: dict[str, Any], subdirectory: str | None) -> dict[str, Any]:
    return url | ({"subdirectory": subdirectory} if subdirectory else {})
