"""What a wheel must be to come into the store."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import HashMismatchError, StoreError
from noxlock.model import Sha256
from noxlock.store._manifest import MTIME
from support.wheels import make_wheel, zip_members

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.store.store import Store

INFO = "demo-1.0.dist-info"
WHEEL = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def members(**changes: bytes | None) -> dict[str, bytes]:
    """Return a sound wheel's members; None takes one out, by its last name."""
    found = {
        "demo/__init__.py": b"",
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        f"{INFO}/WHEEL": WHEEL,
        f"{INFO}/RECORD": b"",
    }
    for name, content in changes.items():
        if content is None:
            del found[f"{INFO}/{name}"]
        else:
            found[f"{INFO}/{name}"] = content
    return found


def add(
    store: Store, folder: Path, data: bytes, name: str = "demo-1.0-py3-none-any.whl"
) -> Sha256:
    path = folder / name
    path.write_bytes(data)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    store.add_wheel(path, sha256)
    return sha256


def nothing_left(store: Store) -> bool:
    info = store.info()
    return all(bucket.entries == 0 and bucket.files == 0 for bucket in info.buckets)


def test_a_stored_wheel_is_its_files_read_only_and_of_one_time(
    store: Store, tmp_path: Path
) -> None:
    filename, data = make_wheel(
        "demo",
        "1.0",
        {"demo/a.py": "a = 1\n", "demo/run": "x"},
        executable=["demo/run"],
    )
    sha256 = add(store, tmp_path, data, filename)

    files = store.root / "wheels-v2" / sha256 / "files"
    assert store.has_wheel(sha256)
    assert (files / "demo/a.py").read_text() == "a = 1\n"
    assert stat.S_IMODE((files / "demo/a.py").stat().st_mode) == 0o444
    assert stat.S_IMODE((files / "demo/run").stat().st_mode) == 0o555
    assert {p.stat().st_mtime for p in files.rglob("*") if p.is_file()} == {MTIME}
    assert not (files / "demo-1.0.dist-info/RECORD").exists()


def test_adding_twice_is_adding_once(store: Store, tmp_path: Path) -> None:
    data = make_wheel("demo", "1.0")[1]

    assert add(store, tmp_path, data) == add(store, tmp_path, data)
    assert store.info().buckets[0].entries == 1


def test_a_wheel_with_other_bytes_is_refused(store: Store, tmp_path: Path) -> None:
    filename, data = make_wheel("demo", "1.0")
    path = tmp_path / filename
    path.write_bytes(data + b"\0")
    locked = Sha256(hashlib.sha256(data).hexdigest())

    with pytest.raises(HashMismatchError, match=f"not {locked}"):
        store.add_wheel(path, locked)
    assert not store.has_wheel(locked)
    assert nothing_left(store)


def test_a_wheel_that_is_not_there_is_one_clear_error(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=r"cannot store `x.whl`: No such file"):
        store.add_wheel(tmp_path / "x.whl", Sha256("0" * 64))


def test_what_is_no_digest_never_becomes_a_path(store: Store) -> None:
    with pytest.raises(StoreError, match="is no SHA-256 digest"):
        store.has_wheel(Sha256("../../etc"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 no archive", "not a sound wheel: File is not a zip file"),
        (zip_members(members(RECORD=None)), "no RECORD in its .dist-info"),
        (zip_members(members(WHEEL=None)), "no WHEEL in its .dist-info"),
        (zip_members(members(WHEEL=b"Tag: x\n")), "wheel version none is not"),
        (zip_members(members(WHEEL=b"Wheel-Version: 2.0\n")), "wheel version 2.0"),
        (zip_members(members(RECORD=b"a,b\n")), "expected 3 elements"),
        (zip_members(members(RECORD=b"a,sha256=x,ten\n")), "non-integer"),
        (zip_members(members(RECORD=b"\xff")), "can't decode"),
        (
            zip_members(members(RECORD=b"demo/__init__.py,sha256=AAAA,0\n")),
            "demo/__init__.py: its hash is not the one in RECORD",
        ),
        (
            zip_members(members(RECORD=b"demo/__init__.py,sha512=AAAA,0\n")),
            "demo/__init__.py: its hash is not the one in RECORD",
        ),
        (zip_members({"demo.py": b""}), "exactly one .dist-info"),
        (
            zip_members(members() | {"other-1.0.dist-info/METADATA": b""}),
            "exactly one .dist-info",
        ),
        (
            zip_members(members(**{"entry_points.txt": b"[console_scripts]\nx = y\n"})),
            "entry_points.txt: not readable",
        ),
        (
            zip_members(
                members(**{"entry_points.txt": b"[console_scripts]\n../x = y:z\n"})
            ),
            "`../x` is no name for a script",
        ),
        (zip_members(members() | {"../demo.py": b""}), "outside the environment"),
        (zip_members(members() | {"/demo.py": b""}), "outside the environment"),
        (zip_members(members() | {"demo/./a.py": b""}), "outside the environment"),
        (zip_members(members() | {"C:/demo.py": b""}), "outside the environment"),
        (zip_members(members() | {"demo\\a.py": b""}), "outside the environment"),
        (
            zip_members(members() | {"demo-1.0.data/etc/a": b""}),
            "not in a scheme of the wheel's data folder",
        ),
        (
            zip_members(
                members() | {"demo-1.0.data/purelib/demo/__init__.py": b"other"}
            ),
            "two files of one name",
        ),
        (zip_members(members() | {"a": b"", "a/b": b""}), "cannot store"),
    ],
)
def test_a_broken_wheel_is_refused_and_leaves_nothing(
    store: Store, tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(StoreError) as caught:
        add(store, tmp_path, content)

    assert message in str(caught.value)
    assert "demo-1.0-py3-none-any.whl" in str(caught.value)
    assert nothing_left(store)


@pytest.mark.parametrize(
    "name", ["demo-2.0-py3-none-any.whl", "other-1.0-py3-none-any.whl", "demo.whl"]
)
def test_the_file_name_must_be_that_of_its_dist_info(
    store: Store, tmp_path: Path, name: str
) -> None:
    with pytest.raises(StoreError, match=r"(?i)version|match|valid wheel filename"):
        add(store, tmp_path, zip_members(members()), name)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_one_name_twice_in_the_archive_is_refused(store: Store, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in [*members().items(), ("demo/__init__.py", b"other")]:
            archive.writestr(path, content)

    with pytest.raises(StoreError, match="two files of one name"):
        add(store, tmp_path, buffer.getvalue())


def special(mode: int, flags: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in members().items():
            archive.writestr(path, content)
        member = zipfile.ZipInfo("demo/link")
        member.external_attr = mode << 16
        archive.writestr(member, "/etc/passwd")
        archive.getinfo("demo/link").flag_bits |= flags
    return buffer.getvalue()


def test_a_symbolic_link_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot hold symbolic links"):
        add(store, tmp_path, special(stat.S_IFLNK | 0o777))


def test_an_encrypted_member_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a sound wheel"):
        add(store, tmp_path, special(stat.S_IFREG, flags=1))


def test_folders_of_the_archive_and_missing_rows_are_no_defect(
    store: Store, tmp_path: Path
) -> None:
    sha256 = add(store, tmp_path, zip_members(members() | {"demo/": b""}))

    assert store.verify().damaged == ()
    assert store.has_wheel(sha256)


@pytest.mark.parametrize(
    "left_out",
    [
        "demo/__pycache__/a.cpython-311.pyc",
        f"{INFO}/INSTALLER",
        f"{INFO}/REQUESTED",
        f"{INFO}/direct_url.json",
    ],
)
def test_what_only_an_installer_writes_is_not_taken_from_a_wheel(
    store: Store, tmp_path: Path, left_out: str
) -> None:
    sha256 = add(store, tmp_path, zip_members(members() | {left_out: b"x"}))

    assert not (store.root / "wheels-v2" / sha256 / "files" / left_out).exists()


def test_a_stronger_hash_in_record_is_checked_too(store: Store, tmp_path: Path) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha512(b"").digest()).decode().rstrip("=")
    row = f"demo/__init__.py,sha512={digest},0\n".encode()

    assert store.has_wheel(add(store, tmp_path, zip_members(members(RECORD=row))))
