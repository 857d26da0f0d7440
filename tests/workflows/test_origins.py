"""What cannot be built says so before anything is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from noxlock.errors import BuildError
from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    IndexSource,
    Kind,
    PlannedPackage,
    ProjectInstall,
    Sha256,
    VcsSource,
)
from noxlock.workflows.direct_urls import direct_url
from noxlock.workflows.origins import Origins
from support.wheels import sdist_tree
from support.workshop import write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from support.workshop import Workshop

ALPHA = PlannedPackage(
    name=canonicalize_name("alpha"),
    version="1.0",
    kind=Kind.SDIST,
    artifact="alpha-1.0.tar.gz",
    url=None,
    sha256=Sha256("a" * 64),
    groups=(),
    source=IndexSource(),
)


def origins(shop: Workshop) -> Origins:
    """Return the origins of the shop's project."""
    return Origins(base=shop.root, store=shop.store, environ=shop.environ)


def test_only_git_is_known(shop: Workshop) -> None:
    source = VcsSource(vcs="hg", url="https://example.org/alpha", commit="a" * 40)
    with pytest.raises(BuildError, match=r"alpha 1\.0: hg is not supported, git is"):
        origins(shop).source(replace(ALPHA, source=source, kind=Kind.GIT))


def test_an_sdist_that_is_gone_from_the_store_is_named(shop: Workshop) -> None:
    source = origins(shop).source(ALPHA)
    with pytest.raises(BuildError, match=r"the store lacks alpha-1\.0\.tar\.gz"):
        source.unpack(shop.tmp / "source")


def test_a_folder_that_is_not_there_is_named(shop: Workshop) -> None:
    source = DirectorySource(path="beside")
    with pytest.raises(BuildError, match="alpha: there is no folder"):
        origins(shop).source(replace(ALPHA, source=source))


def test_a_broken_project_is_placed(shop: Workshop) -> None:
    write_tree(shop.root, {"pyproject.toml": "["})
    with pytest.raises(BuildError) as info:
        origins(shop).project(shop.root, ProjectInstall.WHEEL)
    assert "pyproject.toml" in info.value.where


@pytest.mark.parametrize("editable", [True, False])
def test_a_folder_is_editable_where_the_lock_says_so(
    shop: Workshop, *, editable: bool
) -> None:
    write_tree(shop.root / "all/beside", sdist_tree("alpha", "1.0"))
    source = DirectorySource(path="all", subdirectory="beside", editable=editable)
    package = replace(ALPHA, source=source)
    found = origins(shop).source(package)
    assert found.kind == ("editable" if editable else "wheel")
    assert direct_url(package, shop.root) == {
        "url": (shop.root / "all").as_uri(),
        "dir_info": {"editable": True} if editable else {},
        "subdirectory": "beside",
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            VcsSource(
                vcs="git", url="https://me:secret@example.org/a.git", commit="c" * 40
            ),
            {
                "url": "https://example.org/a.git",
                "vcs_info": {"vcs": "git", "commit_id": "c" * 40},
            },
            id="no credentials are kept",
        ),
        pytest.param(
            ArchiveSource(path="wheels/alpha.tar.gz", subdirectory="python"),
            {
                "archive_info": {
                    "hash": f"sha256={'a' * 64}",
                    "hashes": {"sha256": "a" * 64},
                },
                "subdirectory": "python",
            },
            id="a file of the project",
        ),
        pytest.param(IndexSource(), None, id="from an index"),
    ],
)
def test_direct_url_is_as_pep_610_says(
    tmp_path: Path,
    source: VcsSource | ArchiveSource | IndexSource,
    expected: dict[str, Any] | None,
) -> None:
    found = direct_url(replace(ALPHA, source=source), tmp_path)
    if isinstance(source, ArchiveSource) and expected is not None:
        expected["url"] = (tmp_path / "wheels/alpha.tar.gz").as_uri()
    assert found == expected
