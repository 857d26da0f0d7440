"""Archives, built wheels, damage, and a disk that says no."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import HashMismatchError, StoreError
from noxlock.model import Sha256
from noxlock.store import LinkedWheel, default_root
from noxlock.store._manifest import MTIME, Entry, read_entry
from noxlock.store.store import Store
from support.wheels import make_sdist, make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Interpreter
    from noxlock.store import StoreProtocol
    from support.stores import Put


def sdist(folder: Path) -> tuple[Path, Sha256]:
    filename, data = make_sdist("demo", "1.0")
    (folder / filename).write_bytes(data)
    return folder / filename, Sha256(hashlib.sha256(data).hexdigest())


def wheel(folder: Path, version: str = "1.0", content: str = "") -> Path:
    filename, data = make_wheel("demo", version, {"demo.py": content})
    (folder / filename).write_bytes(data)
    return folder / filename


def swap_byte(path: Path, *, keep_time: bool = True) -> None:
    """Change the last byte of a stored file in place, as root or its owner can."""
    status = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_the_store_is_what_the_workflows_ask_for(store: Store) -> None:
    protocol: StoreProtocol = store

    assert not protocol.has_wheel(Sha256("0" * 64))
    assert not store.root.exists()


def test_the_root_is_the_users_choice_else_in_the_users_cache() -> None:
    assert default_root({"NOXLOCK_CACHE_DIR": "/a/b"}) == Path("/a/b")
    assert default_root({"NOXLOCK_CACHE_DIR": "~/c"}) == Path.home() / "c"
    assert default_root({}).name == "noxlock"


def test_an_archive_is_kept_whole(store: Store, tmp_path: Path) -> None:
    path, sha256 = sdist(tmp_path)
    assert store.archive(sha256) is None

    stored = store.add_archive(path, sha256)
    assert (stored.name, stored.read_bytes()) == (path.name, path.read_bytes())
    assert store.archive(sha256) == stored
    assert store.add_archive(path, sha256) == stored


def test_an_archive_with_other_bytes_is_refused(store: Store, tmp_path: Path) -> None:
    path, _ = sdist(tmp_path)

    with pytest.raises(HashMismatchError, match=r"the sha256 is .* not 0000"):
        store.add_archive(path, Sha256("0" * 64))
    assert store.info().size == 0


def test_a_changed_archive_is_not_handed_out(store: Store, tmp_path: Path) -> None:
    path, sha256 = sdist(tmp_path)
    swap_byte(store.add_archive(path, sha256))

    with pytest.raises(StoreError, match="content changed") as caught:
        store.archive(sha256)
    assert caught.value.hint
    assert "verify --fix" in caught.value.hint


def test_what_was_built_comes_back_under_its_key(store: Store, tmp_path: Path) -> None:
    made = store.add_built("key/1", wheel(tmp_path), notes={"from": "git"})

    assert store.built("key/1") == made
    assert (made.filename, dict(made.notes)) == (
        "demo-1.0-py3-none-any.whl",
        {"from": "git"},
    )
    assert store.has_wheel(made.sha256)
    assert store.built("key/2") is None


def test_of_two_builds_for_one_key_the_first_stands(
    store: Store, tmp_path: Path
) -> None:
    first = store.add_built("key", wheel(tmp_path, content="a = 1\n"), notes={})
    second = store.add_built("key", wheel(tmp_path, content="a = 2\n"), notes={})

    assert second == first


def test_a_build_whose_wheel_is_gone_is_made_anew(store: Store, tmp_path: Path) -> None:
    first = store.add_built("key", wheel(tmp_path, content="a = 1\n"), notes={})
    shutil.rmtree(store.places.wheel(first.sha256))
    assert store.built("key") is None

    second = store.add_built("key", wheel(tmp_path, content="a = 2\n"), notes={})
    assert store.built("key") == second != first


@pytest.mark.parametrize("keep_time", [True, False])
def test_one_swapped_byte_of_a_stored_wheel_stops_the_link(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter, *, keep_time: bool
) -> None:
    sha256 = put("demo", {f"demo/m{n}.py": f"x = {n}\n" for n in range(100)})
    swap_byte(store.places.wheel(sha256) / "files/demo/m7.py", keep_time=keep_time)

    with pytest.raises(StoreError, match=r"demo-1.0.*: demo/m7\.py: content changed"):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    assert not list(prefix.rglob("m7.py"))


def test_one_swapped_byte_of_a_large_file_stops_the_link(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo/weights.bin": bytes(3 << 20)})
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    swap_byte(store.places.wheel(sha256) / "files/demo/weights.bin")

    with pytest.raises(StoreError, match=r"demo/weights\.bin: content changed"):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)


def test_an_edit_through_a_hard_link_stops_the_next_link(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n"})
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    (file,) = prefix.rglob("demo.py")
    file.chmod(0o644)
    file.write_text("x = 1000\n")

    with pytest.raises(StoreError, match=r"demo\.py: size changed"):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)


def test_swapped_bytecode_stops_the_link(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    store.compile([sha256], interpreter)
    (file,) = store.places.bytecode(sha256, interpreter).rglob("*.pyc")
    swap_byte(file)

    with pytest.raises(StoreError, match=r"\.pyc: content changed"):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    assert store.verify(repair=True).damaged[0].bucket == "bytecode-v2"
    store.compile([sha256], interpreter)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)


@pytest.mark.parametrize("place", [0, 10, -2])
def test_a_swapped_byte_of_the_entrys_own_file_is_found(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter, place: int
) -> None:
    sha256 = put("demo")
    path = store.places.wheel(sha256) / "entry.json"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)

    with pytest.raises(StoreError, match=r"`entry.json` was changed"):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)


def test_an_entry_of_another_form_is_found(store: Store, put: Put) -> None:
    folder = store.places.wheel(put("demo"))
    data = b'{"files": 1}'
    seal = hashlib.sha256(data).hexdigest().encode()
    (folder / "entry.json").chmod(0o644)
    (folder / "entry.json").write_bytes(seal + b"\n" + data + b"\n")

    with pytest.raises(StoreError, match=r"`entry.json` says `Expected `array`"):
        read_entry(folder, Entry)


def test_quick_checking_trusts_size_and_time_only(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n"})
    quick = Store(store.root, environ={"NOXLOCK_VERIFY": "quick"})
    file = store.places.wheel(sha256) / "files/demo.py"
    swap_byte(file)
    quick.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    os.utime(file)

    with pytest.raises(StoreError, match="size or time changed"):
        quick.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    file.unlink()
    with pytest.raises(StoreError, match="No such file"):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)


def test_a_store_that_was_copied_without_times_still_serves(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n"})
    file = store.places.wheel(sha256) / "files/demo.py"
    os.utime(file)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    assert file.stat().st_mtime == MTIME


def test_a_stored_file_made_a_link_is_refused(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n"})
    file = store.places.wheel(sha256) / "files/demo.py"
    same = tmp_path / "same.py"
    file.rename(same)
    file.symlink_to(same)

    with pytest.raises(StoreError, match=r"demo\.py: "):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)


def test_an_entry_without_its_own_file_is_replaced(store: Store, put: Put) -> None:
    sha256 = put("demo")
    (store.places.wheel(sha256) / "entry.json").unlink()
    assert not store.has_wheel(sha256)

    assert put("demo") == sha256
    assert store.has_wheel(sha256)


def test_a_file_where_the_entry_should_be_is_an_error(
    store: Store, tmp_path: Path
) -> None:
    path = wheel(tmp_path)
    sha256 = Sha256(hashlib.sha256(path.read_bytes()).hexdigest())
    store.places.wheel(sha256).parent.mkdir(parents=True)
    store.places.wheel(sha256).write_text("")

    with pytest.raises(StoreError, match="cannot store"):
        store.add_wheel(path, sha256)


def test_downloads_have_a_folder_in_the_store(store: Store) -> None:
    assert store.downloads().is_dir()
    assert store.downloads().parent == store.root


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("cannot mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_nothing_and_says_so(
    mount: Path, tmp_path: Path, put: Put
) -> None:
    store = Store(mount / "store", environ={})
    small = wheel(tmp_path)
    store.add_wheel(small, digest := put("demo", {"demo.py": ""}))
    filename, data = make_wheel("big", "1.0", {"big.bin": os.urandom(2 << 20)})
    (tmp_path / filename).write_bytes(data)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())

    with pytest.raises(StoreError, match="the disk is full") as caught:
        store.add_wheel(tmp_path / filename, sha256)
    assert caught.value.hint
    assert "NOXLOCK_CACHE_DIR" in caught.value.hint
    assert not store.has_wheel(sha256)
    assert store.has_wheel(digest)
    assert store.info().buckets[-1].files == 0


def test_a_disk_that_fills_up_while_compiling_leaves_nothing(
    mount: Path, tmp_path: Path, interpreter: Interpreter
) -> None:
    store = Store(mount / "store", environ={})
    body = "".join(f"def f{n}(a, b): return [a, b, {n}]\n" for n in range(2000))
    filename, data = make_wheel("demo", "1.0", {f"m{n}.py": body for n in range(9)})
    (tmp_path / filename).write_bytes(data)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    store.add_wheel(tmp_path / filename, sha256)

    with pytest.raises(StoreError, match="No space left"):
        store.compile([sha256], interpreter)
    assert not store.places.bytecode(sha256, interpreter).exists()
    assert store.info().buckets[-1].files == 0


def test_a_read_only_store_links_but_takes_nothing(
    mount: Path, tmp_path: Path, prefix: Path, interpreter: Interpreter
) -> None:
    store = Store(mount / "store", environ={})
    path = wheel(tmp_path)
    sha256 = Sha256(hashlib.sha256(path.read_bytes()).hexdigest())
    store.add_wheel(path, sha256)
    entry = store.places.wheel(sha256) / "entry.json"
    os.utime(entry, (1, 1))
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    other = wheel(tmp_path, "2.0")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        store.add_wheel(other, Sha256(hashlib.sha256(other.read_bytes()).hexdigest()))
    assert caught.value.hint
    assert "make it writable" in caught.value.hint
    with pytest.raises(StoreError, match="cannot clean the store: it cannot be"):
        store.gc()
    assert store.verify().damaged == ()
