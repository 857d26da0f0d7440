"""The `pip:` section, pinned by the real uv where there is one.

That is the executable that NOXLOCK_UV names, or the one on PATH.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import SolveError
from noxlock.locks.environment_yml import read_environments
from noxlock.locks.virtual_packages import virtual_packages
from noxlock.model import CondaPackage, GroupName, Subdir, Target
from noxlock.process import run
from noxlock.solvers._pip_section import LOCK, lock_pip_section, pins
from noxlock.solvers._uv import PipSettings, compile_pins
from support.conda_repodata import serve_channels
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.locks.conda_lock_writer import PipRow
    from noxlock.solvers._request import Run

SOURCE = """\
channels: [a]
dependencies:
  - python
  - pip:
    - app
    - numpy
"""
DEV = "category: dev\nchannels: [a]\ndependencies:\n- pip:\n  - tool >=1\n"
REPOSITORY = "pip-repositories: [https://e.example.org/simple]\n"
PUBLIC = "https://index.example.org/simple"


def conda(name: str, version: str, *depends: str) -> CondaPackage:
    """Return a conda package."""
    return CondaPackage(
        name=name,
        version=version,
        build="0",
        subdir="noarch",
        filename=f"{name}.conda",
        url=f"https://conda.example.org/ch/noarch/{name}.conda",
        channel=None,
        depends=depends,
        categories=(GroupName("main"),),
    )


CONDA = (
    conda("python", "3.11.7"),
    conda("numpy", "2.0", "python"),
    conda("odd", "2024a", "python"),
)


def settings(index: str, folder: Path, command: Path) -> PipSettings:
    """Return how uv is run."""
    return PipSettings(
        command=command,
        python=Path(sys.executable),
        cache=folder / "uv",
        environ={"PATH": os.environ["PATH"], "UV_OFFLINE": "1", "VIRTUAL_ENV": "/x"},
        public=PUBLIC,
        index=index,
    )


def lock(
    settings: PipSettings,
    run_tool: Run = run,
    source: str = SOURCE,
    platform: Subdir = Subdir.LINUX_64,
) -> dict[str, PipRow]:
    """Return the pins by name."""
    sources = [("e.yml", source.encode()), ("dev.yml", DEV.encode())]
    wanted = read_environments(sources, platform)
    virtual = virtual_packages(platform)
    rows = lock_pip_section(wanted, CONDA, virtual, settings, run_tool)
    return {row.name: row for row in rows}


def find_uv() -> Path:
    """Return the real uv, or skip the test."""
    named = os.environ.get("NOXLOCK_UV") or shutil.which("uv")
    if not named:
        pytest.skip("no uv: NOXLOCK_UV names none, nor is one on PATH")
    return Path(__file__).parents[2] / named


WHEELS = dict(
    (
        make_wheel("app", "1.0", requires=["numpy>=1", "lib>1"]),
        make_wheel("lib", "2.0", requires=['win; sys_platform == "win32"']),
        make_wheel("win", "1.0"),
        make_wheel("numpy", "3.0", requires=["heavy"]),
        make_wheel("heavy", "1.0"),
        make_wheel("tool", "1.5", requires=["lib"]),
    )
)


@contextmanager
def wheel_index(folder: Path) -> Iterator[str]:
    """Serve `WHEELS` with HEAD, which uv asks first; yield the simple page."""
    for filename, data in WHEELS.items():
        place = folder / "simple" / filename.partition("-")[0]
        place.mkdir(parents=True)
        (place / filename).write_bytes(data)
        (place / "index.html").write_text(f'<a href="{filename}">{filename}</a>')
    with serve_channels(folder) as served:
        yield f"{served.url}/simple/"


def test_uv_pins_what_conda_does_not_provide(tmp_path: Path) -> None:
    uv = find_uv()
    with wheel_index(tmp_path / "index") as index:
        rows = lock(settings(index, tmp_path, uv))
        windows = lock(settings(index, tmp_path, uv), platform=Subdir.WIN_64)
    assert list(rows) == ["app", "lib", "tool"]
    assert rows["app"].dependencies == {"lib": "*", "numpy": "*"}
    assert rows["tool"].categories == ("dev",)
    assert rows["lib"].categories == ("main",)
    filename = "lib-2.0-py3-none-any.whl"
    assert rows["lib"].url == f"{PUBLIC}/lib/{filename}"
    assert rows["lib"].sha256 == sha256(WHEELS[filename]).hexdigest()
    assert list(windows) == ["app", "lib", "tool", "win"]


def test_uv_says_why_nothing_fits(tmp_path: Path) -> None:
    uv = find_uv()
    source = SOURCE.replace("- numpy", "- numpy >=3")
    with wheel_index(tmp_path / "index") as index, pytest.raises(SolveError) as caught:
        lock(settings(index, tmp_path, uv), source=source)
    assert "the `pip:` section cannot be locked for linux-64" in caught.value.what
    assert "numpy" in caught.value.what
    assert (caught.value.file, caught.value.line) == ("e.yml", 5)


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    returncode: int
    stdout: str


class Answers:
    """Stands for uv: gives its answers, keeps how it was asked."""

    def __init__(self, *packages: str, status: int = 0) -> None:
        self.packages = packages
        self.status = status
        self.commands: list[Sequence[str]] = []
        self.env: Mapping[str, str] = {}

    def __call__(
        self, command: Sequence[str], /, *, cwd: Path, env: Mapping[str, str]
    ) -> Ended:
        """Answer one command."""
        self.commands.append(command)
        self.env = env
        assert (cwd / "conda/numpy-2.0-py3-none-any.whl").is_file()
        if command[-1] == "pylock.toml":
            text = "\n".join(("[[packages]]\n" + each) for each in self.packages)
            return Ended(self.status, f'warning\nlock-version = "1.0"\n{text}')
        return Ended(self.status, "a @ https://x  # via -r requirements.in\n")


WHEEL = (
    'name = "a"\nversion = "1"\nwheels = [{{url = "{}", hashes = {{sha256 = "ab"}}}}]'
)


def test_an_index_that_is_down_is_not_taken_for_a_conflict(tmp_path: Path) -> None:
    def down(*_command: object, **_options: object) -> Ended:
        return Ended(2, "error: Request failed after 3 retries\n  Caused by: refused")

    with pytest.raises(SolveError) as caught:
        lock(settings("https://m.example.org/simple", tmp_path, Path("uv")), down)
    assert (
        caught.value.hint == "is the index up? the settings of pip or uv name another"
    )


def test_direct_references_stay_what_they_are(tmp_path: Path) -> None:
    commit = "0" * 40
    answers = Answers(
        'name = "a"\narchive = {url = "https://x/a.whl", hashes = {sha256 = "ab"}}',
        'name = "b"\nversion = "2"\n'
        f'vcs = {{type = "git", url = "https://x/b", commit-id = "{commit}"}}',
    )
    rows = lock(settings("https://m.example.org/simple", tmp_path, Path("uv")), answers)
    assert (rows["a"].url, rows["a"].version, rows["a"].direct) == (
        "https://x/a.whl",
        "0.0.0",
        True,
    )
    assert rows["b"].url == f"git+https://x/b@{commit}"
    assert "UV_OFFLINE" not in answers.env
    assert "VIRTUAL_ENV" not in answers.env


def test_what_cannot_be_locked_is_refused(tmp_path: Path) -> None:
    tool = settings("https://m.example.org/simple", tmp_path, Path("uv"))
    with pytest.raises(SolveError, match="lies on this machine"):
        lock(tool, Answers('name = "a"\ndirectory = {path = "x"}'))
    with pytest.raises(SolveError, match="has no file with a SHA-256 digest"):
        lock(tool, Answers(WHEEL.format("https://x/a-1-cp38-cp38-win32.whl")))
    with pytest.raises(SolveError, match="exit status 3"):
        lock(tool, lambda *_, **__: Ended(3, ""))
    with pytest.raises(SolveError, match="wrote no lock: hello"):
        lock(tool, lambda *_, **__: Ended(0, "hello"))


@pytest.mark.parametrize(
    ("index", "url", "locked"),
    [
        (
            None,
            "https://u:p@files.example.org/a-1.whl",
            "https://files.example.org/a-1.whl",
        ),
        (
            "https://m.example.org/s",
            "https://m.example.org/x/a-1.whl",
            f"{PUBLIC}/a/a-1.whl",
        ),
        ("https://m.example.org/s", "https://files.example.org/a-1.whl", None),
        (f"{PUBLIC}/", "https://index.example.org/p/a-1.whl", None),
    ],
)
def test_a_lock_names_no_mirror(
    tmp_path: Path, index: str | None, url: str, locked: str | None
) -> None:
    tool = replace(settings("", tmp_path, Path("uv")), index=index)
    assert tool.public_url("a", url) == (locked or url)


@pytest.mark.parametrize(
    ("subdir", "glibc", "platform"),
    [
        (Subdir.LINUX_64, (2, 28), "x86_64-manylinux_2_28"),
        (Subdir.LINUX_64, (2, 12), "x86_64-manylinux2014"),
        (Subdir.LINUX_AARCH64, (2, 30), "aarch64-manylinux_2_28"),
        (Subdir.OSX_64, (2, 28), "x86_64-apple-darwin"),
        (Subdir.OSX_ARM64, (2, 28), "aarch64-apple-darwin"),
        (Subdir.WIN_64, (2, 28), "x86_64-pc-windows-msvc"),
        (Subdir.LINUX_PPC64LE, (2, 28), None),
    ],
)
def test_uv_is_told_the_target(
    tmp_path: Path, subdir: Subdir, glibc: tuple[int, int], platform: str | None
) -> None:
    tool = replace(
        settings("https://m.example.org/simple", tmp_path, Path("uv")),
        trusted_hosts=("m.example.org",),
        certificate="/etc/ca.pem",
        proxy="http://proxy.example.org",
        exclude_newer=datetime(2026, 1, 31, tzinfo=UTC),
    )
    wanted = read_environments([("e.yml", (SOURCE + REPOSITORY).encode())], subdir)
    target = Target(subdir=subdir, python="3.11.7", glibc=glibc)
    (tmp_path / "conda").mkdir()
    (tmp_path / "conda/numpy-2.0-py3-none-any.whl").touch()
    answers = Answers()
    if platform is None:
        with pytest.raises(SolveError, match="uv knows no platform"):
            compile_pins(tmp_path, wanted, target, tool, answers)
        return
    compile_pins(tmp_path, wanted, target, tool, answers)
    command = answers.commands[0]
    pairs = list(pairwise(command))
    assert ("--python-platform", platform) in pairs
    assert ("--index", "https://e.example.org/simple") in pairs
    assert ("--exclude-newer", "2026-01-31T00:00:00Z") in pairs
    assert ("--allow-insecure-host", "m.example.org") in pairs
    assert answers.env["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert answers.env["HTTPS_PROXY"] == "http://proxy.example.org"


def test_uv_itself_is_pinned() -> None:
    assert b'name = "uv"' in pins()[LOCK]
