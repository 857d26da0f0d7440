"""What the store says of itself, what it throws away, what it finds damaged."""

from __future__ import annotations

import errno
import os
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import StoreError
from noxlock.store import LinkedWheel, upkeep
from noxlock.store.reports import Damage
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Interpreter, Sha256
    from noxlock.store.store import Store
    from support.stores import Put

DAY = 24 * 60 * 60


def age(folder: Path, days: float) -> None:
    then = time.time() - days * DAY
    os.utime(folder / "entry.json", (then, then))


def last_use(folder: Path) -> float:
    return (folder / "entry.json").stat().st_mtime


def build(store: Store, folder: Path) -> Sha256:
    filename, data = make_wheel("built", "1.0")
    (folder / filename).write_bytes(data)
    return store.add_built("key", folder / filename, notes={}).sha256


def test_a_store_that_is_not_there_is_empty(store: Store) -> None:
    assert store.info().size == 0
    assert store.gc().entries == 0
    assert store.verify().entries == 0
    assert not store.root.exists()


def test_info_counts_each_bucket_and_what_environments_share(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n" * 100})
    store.compile([sha256], interpreter)
    alone = store.info()
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    shared = store.info()

    names = [bucket.name for bucket in alone.buckets]
    assert names == [
        "wheels-v2",
        "bytecode-v2",
        "archives-v2",
        "built-v1",
        "conda-v2",
        "baselines-v1",
        "downloads",
        "tmp",
    ]
    assert [bucket.entries for bucket in alone.buckets] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert [bucket.files for bucket in alone.buckets] == [4, 2, 0, 0, 0, 0, 0, 0]
    assert alone.buckets[0].size > 600
    assert alone.buckets[0].linked == 0
    assert shared.buckets[0].linked > 600
    assert shared.size == alone.size == sum(bucket.size for bucket in alone.buckets)


def test_use_is_noted_at_most_once_a_day(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    folder = store.places.wheel(sha256)
    age(folder, 0.5)
    before = last_use(folder)
    assert store.has_wheel(sha256)
    assert last_use(folder) == before

    age(folder, 2)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    assert last_use(folder) > before


def test_gc_removes_what_was_not_used_for_long(
    store: Store, put: Put, interpreter: Interpreter, tmp_path: Path
) -> None:
    old, new = put("old"), put("new")
    built = build(store, tmp_path)
    store.compile([old, new], interpreter)
    for sha256 in (old, built):
        age(store.places.wheel(sha256), 31)
    would = store.gc(dry_run=True)
    assert store.has_wheel(new)
    report = store.gc()
    assert would == report

    # Two wheels, the bytecode of one, the note of which wheel was built for the key.
    assert report.entries == 4
    assert report.freed > 0
    assert not store.has_wheel(old)
    assert store.has_wheel(new)
    assert store.built("key") is None
    assert [bucket.entries for bucket in store.info().buckets[:4]] == [1, 1, 0, 0]
    assert store.gc(days=1).entries == 0


def test_gc_keeps_the_bytecode_of_one_interpreter_where_that_of_another_is_old(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    store.compile([sha256], interpreter)
    old = store.places.bytecode(sha256, interpreter)
    new = store.places.bytecode(sha256, replace(interpreter, magic="00"))
    shutil.copytree(old, new)
    age(old, 31)

    assert store.gc().entries == 1
    assert new.is_dir()
    assert not old.exists()


def test_gc_of_one_interpreters_bytecode_leaves_the_others_alone(
    store: Store, put: Put, interpreter: Interpreter, tmp_path: Path
) -> None:
    sha256 = build(store, tmp_path)
    other = replace(interpreter, version="3.11.99")
    store.compile([sha256, put("demo")], interpreter)
    store.compile([sha256], other)
    age(store.places.bytecode(sha256, other), 31)

    assert store.gc().entries == 1
    assert store.places.bytecode(sha256, interpreter).exists()
    assert store.built("key")


def test_gc_that_only_counts_removes_nothing(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    store.compile([put("demo")], interpreter)
    before = store.info()
    counted = store.gc(everything=True, dry_run=True)

    assert store.info() == before
    assert counted == store.gc(everything=True)
    assert counted.entries == 2


def test_gc_of_everything_leaves_environments_whole(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n" * 1000})
    store.compile([sha256], interpreter)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    report = store.gc(everything=True)

    assert report.entries == 2
    assert report.freed < 6000
    assert store.info().size == 0
    (file,) = prefix.rglob("demo.py")
    assert file.stat().st_size == 6000


def test_gc_sweeps_what_killed_runs_and_older_versions_left(
    store: Store, put: Put
) -> None:
    put("demo")
    left = store.places.temporary / "1-left" / "deep"
    left.mkdir(parents=True)
    (left / "file").write_text("12345")
    (store.root / "wheels-v0" / "x").mkdir(parents=True)
    (store.root / "wheels-v9").mkdir()
    (store.root / "notes-v0").mkdir()
    downloads = store.downloads()
    (downloads / "new.whl.part").write_text("")
    (downloads / "old.whl.part").write_text("12")
    os.utime(downloads / "old.whl.part", (1, 1))
    report = store.gc()

    assert (report.entries, report.leftovers, report.freed) == (0, 3, 7)
    assert [path.name for path in downloads.iterdir()] == ["new.whl.part"]
    assert list(store.places.temporary.iterdir()) == []
    assert {path.name for path in store.root.iterdir()} >= {"wheels-v9", "notes-v0"}
    assert store.gc(everything=True).leftovers == 1


def test_gc_treats_an_entry_without_its_file_as_unused(store: Store, put: Put) -> None:
    sha256 = put("demo")
    (store.places.wheel(sha256) / "entry.json").unlink()

    assert store.gc().entries == 1


def test_gc_waits_for_runs_and_then_gives_up(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("demo")
    monkeypatch.setattr(upkeep, "_PATIENCE", 0.15)
    with store.hold(), pytest.raises(StoreError, match="in use by another run"):
        store.gc()
    assert store.gc(everything=True).entries == 1


def test_where_files_cannot_be_locked_the_store_still_works(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available", handle, operation)

    monkeypatch.setattr("fcntl.flock", unsupported)
    assert store.has_wheel(put("demo"))


def test_another_failure_to_lock_is_told(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int, operation: int) -> None:  # noqa: ARG001
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", broken)
    with pytest.raises(StoreError, match="Input/output error"):
        put("demo")


def test_verify_finds_every_kind_of_damage_and_repairs_it(
    store: Store, put: Put, interpreter: Interpreter, tmp_path: Path
) -> None:
    changed, gone, foreign, sound, sealed = (
        put(name, {f"{name}.py": "x = 1\n"})
        for name in ("changed", "gone", "foreign", "sound", "sealed")
    )
    build(store, tmp_path)
    store.compile([changed, sound], interpreter)
    files = {s: store.places.wheel(s) / "files" for s in (changed, gone, foreign)}
    (files[changed] / "changed.py").chmod(0o644)
    (files[changed] / "changed.py").write_text("x = 2\n")
    (files[gone] / "gone.py").unlink()
    (files[foreign] / "extra.py").write_text("")
    for folder in (store.places.wheel(sealed), store.places.built("key")):
        (folder / "entry.json").chmod(0o644)
        (folder / "entry.json").write_text("{}")
    missing = store.places.archive(sound)
    missing.mkdir(parents=True)

    report = store.verify()
    reasons = {item.entry: item.reasons for item in report.damaged}
    assert reasons == {
        f"wheels-v2/{changed}": ("changed.py: content changed",),
        f"wheels-v2/{gone}": ("gone.py: No such file or directory",),
        f"wheels-v2/{foreign}": ("extra.py: not part of the entry",),
        f"wheels-v2/{sealed}": ("a stored entry is damaged: `entry.json` was changed",),
        store.places.built("key").relative_to(store.root).as_posix(): (
            "a stored entry is damaged: `entry.json` was changed",
        ),
        f"archives-v2/{sound}": ("no `entry.json`",),
    }
    assert (report.entries, report.repaired) == (10, False)
    assert {item.filename for item in report.damaged} >= {"gone-1.0-py3-none-any.whl"}

    assert store.verify(repair=True).repaired
    assert store.verify().damaged == ()
    # The bytecode of a removed wheel goes with it.
    assert store.info().buckets[1].entries == 1
    assert not store.verify(repair=True).repaired


def test_repair_leaves_alone_what_another_run_repaired_before(
    store: Store, put: Put
) -> None:
    sha256 = put("demo")
    sound = Damage(
        bucket="wheels-v2", entry=f"wheels-v2/{sha256}", filename="", reasons=("x",)
    )
    upkeep._repair(store.places, [sound])  # noqa: SLF001

    assert store.has_wheel(sha256)
