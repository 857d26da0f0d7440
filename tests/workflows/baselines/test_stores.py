"""Where large outputs are kept: a folder, or whatever fsspec knows."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from noxlock.errors import CompareError, DefinitionError
from noxlock.model import BaselineStore
from noxlock.workflows.baselines import Baseline
from noxlock.workflows.baselines.folder_store import FolderStore
from noxlock.workflows.baselines.remote_store import RemoteStore
from noxlock.workflows.baselines.stores import object_key, open_store, shown_address
from support.baselines import Golden, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.workflows.baselines.stores import ObjectStore

DATA = b"large enough"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(DATA)
    return path


def memory_files() -> Any:  # noqa: ANN401 - a library without types
    """Return the file system in this process's memory."""
    return pytest.importorskip("fsspec").filesystem("memory")


@pytest.fixture
def memory() -> Iterator[str]:
    """Return the address of a store in this process's memory."""
    yield "memory://bucket/base"
    memory_files().store.clear()


@pytest.fixture(params=["folder", "file://", "memory://"])
def store(request: pytest.FixtureRequest, tmp_path: Path, memory: str) -> ObjectStore:
    url = {
        "folder": "../kept",
        "file://": f"file://{tmp_path}/kept",
        "memory://": memory,
    }[request.param]
    (tmp_path / "project").mkdir()
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    return open_store(url, tmp_path / "project", environ)


def write_object(store: ObjectStore, data: bytes) -> None:
    """Put *data* where the object lies, as no client of noxlock does."""
    if isinstance(store, FolderStore):
        path = store.folder / object_key(SHA256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
    else:
        memory_files().pipe(f"/bucket/base/{object_key(SHA256)}", data)


def test_what_was_put_comes_back_by_its_digest(store: ObjectStore, data: Path) -> None:
    store.put(data, SHA256, len(DATA))
    store.put(data, SHA256, len(DATA))
    assert store.get(SHA256, len(DATA)).read_bytes() == DATA
    assert store.get(SHA256, len(DATA)).read_bytes() == DATA


def test_what_is_not_there_is_an_error(store: ObjectStore) -> None:
    with pytest.raises(CompareError, match="it is not in the store") as caught:
        store.get(SHA256, len(DATA))
    assert "record the baseline anew" in (caught.value.hint or "")


@pytest.mark.parametrize("other", [b"half", b"LARGE ENOUGH"])
def test_what_was_changed_is_an_error(store: ObjectStore, other: bytes) -> None:
    write_object(store, other)
    with pytest.raises(CompareError, match="is not what was kept"):
        store.get(SHA256, len(DATA))


def test_what_is_damaged_is_not_overwritten(store: ObjectStore, data: Path) -> None:
    write_object(store, b"half")
    with pytest.raises(CompareError, match="is not what was kept"):
        store.put(data, SHA256, len(DATA))
    with pytest.raises(CompareError, match="is not what was kept"):
        store.get(SHA256, len(DATA))


def test_a_store_holds_whole_objects_only(store: ObjectStore, data: Path) -> None:
    store.put(data, SHA256, len(DATA))
    if isinstance(store, FolderStore):
        names = list(tree(store.folder))
    else:
        names = [
            name.removeprefix("/bucket/base/")
            for name in memory_files().find("/bucket")
        ]
    assert names == [object_key(SHA256)]


def test_what_changes_while_it_is_kept_is_an_error(tmp_path: Path, data: Path) -> None:
    store = open_store("kept", tmp_path, {})
    with pytest.raises(CompareError, match="changed while it was recorded"):
        store.put(data, "0" * 64, len(DATA))
    assert tree(tmp_path / "kept") == {}


def test_a_damaged_download_is_fetched_anew(
    memory: str, tmp_path: Path, data: Path
) -> None:
    store = open_store(memory, tmp_path, {"NOXLOCK_CACHE_DIR": str(tmp_path / "c")})
    store.put(data, SHA256, len(DATA))
    kept = store.get(SHA256, len(DATA))
    kept.chmod(0o644)
    kept.write_bytes(DATA.upper())
    assert store.get(SHA256, len(DATA)).read_bytes() == DATA


def test_a_copy_in_the_cache_does_not_prove_that_the_store_has_it(
    store: ObjectStore, data: Path
) -> None:
    store.put(data, SHA256, len(DATA))
    store.get(SHA256, len(DATA))
    store.prove(SHA256, len(DATA))
    write_object(store, b"half")
    with pytest.raises(CompareError, match="is not what was kept"):
        store.prove(SHA256, len(DATA))
    if isinstance(store, FolderStore):
        (store.folder / object_key(SHA256)).unlink()
    else:
        memory_files().rm(f"/bucket/base/{object_key(SHA256)}")
    with pytest.raises(CompareError, match="it is not in the store"):
        store.prove(SHA256, len(DATA))


def test_a_cache_that_cannot_be_written_is_named(
    memory: str, tmp_path: Path, data: Path
) -> None:
    (tmp_path / "file").touch()
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "file" / "cache")}
    store = open_store(memory, tmp_path, environ)
    store.put(data, SHA256, len(DATA))
    with pytest.raises(CompareError, match="/baselines-v1 cannot be written") as caught:
        store.get(SHA256, len(DATA))
    assert "NOXLOCK_CACHE_DIR" in (caught.value.hint or "")


FULL = f"""
import resource
from pathlib import Path

import fsspec

from noxlock.errors import CompareError
from noxlock.workflows.baselines.stores import object_key, open_store

data = Path("data").read_bytes()
fsspec.filesystem("memory").pipe("/bucket/" + object_key("{SHA256}"), data)
resource.setrlimit(resource.RLIMIT_FSIZE, (5, 5))
store = open_store("memory://bucket", Path(), {{"NOXLOCK_CACHE_DIR": "cache"}})
try:
    store.get("{SHA256}", len(data))
except CompareError as error:
    print(error)
"""


def test_a_full_disk_is_not_taken_for_a_fault_of_the_store(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").write_bytes(data.read_bytes())
    command = [sys.executable, "-c", FULL]
    said = subprocess.check_output(command, cwd=tmp_path, text=True)
    assert said.endswith("/baselines-v1 cannot be written: File too large\n")


@pytest.mark.parametrize("url", ["", "  "])
def test_an_empty_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DefinitionError, match="is empty"):
        open_store(url, tmp_path, {})


def test_a_password_in_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="holds a password") as caught:
        open_store("sftp://me:secret@files.example.org/x", tmp_path, {})
    assert "secret" not in str(caught.value)


def test_an_absolute_folder_and_one_of_the_user_are_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for url, folder in (
        (str(tmp_path / "a"), tmp_path / "a"),
        ("~/b", tmp_path / "home" / "b"),
        ("c/d", tmp_path / "root" / "c" / "d"),
    ):
        store = open_store(url, tmp_path / "root", {})
        assert isinstance(store, FolderStore)
        assert store.folder == folder


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/base", "s3://bucket/base"),
        ("../kept", "../kept"),
        ("/home/me/kept", ""),
        ("~/kept", ""),
        ("file:///home/me/kept", ""),
    ],
)
def test_no_folder_of_one_machine_gets_into_git(url: str, shown: str) -> None:
    assert shown_address(url) == shown


@pytest.mark.parametrize("sha256", ["", "../../x", "A" * 64, "0" * 63])
def test_what_is_no_digest_is_no_place(tmp_path: Path, sha256: str) -> None:
    with pytest.raises(CompareError, match="is no sha256"):
        open_store("kept", tmp_path, {}).get(sha256, 1)


def test_an_unknown_kind_of_store_is_told_before_anything_runs(tmp_path: Path) -> None:
    for url in ("kept", "s3://bucket", "file:///x", "simplecache::s3://bucket"):
        baseline(tmp_path, url).check()
    with pytest.raises(DefinitionError, match="`s33://` is no file system") as caught:
        baseline(tmp_path, "s33://bucket").check()
    assert "known are s3://, gs://, abfs://" in caught.value.what
    assert caught.value.hint == "did you mean `s3`?"
    assert caught.value.key == "baseline-store"


def baseline(root: Path, url: str) -> Baseline:
    """Return a baseline with a store at *url*."""
    store = BaselineStore(url=url)
    return Baseline(root=root, folder="repro/x", store=store, environ={})


def test_an_unknown_kind_of_store_is_an_error(tmp_path: Path) -> None:
    store = open_store("nosuch://bucket", tmp_path, {})
    assert isinstance(store, RemoteStore)
    with pytest.raises(CompareError, match="Protocol not known: nosuch"):
        store.get(SHA256, 1)


def test_a_missing_library_is_named_with_its_extra() -> None:
    """In a process of its own: there the library can be absent."""
    code = f"""
import sys
sys.modules["s3fs"] = sys.modules["gcsfs"] = None
from pathlib import Path
from noxlock.errors import CompareError
from noxlock.workflows.baselines.stores import open_store
for url in ("s3://bucket", "gs://bucket"):
    try:
        open_store(url, Path(), {{}}).get("{SHA256}", 1)
    except CompareError as error:
        print(error, "|", error.hint)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    s3, gs = done.stdout.splitlines()
    assert s3 == (
        "the store s3://bucket needs a library that is not installed"
        " | pip install 'noxlock[s3]'"
    )
    assert gs.startswith("the store gs://bucket needs a library")
    assert "gcsfs" in gs


@pytest.mark.skipif(os.name == "nt", reason="a folder in a file is another error there")
def test_a_folder_that_is_none_is_an_error(tmp_path: Path, data: Path) -> None:
    (tmp_path / "kept").write_text("")
    store = open_store("kept/in", tmp_path, {})
    with pytest.raises(CompareError, match="the store kept/in cannot be written"):
        store.put(data, SHA256, len(DATA))
    with pytest.raises(CompareError, match="the store kept/in cannot be read"):
        store.get(SHA256, len(DATA))


@pytest.fixture
def golden(tmp_path: Path) -> Golden:
    """Return a project whose outputs above ten bytes go to a folder."""
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    store = BaselineStore(url="../kept", above=10)
    made = Golden(tmp_path / "project", environ, store=store)
    made.output("weights.npy", b"0123456789+")
    made.output("model/a.txt", b"0123")
    return made


def test_only_what_is_larger_goes_to_the_store(golden: Golden) -> None:
    record = golden.accept()

    assert sorted(golden.baseline.stored()) == ["weights.npy"]
    outputs = golden.baseline.outputs(record)
    assert outputs != golden.path / "outputs"
    assert tree(outputs) == tree(golden.root / ".nox" / "outputs")
    assert golden.baseline.outputs(record) == outputs


def test_figures_of_many_images_leave_the_filters_of_warnings_alone(
    golden: Golden,
) -> None:
    image = pytest.importorskip("PIL.Image")
    data = io.BytesIO()
    image.new("RGB", (300, 200), (1, 2, 3)).save(data, "PNG")
    names = [f"{number}.png" for number in range(24)]
    for name in names:
        golden.output(name, data.getvalue())
    before = list(warnings.filters)

    golden.accept()

    stored = golden.baseline.stored()
    assert {stored[name].arrays[0].mean for name in names} == {2.0}
    assert warnings.filters == before


def test_figures_of_a_table_are_told_where_the_store_has_it_no_more(
    golden: Golden, tmp_path: Path
) -> None:
    golden.output("losses.csv", b"fold,loss\n1,0.5\n2,\n3,1.5\n")
    record = golden.accept()
    arrays = golden.baseline.stored()["losses.csv"].arrays
    assert [(each.key, each.mean, each.null) for each in arrays] == [
        ("fold", 2, 0),
        ("loss", 1, 1),
    ]

    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "other")}
    elsewhere = Golden(golden.root, environ, store=BaselineStore(url="../no", above=10))
    fault = str(elsewhere.baseline.fetch(record).faults["losses.csv"])

    assert (
        "recorded were 25 B, fold int64 (3), min 1, max 3, mean 2, std 0.816497,"
        " and 1 more"
    ) in fault


def test_arrays_of_a_zarr_folder_are_with_what_describes_them(golden: Golden) -> None:
    zarr = pytest.importorskip("zarr")
    np = pytest.importorskip("numpy")
    store = golden.root / ".nox" / "outputs" / "fit.zarr"
    group = zarr.open_group(store, mode="w")
    group.create_array("deep/coef", data=np.arange(40.0), chunks=(8,))
    golden.outputs["fit.zarr"] = store

    golden.accept()

    stored = golden.baseline.stored()
    assert [name for name, one in stored.items() if one.arrays] == [
        "fit.zarr/deep/coef/zarr.json"
    ]
    (array,) = stored["fit.zarr/deep/coef/zarr.json"].arrays
    assert (array.key, array.shape, array.mean) == ("deep/coef", (40,), 19.5)


def test_a_view_follows_what_lies_in_the_folder(golden: Golden) -> None:
    record = golden.accept()
    before = golden.baseline.outputs(record)
    path = golden.path / "outputs" / "model" / "a.txt"
    path.unlink()
    path.write_text("by hand")
    after = golden.baseline.outputs(record)
    assert (after / "model" / "a.txt").read_text() == "by hand"
    assert (before / "model" / "a.txt").read_text() == "0123"

    os.utime(before, (0, 0))
    path.unlink()
    gone = golden.baseline.outputs(record)
    assert not (gone / "model" / "a.txt").exists()
    assert not before.exists()
    assert after.exists()


def test_a_view_is_copied_where_there_are_no_links(
    golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = golden.accept()

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    outputs = golden.baseline.outputs(record)
    assert tree(outputs) == tree(golden.root / ".nox" / "outputs")


def test_a_view_that_another_run_made_meanwhile_is_taken(
    golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = golden.accept()
    rename = Path.rename

    def beaten(self: Path, target: Path) -> Path:
        rename(self, target)
        raise OSError(39, "Directory not empty")

    monkeypatch.setattr(Path, "rename", beaten)
    outputs = golden.baseline.outputs(record)
    assert tree(outputs) == tree(golden.root / ".nox" / "outputs")


def test_without_a_store_in_the_definition_its_outputs_are_missed(
    golden: Golden,
) -> None:
    record = golden.accept()
    golden.store = None
    with pytest.raises(CompareError, match="the check has no `baseline-store`"):
        golden.baseline.outputs(record)


def test_a_list_of_stored_outputs_that_is_not_the_records_is_not_followed(
    golden: Golden,
) -> None:
    record = golden.accept()
    other = {"sha256": "0" * 64, "size": 3, "key": "x"}
    golden.edit("stored.json", outputs={"weights.npy": other, "more": other})
    fetched = golden.baseline.fetch(record)
    assert {name: error.what for name, error in fetched.faults.items()} == {
        "weights.npy": "its sha256 is not the record's"
    }


def test_an_output_that_gets_small_comes_back_into_the_folder(golden: Golden) -> None:
    golden.accept()
    golden.output("weights.npy", b"small")
    golden.accept()
    assert golden.baseline.stored() == {}
    assert (golden.path / "outputs" / "weights.npy").read_bytes() == b"small"


def test_a_large_output_that_changes_while_it_is_recorded_is_refused(
    golden: Golden,
) -> None:
    record = golden.record()
    golden.output("weights.npy", b"0123456789?")
    with pytest.raises(CompareError, match=r"weights\.npy: .* changed while"):
        golden.baseline.write(golden.accepted(record))
    assert not golden.path.exists()


def test_a_size_that_is_none_is_refused(golden: Golden) -> None:
    golden.store = BaselineStore(url="../kept", above="much")
    with pytest.raises(DefinitionError, match="`much` is no size"):
        golden.accept()
    assert not golden.path.exists()
