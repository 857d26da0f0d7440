"""Offline, nothing is asked for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import FetchError
from noxlock.index import FetchRequest, Index
from noxlock.index.offline import OfflineIndex
from noxlock.model import Kind, PlannedPackage
from support.fetching import LINUX, planned

if TYPE_CHECKING:
    from pathlib import Path


def refuse(folder: Path, *packages: PlannedPackage) -> None:
    index: Index = OfflineIndex()
    request = FetchRequest(packages=packages, target=LINUX, base=folder)
    index.fetch(request, into=folder, on_file=print)


def test_what_the_store_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        refuse(
            tmp_path,
            planned("six-1.0-py3-none-any.whl", b""),
            planned("a-1.tar.gz", b"", artifact=None, version=None),
            planned("git-1.tar.gz", b"", kind=Kind.GIT),
        )

    assert str(caught.value) == (
        "offline, and the store lacks 2 of the plan's files:"
        " a, six 1.0 (six-1.0-py3-none-any.whl)"
    )
    assert "without --offline" in (caught.value.hint or "")


def test_nothing_missing_is_no_error(tmp_path: Path) -> None:
    refuse(tmp_path, planned("git-1.tar.gz", b"", kind=Kind.GIT))
