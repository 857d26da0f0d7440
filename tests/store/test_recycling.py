"""What an older environment left comes out as if it had not been there."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noxlock.envs import make_venv, take_over, venv_site_packages
from noxlock.errors import StoreError
from noxlock.store import LinkedWheel, Recycled, _crew
from noxlock.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from noxlock.model import Interpreter, Sha256
    from support.stores import Put

    Alter: TypeAlias = Callable[[Path], object]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is recycled there")

FILES: dict[str, str | bytes] = {
    "alpha/__init__.py": "",
    "alpha/one.py": "one = 1\n",
    "alpha/deep/er/two.py": "two = 2\n",
    "alpha/data.bin": b"\0" * 300_000,
    "single.py": "single = 1\n",
}
SCRIPTS = {"console_scripts": {"alpha": "alpha:main"}}
OUTSIDE = "outside.txt"


@pytest.fixture(params=["hardlink", "copy"], name="store")
def _store(tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    return Store(tmp_path / "store", environ={"NOXLOCK_LINK_MODE": request.param})


@pytest.fixture(params=[1, 2], name="processes")
def _processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_crew, "processors", lambda: int(request.param))
    monkeypatch.setattr(_crew, "_WORTH", 1.0)
    return int(request.param)


class Yard:
    """Makes environments, new ones and in the place of older ones."""

    def __init__(self, tmp: Path, store: Store, interpreter: Interpreter) -> None:
        self.tmp, self.store, self.interpreter = tmp, store, interpreter
        self.numbers = count()

    def make(self, *wheels: Sha256, old: Path | None = None) -> Path:
        """Make an environment, where *old* is given out of what is left of it."""
        prefix = self.tmp / f"env-{next(self.numbers)}"
        make_venv(prefix, self.interpreter)
        recycled = None
        if old is not None:
            inside = self.site(prefix).relative_to(prefix)
            assert take_over(old, prefix, inside)
            mode = stat.S_IMODE(prefix.stat().st_mode)
            recycled = Recycled(inside=inside.as_posix(), aside=old, mode=mode)
        linked = [LinkedWheel(sha256=sha256) for sha256 in wheels]
        self.store.link(linked, prefix, self.interpreter, recycled=recycled)
        return prefix

    def site(self, prefix: Path) -> Path:
        """Return where the modules of *prefix* are."""
        return venv_site_packages(prefix, self.interpreter)

    def require_untouched(self) -> None:
        """Check that what links led to is as it was."""
        assert (self.tmp / OUTSIDE).read_text() == "outside"
        elsewhere = self.tmp / "elsewhere"
        if elsewhere.exists():
            assert [path.name for path in elsewhere.iterdir()] == ["two.py"]

    def seen(self, prefix: Path) -> dict[str, tuple[object, ...]]:
        """Return of all its modules kind, mode and content, or the inode."""
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(self.site(prefix).rglob("*")):
            status = path.lstat()
            key = str(path.relative_to(prefix))
            if stat.S_ISDIR(status.st_mode):
                found[key] = ("folder", stat.S_IMODE(status.st_mode))
            elif status.st_nlink > 1:
                found[key] = ("link of the store", status.st_ino)
            else:
                data = path.read_bytes() if path.is_file() else b""
                if path.name == "RECORD":
                    # A script names the prefix: its digest is another in each.
                    lines = data.splitlines()
                    data = b"\n".join(line for line in lines if b"/bin/" not in line)
                time = 0 if path.name in {"RECORD", "INSTALLER"} else status.st_mtime
                found[key] = (stat.S_IFMT(status.st_mode), status.st_mode, data, time)
        return found


@pytest.fixture(name="yard")
def _yard(tmp_path: Path, store: Store, interpreter: Interpreter) -> Yard:
    (tmp_path / OUTSIDE).write_text("outside")
    return Yard(tmp_path, store, interpreter)


def _read(path: Path) -> bytes:
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(path)
    return path.read_bytes()


def _rewrite(path: Path) -> None:
    data = _read(path)
    path.unlink()
    path.write_bytes(data[:-1] + b"#" if data else b"#")


def _same_text(path: Path) -> None:
    data = _read(path)
    path.unlink()
    path.write_bytes(data)
    path.chmod(0o600)


def _into_a_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("x")


def _into_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _into_a_folder(path: Path) -> None:
    path.unlink()
    (path / "more").mkdir(parents=True)
    (path / "more" / "file").write_text("x")


def _into_a_link(path: Path) -> None:
    """Have a link to a file, or a folder, that is no part of the environment."""
    outside = path
    while not (outside / OUTSIDE).exists():
        outside = outside.parent
    target = outside / (OUTSIDE if path.is_file() else "elsewhere")
    if path.is_dir():
        target.mkdir(exist_ok=True)
        (target / "two.py").write_text("not ours")
        shutil.rmtree(path)
    else:
        path.unlink()
    path.symlink_to(target)


ALTERATIONS: dict[str, Alter] = {
    "a file is added": lambda site: (site / "alpha/new.py").write_text("x"),
    "a package is added": lambda site: _into_a_folder_of(site / "other"),
    "bytecode is added": lambda site: (site / "alpha/__pycache__/x.pyc").write_text(""),
    "a file is gone": lambda site: (site / "alpha/one.py").unlink(),
    "a folder is gone": lambda site: shutil.rmtree(site / "alpha/deep"),
    "another text": lambda site: _rewrite(site / "alpha/one.py"),
    "another text of a large file": lambda site: _rewrite(site / "alpha/data.bin"),
    "another file of the same text": lambda site: _same_text(site / "single.py"),
    "a folder for a file": lambda site: _into_a_folder(site / "alpha/one.py"),
    "a file for a folder": lambda site: _into_a_file(site / "alpha/deep"),
    "a link for a file": lambda site: _into_a_link(site / "alpha/one.py"),
    "a link for a folder": lambda site: _into_a_link(site / "alpha/deep/er"),
    "a link that leads nowhere": lambda site: (site / "alpha/l").symlink_to("nowhere"),
    "a pipe": lambda site: os.mkfifo(site / "alpha/pipe"),
    "a pipe for a file": lambda site: _into_a_pipe(site / "single.py"),
    "another mode of a folder": lambda site: (site / "alpha/deep").chmod(0o500),
    "a closed folder": lambda site: (site / "alpha/deep/er").chmod(0),
    "RECORD is gone": lambda site: (site / "alpha-1.0.dist-info/RECORD").unlink(),
    "RECORD is a folder": lambda site: _into_a_folder(
        site / "alpha-1.0.dist-info/RECORD"
    ),
    "a package's record is added": lambda site: (site / "b-1.dist-info").mkdir(),
}


def _into_a_folder_of(path: Path) -> None:
    (path / "a/b/__pycache__").mkdir(parents=True)
    (path / "a/b/__pycache__/c.pyc").write_text("")


def _tolerant(alter: Alter) -> Alter:
    """Of several alterations one may have taken away what another wants to alter."""

    def altered(site: Path) -> None:
        with suppress(OSError):
            alter(site)

    return altered


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_alteration_does_not_outlive_the_next_environment(
    yard: Yard, put: Put, processes: int, name: str
) -> None:
    del processes
    alpha = put("alpha", FILES, entry_points=SCRIPTS)
    yard.store.compile([alpha], yard.interpreter)
    expected = yard.seen(yard.make(alpha))
    old = yard.make(alpha)
    ALTERATIONS[name](yard.site(old))
    assert yard.seen(yard.make(alpha, old=old)) == expected
    yard.require_untouched()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(st.sampled_from(sorted(ALTERATIONS)), min_size=2, max_size=6))
def test_nor_do_several(yard: Yard, put: Put, names: list[str]) -> None:
    alpha = put("alpha", FILES, entry_points=SCRIPTS)
    yard.store.compile([alpha], yard.interpreter)
    expected = yard.seen(yard.make(alpha))
    old = yard.make(alpha)
    for name in names:
        _tolerant(ALTERATIONS[name])(yard.site(old))
    assert yard.seen(yard.make(alpha, old=old)) == expected
    yard.require_untouched()


def test_other_wheels_take_the_place_of_the_old_ones(
    yard: Yard, put: Put, processes: int
) -> None:
    del processes
    alpha = put("alpha", FILES, entry_points=SCRIPTS)
    beta = put("beta", {"beta.py": "", "alpha/one.py": "one = 'of beta'\n"})
    gamma = put("gamma", {"gamma/__init__.py": "", "gamma/deep/x.py": ""})
    for before, after in (
        ([alpha], [alpha, gamma]),
        ([alpha, gamma], [alpha]),
        ([alpha], [alpha, beta]),
        ([alpha, beta], [alpha]),
        ([beta, gamma], [alpha]),
    ):
        yard.store.compile([*before, *after], yard.interpreter)
        expected = yard.seen(yard.make(*after))
        assert yard.seen(yard.make(*after, old=yard.make(*before))) == expected


def test_what_is_right_stays_as_it_is(yard: Yard, put: Put) -> None:
    alpha = put("alpha", FILES)
    old = yard.make(alpha)
    before = {p.name: p.stat() for p in yard.site(old).rglob("alpha/**/*")}
    new = yard.make(alpha, old=old)
    after = {p.name: p.stat() for p in yard.site(new).rglob("alpha/**/*")}
    assert before
    for name, status in before.items():
        assert after[name].st_ino == status.st_ino
        # No link was made, and none was taken away: that would be another ctime.
        assert after[name].st_ctime_ns == status.st_ctime_ns


def test_an_edit_that_reached_the_store_is_found(yard: Yard, put: Put) -> None:
    alpha = put("alpha", FILES)
    old = yard.make(alpha)
    file = yard.site(old) / "alpha/one.py"
    shared = file.stat().st_nlink > 1
    file.chmod(0o644)
    file.write_text("one = 2\n")
    if shared:
        with pytest.raises(StoreError, match=r"one\.py"):
            yard.make(alpha, old=old)
    else:
        new = yard.make(alpha, old=old)
        assert (yard.site(new) / "alpha/one.py").read_text() == "one = 1\n"


def test_files_of_a_removed_store_are_linked_anew(yard: Yard, put: Put) -> None:
    alpha = put("alpha", FILES)
    old = yard.make(alpha)
    shutil.rmtree(yard.store.root)
    assert put("alpha", FILES) == alpha
    assert yard.seen(yard.make(alpha, old=old)) == yard.seen(yard.make(alpha))


def test_only_folders_of_ones_own_are_taken_over(yard: Yard, put: Put) -> None:
    alpha = put("alpha", FILES)
    inside = yard.site(yard.tmp).relative_to(yard.tmp)

    linked, fresh = yard.make(alpha), yard.make()
    (linked / "lib").rename(yard.tmp / "lib")
    (linked / "lib").symlink_to(yard.tmp / "lib")
    assert not take_over(linked, fresh, inside)
    assert (yard.tmp / "lib").is_dir()

    conda = yard.make(alpha)
    (conda / "conda-meta").mkdir()
    assert not take_over(conda, fresh, inside)

    assert not take_over(yard.tmp / "absent", fresh, inside)
    full = yard.make(alpha)
    assert not take_over(yard.make(alpha), full, inside)
    assert (yard.site(full) / "single.py").is_file()


def test_another_way_of_linking_is_heeded(yard: Yard, put: Put) -> None:
    alpha = put("alpha", FILES)
    made = yard.make(alpha)
    was_shared = (yard.site(made) / "single.py").stat().st_nlink > 1
    other = "copy" if was_shared else "hardlink"
    yard.store = Store(yard.store.root, environ={"NOXLOCK_LINK_MODE": other})
    expected = yard.seen(yard.make(alpha))
    new = yard.make(alpha, old=made)
    assert yard.seen(new) == expected
    assert ((yard.site(new) / "single.py").stat().st_nlink > 1) is not was_shared


def test_a_quick_check_looks_at_sizes_and_times(yard: Yard, put: Put) -> None:
    alpha = put("alpha", FILES)
    environ = {"NOXLOCK_VERIFY": "quick"}
    yard.store = Store(yard.store.root, environ=environ)
    expected = yard.seen(yard.make(alpha))
    old = yard.make(alpha)
    (yard.site(old) / "more.py").write_text("")
    _rewrite(yard.site(old) / "alpha/one.py")
    assert yard.seen(yard.make(alpha, old=old)) == expected
