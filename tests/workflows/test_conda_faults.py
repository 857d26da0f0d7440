"""What goes wrong with conda packages: one clear error each, and nothing half made."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import (
    EnvError,
    FetchError,
    HashMismatchError,
    NoxlockError,
    PlanError,
    StoreError,
)
from noxlock.locks import parse_conda_lock
from support.conda_channel import (
    HOST,
    Channels,
    Entry,
    copy_channels,
    small_package,
    write_channel,
)
from support.conda_workshop import LOCK, record

if TYPE_CHECKING:
    from pathlib import Path

    from support.conda_workshop import CondaWorkshop

pytestmark = pytest.mark.slow

QUICK = {"PIP_RETRIES": "1"}


@pytest.fixture
def shop(conda_shop: CondaWorkshop) -> CondaWorkshop:
    return conda_shop


def nothing_half_made(shop: CondaWorkshop) -> None:
    """Check that there is no environment, and no entry that is not whole."""
    assert not (shop.wheels.root / ".nox" / "demo").exists()
    report = shop.wheels.store.verify()
    assert report.damaged == ()
    temporary = shop.wheels.store.places.temporary
    assert not temporary.exists() or list(temporary.iterdir()) == []


def refused(
    shop: CondaWorkshop, kind: type[NoxlockError], *names: str, **changes: object
) -> NoxlockError:
    """Return the error of a build that is refused; it has a hint."""
    with pytest.raises(kind) as caught:
        shop.build(*names, **{"environ": QUICK, **changes})
    assert caught.value.hint
    assert "Traceback" not in str(caught.value)
    return caught.value


def test_a_package_that_was_swapped_on_the_server_is_refused(
    shop: CondaWorkshop,
) -> None:
    other = next((shop.channel / "noarch").glob("dated-3.0-*.conda")).read_bytes()
    shop.server.options["swap"] = {"legacy-*": other}
    error = refused(shop, HashMismatchError, "legacy")
    assert "legacy 1.0" in str(error)
    assert "expected sha256" in str(error)
    nothing_half_made(shop)


def test_one_changed_byte_is_refused(shop: CondaWorkshop) -> None:
    shop.server.options["wrong_bytes"] = ("legacy-*",)
    refused(shop, HashMismatchError, "legacy")
    nothing_half_made(shop)


def test_a_swapped_package_is_refused_where_md5_pins_it(shop: CondaWorkshop) -> None:
    shop.server.options["wrong_bytes"] = ("legacy-*",)
    lock = shop.lock("legacy", digest="md5")
    options = {"allow_md5": True}
    error = refused(shop, HashMismatchError, conda=lock, environment=options)
    assert "expected md5" in str(error)
    nothing_half_made(shop)


def test_a_package_that_was_swapped_on_this_disk_is_refused(
    shop: CondaWorkshop, tmp_path: Path
) -> None:
    own = copy_channels(Channels(root=shop.channel.parent), tmp_path)
    lock = shop.lock("legacy", base=own.main.as_uri())
    other = next((own.main / "noarch").glob("dated-3.0-*.conda"))
    (own.main / "noarch" / "legacy-1.0-h_0.tar.bz2").write_bytes(other.read_bytes())
    refused(shop, HashMismatchError, conda=lock)
    nothing_half_made(shop)


def test_an_unpacked_package_that_was_altered_is_refused(shop: CondaWorkshop) -> None:
    built = shop.build("legacy")
    (stored,) = shop.wheels.store.places.root.glob("conda-v2/*/files/share/legacy.txt")
    stored.unlink()
    stored.write_text("altered\n")
    error = refused(shop, StoreError, "legacy")
    assert "share/legacy.txt" in str(error)
    assert not built.prefix.exists(), "what was half made is removed"
    shop.wheels.store.verify(repair=True)
    assert shop.build("legacy").packages


@pytest.mark.parametrize("change", ["remove", "link", "manifest"])
def test_no_alteration_of_the_store_is_linked(shop: CondaWorkshop, change: str) -> None:
    shutil.rmtree(shop.build("python").prefix)  # else nothing would be linked
    (entry,) = shop.wheels.store.places.root.glob("conda-v2/*")
    link = entry / "files" / "bin" / "python"
    if change == "remove":
        link.unlink()
    elif change == "link":
        link.unlink()
        link.symlink_to("/bin/true")
    else:
        seal = entry / "entry.json"
        seal.chmod(0o644)
        seal.write_bytes(seal.read_bytes().replace(b"bin/python", b"bin/pythOn", 1))
    error = refused(shop, StoreError, "python")
    assert "damaged" in str(error)


def test_an_archive_that_was_altered_on_its_way_in_is_fetched_anew(
    shop: CondaWorkshop,
) -> None:
    downloads = shop.wheels.store.downloads()
    (downloads / "legacy-1.0-h_0.tar.bz2").write_bytes(b"left by a killed run")
    assert shop.build("legacy").packages
    assert list(downloads.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_cannot_be_written_says_so(shop: CondaWorkshop) -> None:
    root = shop.wheels.store.places.root
    root.mkdir()
    root.chmod(0o555)
    refused(shop, NoxlockError, "legacy")


def test_a_store_in_the_way_of_a_file_says_so(shop: CondaWorkshop) -> None:
    (shop.wheels.tmp / "cache").write_text("no folder")
    with pytest.raises(NoxlockError, match=r"cannot .*cache|File exists|directory"):
        shop.build("legacy")


def test_a_server_that_stops_half_way_is_resumed(shop: CondaWorkshop) -> None:
    shop.server.options.update({"cut": ("legacy-*",), "cuts": 1})
    assert shop.build("legacy", environ=QUICK).packages
    assert shop.server.requests["/main/noarch/legacy-1.0-h_0.tar.bz2"] == 2


def test_a_server_that_always_stops_half_way_is_named(shop: CondaWorkshop) -> None:
    shop.server.options["cut"] = ("legacy-*",)
    error = refused(shop, FetchError, "legacy")
    assert re.search(r"tried \d times", str(error))
    nothing_half_made(shop)


def test_a_package_that_is_gone_is_named(shop: CondaWorkshop) -> None:
    shop.server.options["lost"] = ("legacy-*",)
    error = refused(shop, FetchError, "dated", "legacy")
    assert "legacy-1.0-h_0.tar.bz2" in str(error)
    assert "404" in str(error)
    assert "lock again" in str(error.hint)
    nothing_half_made(shop)


def test_a_server_that_is_not_there_is_named(shop: CondaWorkshop) -> None:
    lock = shop.lock("legacy", base="http://127.0.0.1:9/main")
    error = refused(shop, FetchError, conda=lock)
    assert "127.0.0.1:9" in str(error)
    nothing_half_made(shop)


def test_a_lock_for_another_platform_is_refused(shop: CondaWorkshop) -> None:
    lock = shop.lock("legacy")
    text = f"# platform: osx-arm64\n@EXPLICIT\n{lock.platforms[0].packages[0].url}#\n"
    other = parse_conda_lock("conda-osx-arm64.lock", text.rstrip("#\n").encode())
    error = refused(shop, PlanError, conda=other)
    assert "only for osx-arm64" in str(error)
    wanted = {"target": "osx-arm64"}
    error = refused(shop, PlanError, conda=other, environment=wanted)
    assert "cannot be made on" in str(error)
    assert shop.server.total == 0


def test_a_package_without_any_digest_is_refused(shop: CondaWorkshop) -> None:
    lock = shop.lock("legacy", digest="none")
    error = refused(shop, PlanError, conda=lock, environment={"allow_md5": True})
    assert "no SHA-256 digest" in str(error)
    assert shop.server.total == 0


def test_what_is_no_conda_package_is_refused_though_its_digest_fits(
    shop: CondaWorkshop, tmp_path: Path
) -> None:
    own = copy_channels(Channels(root=shop.channel.parent), tmp_path)
    archive = own.main / "noarch" / "legacy-1.0-h_0.tar.bz2"
    archive.write_bytes(b"no archive at all")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    lock = shop.lock("legacy", base=own.main.as_uri(), legacy=digest)
    error = refused(shop, StoreError, conda=lock)
    assert "not a conda package" in str(error)
    nothing_half_made(shop)


def test_a_python_that_does_not_run_leaves_nothing_behind(
    shop: CondaWorkshop,
) -> None:
    channel = shop.wheels.tmp / "mine"
    package = small_package("python", "3.11.7", at=f"{HOST}/h_0")
    script = Entry(data=b"#!/bin/sh\nexit 1\n", executable=True)
    write_channel(channel, [replace(package, files={"bin/python": script})])
    sha256 = record(channel, "python")[2]["sha256"]
    (url,) = [p.as_uri() for p in (channel / HOST).glob("*.conda")]
    text = f"# platform: {HOST}\n@EXPLICIT\n{url}#{sha256}\n"
    lock = parse_conda_lock(LOCK, text.encode())
    error = refused(shop, EnvError, conda=lock)
    assert "does not run" in str(error)
    nothing_half_made(shop)


SESSION = """
import sys
from pathlib import Path
from noxlock.locks import parse_conda_lock
from noxlock.model import Environment, ProjectInstall
from noxlock.workflows.environments import BuildRequest
from noxlock.workflows.parts import default_parts

root, file = Path(sys.argv[1]), Path(sys.argv[2])
default_parts(root).builder.build(
    BuildRequest(
        root=root, name=sys.argv[3], environment=Environment(conda=file.name),
        python="3", prefix=root / sys.argv[3], project=ProjectInstall.NONE,
        conda=parse_conda_lock(file.name, file.read_bytes()),
    )
)
"""


def test_two_installations_into_one_store_at_once_both_succeed(
    shop: CondaWorkshop,
) -> None:
    shop.server.options.update({"slow": ("*.conda",), "delay": 0.3})
    packages = shop.lock("python", "purepy", "legacy").platforms[0].packages
    rows = [f"{package.url}#{package.sha256}" for package in packages]
    root = shop.wheels.root
    file = root / LOCK
    file.write_text("\n".join([f"# platform: {HOST}", "@EXPLICIT", *rows, ""]))
    environ = {**os.environ, "NOXLOCK_CACHE_DIR": str(shop.wheels.tmp / "cache")}
    command = [sys.executable, "-c", SESSION, str(root), str(file)]
    children = [
        subprocess.Popen([*command, name], env=environ, stderr=subprocess.PIPE)
        for name in ("a", "b")
    ]
    for child in children:
        _, said = child.communicate(timeout=60)
        assert child.returncode == 0, said.decode()
    assert all((root / name / "bin" / "python").exists() for name in ("a", "b"))
    assert shop.wheels.store.verify().damaged == ()
    entries = [b.entries for b in shop.wheels.store.info().buckets if "conda" in b.name]
    assert entries == [3]
