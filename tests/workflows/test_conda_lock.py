"""Lock conda packages: a real solver, a real channel on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
import yaml

from noxlock.errors import DefinitionError, SolveError
from noxlock.locks.conda_lock import parse
from noxlock.locks.conda_lock_writer import PipRow
from noxlock.report.progress import Quiet
from noxlock.solvers.rattler import CondaSettings
from noxlock.workflows.conda_lock import (
    CondaLockOutcome,
    CondaLockRequest,
    conda_staleness,
    lock_conda,
)
from support.conda_repodata import PUBLIC, add_package, serve_channels, write_channels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from noxlock.locks.environment_yml import Wanted
    from noxlock.locks.virtual_packages import VirtualPackages
    from noxlock.model import CondaPackage
    from support.conda_repodata import Served


class Talk(Quiet):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str, /) -> None:
        """Keep one line."""
        self.lines.append(message)

    def warn(self, message: str, /) -> None:
        """Keep one line."""
        self.lines.append(f"warning: {message}")


@dataclass
class Bench:
    """A project and its conda lock."""

    root: Path
    served: Served
    talk: Talk = field(default_factory=Talk)
    request: CondaLockRequest = field(init=False)

    def __post_init__(self) -> None:
        """Write the environment.yml of most tests."""
        self.request = CondaLockRequest(
            root=self.root,
            lock="conda-lock.yml",
            sources=("environment.yml",),
            targets=("linux-64", "osx-arm64"),
        )
        self.environment("python=3.11", "numpy >=2", "accel")

    @property
    def settings(self) -> CondaSettings:
        """How the channel is reached."""
        return CondaSettings(
            cache=self.root / "cache",
            environ={"NOXLOCK_CONDA_MIRRORS": self.served.mirrors},
            files=(),
            retries=0,
        )

    @property
    def path(self) -> Path:
        """The lock."""
        return self.request.path

    def environment(
        self,
        *specs: str,
        name: str = "environment.yml",
        channels: tuple[str, ...] = (f"{PUBLIC}/main",),
        head: str = "",
    ) -> None:
        """Write a source."""
        lines = [head, "channels:", *(f"- {each}" for each in channels)]
        lines += ["dependencies:", *(f"- {each}" for each in specs)]
        (self.root / name).write_text("\n".join(lines) + "\n")

    def lock(self, **changes: object) -> CondaLockOutcome:
        """Lock, the request changed first."""
        self.request = replace(self.request, **changes)  # type: ignore[arg-type]
        self.talk.lines.clear()
        return lock_conda(self.request, self.settings, self.talk)

    def files(self, platform: str) -> list[str]:
        """Return the file names that the lock has for *platform*."""
        parsed = parse("conda-lock.yml", self.path.read_bytes())
        found = next(each for each in parsed.platforms if each.name == platform)
        return [package.filename for package in found.packages]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the channels, on loopback."""
    with serve_channels(write_channels(tmp_path_factory.mktemp("channels"))) as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, served: Served) -> Bench:
    """Return a project with an environment.yml."""
    return Bench(tmp_path, served)


def test_every_target_takes_its_own_variant_and_the_public_address(
    bench: Bench,
) -> None:
    outcome = bench.lock(targets=("linux-64", "osx-arm64", "win-64"))
    assert outcome.written == ("conda-lock.yml",)
    assert not outcome.failures
    assert "accel-1.0-cpu_0.tar.bz2" in bench.files("linux-64")
    assert "accel-1.0-mps_0.tar.bz2" in bench.files("osx-arm64")
    assert "accel-1.0-win_0.tar.bz2" in bench.files("win-64")
    text = bench.path.read_text()
    assert "127.0.0.1" not in text
    assert f"url: {PUBLIC}/main/linux-64/numpy-2.1.0-py311_0.tar.bz2" in text
    assert any(
        line.startswith("  added  numpy") and "direct" in line
        for line in bench.talk.lines
    )


def test_cuda_is_asked_for_by_a_virtual_package(bench: Bench) -> None:
    bench.lock(targets=("linux-64-cuda",), virtual_packages={"__cuda": "12.4"})
    assert "accel-1.0-cuda12_1.tar.bz2" in bench.files("linux-64")
    listed = 'subdirs: {linux-64: {packages: {__cuda: "12.4"}}}'
    (bench.root / "virtual-packages.yml").write_text(listed)
    before = bench.files("linux-64")
    bench.lock(virtual_packages="virtual-packages.yml")
    assert bench.files("linux-64") == before
    with pytest.raises(DefinitionError, match="no virtual package __cuda"):
        bench.lock(virtual_packages=None)


def test_two_variants_of_one_platform_need_two_locks(bench: Bench) -> None:
    with pytest.raises(DefinitionError, match="cannot be in one lock") as caught:
        bench.lock(targets=("linux-64", "linux-64-cuda"))
    assert caught.value.hint is not None


def test_nothing_changed_touches_no_file(bench: Bench) -> None:
    bench.lock(explicit=True)
    names = ["conda-lock.yml", "conda-linux-64.lock", "conda-osx-arm64.lock"]
    before = _written(bench, names)
    outcome = bench.lock()
    assert outcome.written == ()
    assert bench.talk.lines == ["conda-lock.yml is up to date"]
    assert _written(bench, names) == before


def _written(bench: Bench, names: Sequence[str]) -> list[tuple[int, int]]:
    """Return which file each is and when it was written; reading one counts not."""
    found = [(bench.root / name).stat() for name in names]
    return [(each.st_ino, each.st_mtime_ns) for each in found]


def test_a_target_that_cannot_be_solved_keeps_its_rows(bench: Bench) -> None:
    bench.lock()
    before = bench.files("osx-arm64")
    bench.environment(
        "python=3.11", "numpy 2.0.*  # [linux]", "nosuch  # [osx]", "accel"
    )
    outcome = bench.lock()
    assert list(outcome.failures) == ["osx-arm64"]
    error = outcome.failures["osx-arm64"]
    assert "no package `nosuch` for osx-arm64" in error.what
    assert (error.file, error.line) == ("environment.yml", 7)
    assert bench.files("osx-arm64") == before
    assert "numpy-2.0.0-py311_0.tar.bz2" in bench.files("linux-64")
    assert conda_staleness(bench.request).keys() == {"osx-arm64"}
    assert "warning: conda-lock.yml: osx-arm64 is not locked" in bench.talk.lines[0]
    said = "\n".join(bench.talk.lines)
    assert "conda-lock.yml written: 1 downgraded; " in said
    row = ("downgraded", "numpy", "2.1.0", "->", "2.0.0", "main", "linux-64", "direct")
    assert tuple(bench.talk.lines[-1].split()) == row


def test_a_lock_of_failures_alone_is_not_written(bench: Bench) -> None:
    bench.environment("nosuch")
    outcome = bench.lock()
    assert outcome.failures.keys() == {"linux-64", "osx-arm64"}
    assert not bench.path.exists()


def test_a_contradiction_is_told_in_the_solvers_words(bench: Bench) -> None:
    bench.environment("needs-old", "dated >=2")
    outcome = bench.lock(targets=("linux-64",))
    what = outcome.failures["linux-64"].what
    assert "needs-old 1.0 would require" in what
    assert "the constraint dated >=2 cannot be fulfilled" in what


def test_the_first_channel_has_the_most_to_say(bench: Bench) -> None:
    channels = (f"{PUBLIC}/main", f"{PUBLIC}/extra")
    bench.environment("layered", channels=channels)
    bench.lock(targets=("linux-64",))
    assert bench.files("linux-64") == ["layered-1.0-h_0.tar.bz2"]
    bench.environment("extra::layered", channels=channels)
    bench.lock()
    assert bench.files("linux-64") == ["layered-2.0-h_0.tar.bz2"]
    bench.environment("layered >=2", channels=channels)
    error = bench.lock().failures["linux-64"]
    assert "layered 1.0" in error.what
    assert error.hint is not None
    assert "`CHANNEL::NAME`" in error.hint
    bench.environment("other::layered", channels=channels)
    error = bench.lock().failures["linux-64"]
    assert (
        error.what == "`other::layered` names the channel `other`, which is not listed"
    )


@pytest.mark.parametrize(
    ("newest", "version"),
    [
        ("2024-04-10", "1.0"),
        ("2024-04-09T00:00:00Z", None),
        ("2024-08-01T00:00:00+02:00", "2.0"),
        ("2024-12-01T00:00:00", "3.0"),
    ],
)
def test_nothing_newer_than_a_date_counts(
    bench: Bench, newest: str, version: str | None
) -> None:
    bench.environment("dated")
    outcome = bench.lock(targets=("linux-64",), exclude_newer=newest)
    if version is None:
        assert "cutoff date of 2024-04-09" in outcome.failures["linux-64"].what
    else:
        assert bench.files("linux-64") == [f"dated-{version}-h_0.tar.bz2"]


def test_what_is_not_updated_is_kept_where_it_fits(bench: Bench) -> None:
    for version in ("1.0", "2.0"):
        add_package(bench.served.folder / "main", f"under_line {version} h_0 noarch")
    bench.environment("numpy <2.1", "dated <3", "under_line <2", "pytest")
    bench.lock(targets=("linux-64",))
    bench.environment("numpy", "dated", "under_line", "pytest")

    def updated(*names: str) -> list[str]:
        lock_conda(bench.request, bench.settings, bench.talk, update=names)
        return bench.files("linux-64")

    found = updated("dated")
    assert {"dated-3.0-h_0.tar.bz2", "numpy-2.0.0-py311_0.tar.bz2"} <= set(found)
    assert "under_line-1.0-h_0.tar.bz2" in found
    assert "under_line-2.0-h_0.tar.bz2" in updated("under-line")
    # What no longer fits is not kept, though nobody named it.
    bench.environment("numpy >=2.1", "dated", "under_line", "pytest")
    assert "numpy-2.1.0-py311_0.tar.bz2" in updated("pytest")


def test_nothing_is_kept_that_priority_or_a_date_shuts_out(bench: Bench) -> None:
    extra, main = f"{PUBLIC}/extra", f"{PUBLIC}/main"
    bench.environment("layered", "dated", channels=(extra, main))
    bench.lock(targets=("linux-64",))
    assert "layered-2.0-h_0.tar.bz2" in bench.files("linux-64")
    bench.environment("layered", "dated", channels=(main, extra))

    dated = replace(bench.request, exclude_newer="2024-08-01")
    lock_conda(dated, bench.settings, bench.talk, update=("python",))

    assert bench.files("linux-64") == [
        "dated-2.0-h_0.tar.bz2",
        "layered-1.0-h_0.tar.bz2",
    ]


def test_an_unreachable_channel_is_one_line_and_keeps_the_lock(bench: Bench) -> None:
    bench.lock(targets=("linux-64",))
    before = bench.path.read_bytes()
    for url, what in (
        ("http://127.0.0.1:1/gone", "the conda channel `{}` cannot be reached"),
        (f"{bench.served.url}/nosuch", "there is no conda channel `{}`"),
    ):
        bench.environment("numpy", channels=(url,))
        error = bench.lock().failures["linux-64"]
        assert error.what.startswith(what.format(url))
        assert "\n" not in error.what
        assert bench.path.read_bytes() == before


def test_a_cache_that_cannot_be_written_is_not_an_unreachable_channel(
    bench: Bench,
) -> None:
    folder = bench.settings.cache / "conda-repodata"
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write anywhere")
    with pytest.raises(SolveError, match=r"cannot write to .*conda-repodata"):
        bench.lock()


def test_categories_say_which_source_wants_a_package(bench: Bench) -> None:
    bench.environment("pytest", name="dev.yml", head="category: dev")
    bench.lock(sources=("environment.yml", "dev.yml"), targets=("linux-64",))
    lock = parse("conda-lock.yml", bench.path.read_bytes())
    assert lock.sources == ("environment.yml", "dev.yml")
    by_name = {p.name: p.categories for p in lock.platforms[0].packages}
    assert by_name["pluggy"] == by_name["pytest"] == ("dev",)
    assert by_name["python"] == ("main",)


def test_staleness_needs_no_solve(bench: Bench) -> None:
    assert set(conda_staleness(bench.request).values()) == {"there is no such lock"}
    bench.lock(targets=("linux-64",))
    bench.served.requests.clear()
    assert conda_staleness(bench.request) == {}
    more = replace(bench.request, targets=("linux-64", "win-64"))
    assert conda_staleness(more) == {"win-64": "it is not in the lock"}
    explicit = replace(bench.request, explicit=True)
    assert conda_staleness(explicit) == {"linux-64": "there is no conda-linux-64.lock"}
    bench.lock(explicit=True)
    bench.environment("python=3.11")
    assert "changed since" in conda_staleness(bench.request)["linux-64"]
    bench.lock(explicit=False)
    stale = "conda-linux-64.lock is older than the lock"
    assert conda_staleness(explicit) == {"linux-64": stale}


def test_a_damaged_lock_is_made_anew(bench: Bench) -> None:
    bench.path.write_text("nonsense")
    outcome = bench.lock()
    assert outcome.written == ("conda-lock.yml",)
    expected = "warning: conda-lock.yml: not a conda-lock.yml; it is made anew"
    assert bench.talk.lines[0] == expected


def test_targets_are_those_that_the_sources_list(bench: Bench) -> None:
    with pytest.raises(DefinitionError, match="no target"):
        bench.lock(targets=())
    bench.environment("numpy", head="platforms: [win-64, linux-64]")
    bench.lock()
    assert yaml.safe_load(bench.path.read_text())["metadata"]["platforms"] == [
        "linux-64",
        "win-64",
    ]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"targets": ("linux-46",)}, "unknown target"),
        ({"exclude_newer": "soon"}, "`soon` is no date"),
        ({"sources": ("none.yml",)}, "there is no such file"),
        ({"virtual_packages": "none.yml"}, "there is no such file"),
        ({"virtual_packages": {"cuda": "12"}}, "is no virtual package"),
    ],
)
def test_a_bad_definition_is_refused(
    bench: Bench, changes: dict[str, object], what: str
) -> None:
    with pytest.raises((DefinitionError, SolveError), match=what):
        bench.lock(**changes)


def test_a_package_without_md5_is_refused(bench: Bench, tmp_path: Path) -> None:
    channel = tmp_path / "weak"
    add_package(channel, "weak 1.0 h_0 noarch")
    listed = channel / "noarch/repodata.json"
    listed.write_text(listed.read_text().replace('"md5"', '"was_md5"'))
    bench.environment("weak", channels=(channel.as_uri(),))
    error = bench.lock(targets=("linux-64",)).failures["linux-64"]
    assert error.what == "weak-1.0-h_0.tar.bz2 has no MD5 digest in its channel"


class Pins:
    """Stands for uv: says what it was asked, and pins it."""

    def __init__(
        self, url: str = "https://files.example.org/x/foo-1.0-py3-none-any.whl"
    ) -> None:
        self.url = url
        self.conda: set[str] = set()

    def __call__(
        self,
        wanted: Wanted,
        packages: tuple[CondaPackage, ...],
        virtual: VirtualPackages,
        newest: datetime | None,
        /,
    ) -> tuple[PipRow, ...]:
        """Return one pin for each requirement."""
        assert virtual.packages
        assert newest is None
        self.conda = {package.name for package in packages}
        return tuple(
            PipRow(name=spec.name, version="1.0", url=self.url, sha256="0" * 64)
            for spec in wanted.pip
        )


def test_the_pip_section_is_pinned_for_each_target(bench: Bench) -> None:
    bench.environment("python=3.11", "pip:\n  - foo  # [linux]")
    pins = Pins()
    bench.request = replace(bench.request, explicit=True)
    lock_conda(bench.request, bench.settings, bench.talk, lock_pip=pins)
    assert pins.conda == {"python", "pip"}
    lock = parse("conda-lock.yml", bench.path.read_bytes())
    assert [(p.name, [x.name for x in p.pypi]) for p in lock.platforms] == [
        ("linux-64", ["foo"]),
        ("osx-arm64", []),
    ]
    explicit = (bench.root / "conda-linux-64.lock").read_text()
    assert f"# pip foo @ {pins.url}#sha256={'0' * 64}" in explicit
    before = bench.path.read_bytes()
    other = Pins("https://mirror.example.org/foo-1.0-py3-none-any.whl")
    lock_conda(bench.request, bench.settings, bench.talk, lock_pip=other)
    assert bench.path.read_bytes() == before


def test_a_pip_section_that_cannot_be_pinned_fails_its_target(bench: Bench) -> None:
    bench.environment("python=3.11", "pip:\n  - foo  # [linux]")
    outcome = bench.lock()
    assert outcome.failures.keys() == {"linux-64"}
    bench.environment("accel", "pip:\n  - foo")
    (bench.served.folder / "x").mkdir(exist_ok=True)
    bench.lock()
    assert bench.talk.lines


def test_what_is_editable_is_said_to_be_left_out(bench: Bench) -> None:
    bench.environment("python=3.11", "pip:\n  - -e .", "numpy # [py39]")
    bench.lock(targets=("linux-64",))
    said = [line for line in bench.talk.lines if line.startswith("warning")]
    assert "is editable, and is not locked" in said[1]
    assert "`# [py39]` holds on no platform" in said[0]


SHORT = """
import sys
from pathlib import Path
from noxlock.report.progress import Quiet
from noxlock.solvers.rattler import CondaSettings
from noxlock.workflows.conda_lock import CondaLockRequest, lock_conda
root, mirrors = Path(sys.argv[1]), sys.argv[2]
lock_conda(
    CondaLockRequest(root=root, lock="conda-lock.yml", sources=("environment.yml",),
                     targets=("linux-64",)),
    CondaSettings(cache=root / "cache", files=(),
                  environ={"NOXLOCK_CONDA_MIRRORS": mirrors}),
    Quiet(),
)
"""


def test_a_short_process_ends_well(bench: Bench) -> None:
    command = [sys.executable, "-c", SHORT, str(bench.root), bench.served.mirrors]
    for _ in range(3):
        assert subprocess.run(command, check=False).returncode == 0


def test_the_solver_is_imported_only_when_it_solves() -> None:
    code = (
        "import sys, noxlock.workflows.conda_lock; sys.exit('rattler' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
