"""A conda environment that is there already is made again out of itself."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING, TypeAlias

import pytest

from noxlock.errors import StoreError
from noxlock.store import _crew
from support.workshop import ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from noxlock.workflows.environments import BuiltEnvironment
    from support.conda_workshop import CondaWorkshop

    Alter: TypeAlias = Callable[[Path], object]
    Seen: TypeAlias = dict[str, tuple[object, ...]]

pytestmark = pytest.mark.slow

NAMES = ("python", "purepy", "relocated")


@pytest.fixture(name="shop")
def _shop(conda_shop: CondaWorkshop) -> CondaWorkshop:
    conda_shop.wheels.add_wheel(
        "ontop==1.0", entry_points={"console_scripts": {"ontop": "ontop:main"}}
    )
    return conda_shop


@pytest.fixture(params=[1, 2], name="processes")
def _processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_crew, "processors", lambda: int(request.param))
    monkeypatch.setattr(_crew, "_WORTH", 1.0)
    return int(request.param)


def build(shop: CondaWorkshop, **changes: object) -> BuiltEnvironment:
    return shop.build(*NAMES, lock=True, **changes)


def seen(prefix: Path) -> Seen:
    """Return of all that is there kind, mode, time and content; records by name only.

    rattler writes into them when they were made.
    """
    found: Seen = {}
    for path in sorted(prefix.rglob("*")):
        status, key = path.lstat(), str(path.relative_to(prefix))
        if key == ".noxlock.json" or key.startswith(("conda-meta/", "tmp/")):
            found[key] = ()
        elif stat.S_ISDIR(status.st_mode):
            found[key] = ("folder", status.st_mode)
        elif stat.S_ISLNK(status.st_mode):
            found[key] = ("link", str(path.readlink()))
        else:
            found[key] = (status.st_mode, path.read_bytes())
    return found


def times(prefix: Path) -> dict[str, tuple[int, int]]:
    """Return inode and ctime of each file: one that was linked anew has another."""
    return {
        str(path.relative_to(prefix)): (status.st_ino, status.st_ctime_ns)
        for path in sorted(prefix.rglob("*"))
        if not stat.S_ISDIR((status := path.lstat()).st_mode)
        and path.name != ".noxlock.json"
    }


def site(prefix: Path) -> Path:
    (found,) = prefix.glob("lib/python3.*/site-packages")
    return found


def _rewrite(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data + b"#")


def _same_text(path: Path) -> None:
    data, mode = path.read_bytes(), path.stat().st_mode
    path.unlink()
    path.write_bytes(data)
    path.chmod(mode | 0o222)


def _elsewhere(path: Path) -> None:
    """Have a link to a folder that is no part of the environment."""
    path.symlink_to(path.rename(path.parents[1] / "elsewhere"))


FOREIGN: dict[str, Alter] = {
    "nothing": lambda prefix: prefix,
    "a file": lambda prefix: (prefix / "new").write_text("x"),
    "a record": lambda prefix: (prefix / "conda-meta/x-1-0.json").write_text("{}"),
    "a module": lambda prefix: (site(prefix) / "added.py").write_text("x"),
    "bytecode": lambda prefix: (site(prefix) / "__pycache__").mkdir(exist_ok=True),
    "nox's own folder": lambda prefix: (prefix / "tmp").mkdir(),
    "a folder of folders": lambda prefix: (prefix / "lib/a/b/c").mkdir(parents=True),
    "a link": lambda prefix: (prefix / "bin/link").symlink_to("/bin/true"),
    "a mode of a folder": lambda prefix: (prefix / "share").chmod(0o700),
}
"""What goes, while all else stays as it is."""
LINKED: dict[str, Alter] = {
    "gone": lambda prefix: (site(prefix) / "purepy/__init__.py").unlink(),
    "another": lambda prefix: _rewrite(site(prefix) / "purepy/__init__.py"),
    "a copy": lambda prefix: _same_text(site(prefix) / "purepy/__init__.py"),
    "a wheel's": lambda prefix: _rewrite(site(prefix) / "ontop/__init__.py"),
    "a folder": lambda prefix: shutil.rmtree(site(prefix) / "purepy/templates"),
}
"""What is linked anew."""
OWN: dict[str, Alter] = {
    "text that rattler wrote": lambda prefix: _rewrite(prefix / "share/prefix.txt"),
    "its mode": lambda prefix: (prefix / "share/prefix.txt").chmod(0o600),
    "a script of a wheel": lambda prefix: (prefix / "bin/ontop").unlink(),
    "its mode, too": lambda prefix: (prefix / "bin/ontop").chmod(0o644),
    "a folder that is a link": lambda prefix: _elsewhere(prefix / "share"),
    "records": lambda prefix: shutil.rmtree(prefix / "conda-meta"),
}
"""What only an installation can make again."""


def test_what_is_right_stays_as_it_is(shop: CondaWorkshop, processes: int) -> None:
    del processes
    first = build(shop)
    before = times(first.prefix)
    receipt = (first.prefix / ".noxlock.json").read_bytes()
    shop.wheels.talk.said.clear()
    second = build(shop)
    assert times(second.prefix) == before
    assert (second.prefix / ".noxlock.json").read_bytes() == receipt
    assert (second.reused, second.reason) == (False, "a fresh one was asked for")
    assert second.packages == first.packages
    assert second.activation == first.activation
    assert shop.wheels.talk.said[-1].startswith(
        "demo: 3 conda packages, 1 package on top, made in "
    )
    assert ask(second, "__import__('ontop').__version__") == "1.0"
    assert build(shop, reuse=True).reused


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_foreign_goes(shop: CondaWorkshop, processes: int, name: str) -> None:
    del processes
    prefix = build(shop).prefix
    expected, before = seen(prefix), times(prefix)
    FOREIGN[name](prefix)
    build(shop)
    assert (seen(prefix), times(prefix)) == (expected, before)
    assert not [
        p for p in prefix.parent.iterdir() if "removed" in p.name and p.exists()
    ]


@pytest.mark.parametrize("name", LINKED)
def test_what_was_linked_is_linked_again(
    shop: CondaWorkshop, processes: int, name: str
) -> None:
    del processes
    prefix = build(shop).prefix
    expected, text = seen(prefix), (prefix / "share/prefix.txt").stat().st_ino
    LINKED[name](prefix)
    build(shop)
    assert seen(prefix) == expected
    assert (prefix / "share/prefix.txt").stat().st_ino == text
    assert build(shop, reuse=True).reused


@pytest.mark.parametrize("name", OWN)
def test_what_cannot_be_had_again_has_it_made_anew(
    shop: CondaWorkshop, processes: int, name: str
) -> None:
    del processes
    prefix = build(shop).prefix
    expected, text = seen(prefix), (prefix / "share/prefix.txt").stat().st_ctime_ns
    OWN[name](prefix)
    elsewhere = prefix.with_name("elsewhere")
    others = seen(elsewhere)
    build(shop)
    assert seen(elsewhere) == others
    assert seen(prefix) == expected
    assert (prefix / "share/prefix.txt").stat().st_ctime_ns != text
    assert build(shop, reuse=True).reused


def test_a_file_of_the_store_that_was_edited_through_a_link_is_found(
    shop: CondaWorkshop,
) -> None:
    prefix = build(shop).prefix
    file = site(prefix) / "purepy/__init__.py"
    file.chmod(0o644)
    with file.open("ab") as stream:
        stream.write(b"#")
    with pytest.raises(StoreError, match="purepy"):
        build(shop)
    assert not prefix.exists()


def test_another_plan_is_made_anew(shop: CondaWorkshop) -> None:
    prefix = build(shop).prefix
    before = (prefix / "share/prefix.txt").stat().st_ctime_ns
    shop.wheels.add_wheel("more==1.0")
    built = build(shop)
    assert (prefix / "share/prefix.txt").stat().st_ctime_ns != before
    assert [p.name for p in built.packages][-2:] == ["more", "ontop"]
    before = (prefix / "share/prefix.txt").stat().st_ctime_ns
    build(shop)
    assert (prefix / "share/prefix.txt").stat().st_ctime_ns == before


def test_a_store_that_lost_a_package_gets_it_back(shop: CondaWorkshop) -> None:
    prefix = build(shop).prefix
    expected = seen(prefix)
    assert shop.wheels.store.gc(everything=True).entries
    build(shop)
    assert seen(prefix) == expected


def test_copies_are_made_anew(shop: CondaWorkshop) -> None:
    environ = {"NOXLOCK_LINK_MODE": "copy"}
    prefix = build(shop, environ=environ).prefix
    before = (prefix / "share/prefix.txt").stat().st_ino
    (prefix / "new").write_text("x")
    held = os.open(prefix / "share/prefix.txt", os.O_RDONLY)  # or its inode comes back
    try:
        build(shop, environ=environ)
        assert (prefix / "share/prefix.txt").stat().st_ino != before
    finally:
        os.close(held)
    assert not (prefix / "new").exists()


def test_what_a_killed_run_left_is_gone_through(shop: CondaWorkshop) -> None:
    prefix = build(shop).prefix
    before = times(prefix)
    (prefix / ".noxlock.json").unlink()
    (prefix / "left").write_text("")
    built = build(shop, reuse=True)
    assert built.reason == "the last build did not finish"
    assert times(prefix) == before
