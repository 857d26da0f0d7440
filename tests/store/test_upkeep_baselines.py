"""Outputs of baselines that were downloaded are measured, and go when unused."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from noxlock.store import BASELINES

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.store.store import Store

DAY = 24 * 60 * 60


def fill(store: Store) -> dict[str, Path]:
    """Put two objects and a view of each there; those named `old` were not used."""
    folder = store.root / BASELINES
    paths: dict[str, Path] = {}
    for name, days in (("new", 1), ("old", 40)):
        blob = folder / "sha256" / "ab" / name
        view = folder / "views" / "check" / name
        view.mkdir(parents=True)
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(b"x" * 100)
        blob.chmod(0o444)
        os.link(blob, view / "large.bin")
        then = time.time() - days * DAY
        for path in (blob, view):
            os.utime(path, (then, then))
        paths |= {f"{name} blob": blob, f"{name} view": view}
    return paths


def test_info_measures_them_once(store: Store) -> None:
    fill(store)
    (found,) = [one for one in store.info().buckets if one.name == BASELINES]
    assert (found.files, found.size) == (2, 200)


def test_what_was_not_used_goes(store: Store) -> None:
    paths = fill(store)
    assert store.gc(dry_run=True).leftovers == 2
    assert store.gc().leftovers == 2
    assert {name for name, path in paths.items() if path.exists()} == {
        "new blob",
        "new view",
    }


def test_what_was_read_lately_stays(store: Store) -> None:
    paths = fill(store)
    blob = paths["old blob"]
    os.utime(blob, (time.time(), blob.stat().st_mtime))
    store.gc()
    assert blob.exists()
    assert not paths["old view"].exists()


def test_all_of_them_go_when_everything_does(store: Store) -> None:
    paths = fill(store)
    store.gc(everything=True)
    assert not any(path.exists() for path in paths.values())
