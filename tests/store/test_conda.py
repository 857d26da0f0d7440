"""Conda packages in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from noxlock.envs.conda import extract
from noxlock.errors import HashMismatchError, StoreError
from noxlock.model import CondaPackage, Interpreter, Sha256
from noxlock.store.conda import CondaStore, conda_key
from support.conda_channel import (
    Channels,
    Entry,
    small_package,
    write_channel,
)
from support.conda_locks import conda_package
from support.conda_workshop import record

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.store.store import Store
    from support.conda_channel import Package


@pytest.fixture
def conda(store: Store) -> CondaStore:
    return CondaStore(store.root, environ={})


def made(tmp_path: Path, package: Package) -> tuple[CondaPackage, Path]:
    """Write a channel of one package; returns it as it is locked, and its archive."""
    channel = Channels(root=tmp_path / "channels").main
    write_channel(channel, [package])
    _, filename, facts = record(channel, package.name)
    locked = conda_package(f"{package.name}={package.version}={package.build}")
    hashes = {"md5": facts["md5"], "sha256": Sha256(facts["sha256"])}
    (archive,) = channel.glob(f"*/{filename}")
    return replace(locked, filename=filename, **hashes), archive


def test_what_is_unpacked_is_read_only_and_checked(
    conda: CondaStore, store: Store, tmp_path: Path
) -> None:
    package, archive = made(tmp_path, small_package("demo", "1.0"))
    assert not conda.has(package)
    conda.add(package, archive, extract)
    conda.add(package, archive, extract)

    assert conda.has(package)
    assert conda.sha256(package) == package.sha256
    file = conda.folder(package) / "share" / "demo.txt"
    assert file.stat().st_mode & 0o777 == 0o444
    conda.check([package])
    assert store.verify().damaged == ()
    file.unlink()
    file.write_text("another")
    with pytest.raises(StoreError, match=r"share/demo\.txt"):
        conda.check([package])
    assert len(store.verify(repair=True).damaged) == 1
    assert not conda.has(package)


def test_an_archive_of_another_digest_is_refused(
    conda: CondaStore, tmp_path: Path
) -> None:
    package, _ = made(tmp_path / "a", small_package("demo", "1.0"))
    _, other = made(tmp_path / "b", small_package("demo", "2.0"))
    with pytest.raises(HashMismatchError) as caught:
        conda.add(package, other, extract)
    assert caught.value.hint
    assert not conda.has(package)


def test_what_md5_pins_stands_for_no_sha256(conda: CondaStore, tmp_path: Path) -> None:
    package, archive = made(tmp_path, small_package("demo", "1.0"))
    values = {name: getattr(package, name) for name in package.__struct_fields__}
    weak = CondaPackage(**{**values, "sha256": None})
    conda.add(weak, archive, extract)
    assert conda_key(weak) == f"md5-{package.md5}"
    assert conda.has(weak)
    assert not conda.has(package)
    wrong = CondaPackage(**{**values, "sha256": None, "md5": "0" * 32})
    with pytest.raises(HashMismatchError, match="md5"):
        conda.add(wrong, archive, extract)


def test_modules_are_compiled_once_and_removed_with_their_package(
    conda: CondaStore, store: Store, tmp_path: Path, interpreter: Interpreter
) -> None:
    modules = {"site-packages/one.py": "x = 1\n", "site-packages/bad.py": "x = (\n"}
    plain = small_package("demo", "1.0")
    entries = {path: Entry(data=text.encode()) for path, text in modules.items()}
    package, archive = made(
        tmp_path,
        type(plain)(name="demo", version="1.0", noarch="python", files=entries),
    )
    conda.add(package, archive, extract)
    assert conda.uncompiled([package], interpreter) == (package.sha256,)
    conda.compile([package], interpreter)
    assert conda.uncompiled([package], interpreter) == ()
    conda.compile([package], interpreter)
    (compiled,) = store.root.glob("bytecode-v2/*/*/files/**/*.pyc")
    assert str(store.root).encode() not in compiled.read_bytes()
    prefix = tmp_path / "env"
    site = prefix / f"lib/python{interpreter.target.python_minor}/site-packages"
    site.mkdir(parents=True)
    conda.place_bytecode([package], prefix, interpreter)
    assert [p.name.split(".")[0] for p in site.glob("__pycache__/*")] == ["one"]
    assert store.gc(everything=True).entries == 2
    with pytest.raises(StoreError, match="no entry"):
        conda.check([package])
    with pytest.raises(StoreError, match="no entry"):
        conda.compile([package], interpreter)


def test_a_key_that_is_no_digest_is_refused(conda: CondaStore) -> None:
    with pytest.raises(StoreError, match="no digest"):
        conda.has(conda_package("demo", sha256="../elsewhere"))
