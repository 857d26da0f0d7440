"""Which conda builds lie between two versions, as a channel on loopback has them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from noxlock.envs.conda import extract
from noxlock.errors import FetchError
from noxlock.index.client import IndexClient
from noxlock.model import CondaPackage, GroupName
from noxlock.search import Candidate, Change, Layer
from noxlock.store.conda import CondaStore
from noxlock.store.store import Store
from noxlock.workflows.culprit.releases import find_releases, satisfies
from noxlock.workflows.supply import Supplies
from support.conda_repodata import Served, add_package, serve_channels
from support.culprit import a_plan
from support.fetching import asking
from support.workshop import Talk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON = "python >=3.11,<3.12"


def package(what: str, channel: str = "https://c.example.org/main") -> CondaPackage:
    """Return the package `name version build subdir`, as a lock has it."""
    name, version, build, subdir = what.split()
    filename = f"{name}-{version}-{build}.conda"
    return CondaPackage(
        name=name,
        version=version,
        build=build,
        subdir=subdir,
        filename=filename,
        url=f"{channel}/{subdir}/{filename}",
        channel="main",
        categories=(GroupName("main"),),
    )


def candidate(pinned: CondaPackage) -> Candidate:
    """Return one end of a change."""
    return Candidate(version=pinned.version, identity=pinned.url, package=pinned)


@dataclass
class Channel:
    """A channel that is served, and what asks it."""

    tmp: Path
    served: Served
    talk: Talk = field(default_factory=Talk)

    def add(self, what: str, *depends: str) -> None:
        """Add a package."""
        add_package(self.tmp / "channels" / "main", what, *depends)

    def ask(
        self,
        old: str,
        new: str,
        *,
        held: tuple[str, ...] = ("python 3.11.7 h1_0 linux-64",),
        offline: bool = False,
        at: str = "",
    ) -> tuple[Candidate, ...]:
        """Return the releases between two packages, *held* being in the new lock."""
        at = at or f"{self.served.url}/main"
        supplies = Supplies(
            store=Store(self.tmp / "cache"),
            index=IndexClient(asking(), progress=self.talk),
            progress=self.talk,
            offline=offline,
            environ={"NOXLOCK_CONDA_MIRRORS": self.served.mirrors},
        )
        ends = [candidate(package(what, at)) for what in (old, new)]
        change = Change(
            name=new.partition(" ")[0], layer=Layer.CONDA, old=ends[0], new=ends[1]
        )
        plan = a_plan(conda=tuple(map(package, (*held, new))))
        return find_releases(change, plan, supplies, base=self.tmp, conda_files=())


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    """Return an empty channel, served."""
    with serve_channels(tmp_path / "channels") as served:
        yield Channel(tmp_path, served)


def builds(found: tuple[Candidate, ...]) -> list[str]:
    """Return version and build of each."""
    packages = [each.package for each in found]
    return [f"{p.version} {p.build}" for p in packages if isinstance(p, CondaPackage)]


def test_the_versions_between_come_in_their_order(channel: Channel) -> None:
    for version in ("1.0", "1.9", "1.10", "1.10.post1", "2.0rc1", "2.0", "2.1"):
        channel.add(f"demo {version} py311_0 linux-64", PYTHON, "__glibc >=2.17")
    ends = "demo 1.0 py311_0 linux-64", "demo 2.0 py311_0 linux-64"
    found = channel.ask(*ends)
    expected = ["1.9 py311_0", "1.10 py311_0", "1.10.post1 py311_0"]
    assert builds(found) == expected
    assert builds(channel.ask(*ends[::-1])) == expected[::-1]
    first = found[0].package
    assert isinstance(first, CondaPackage)
    assert first.url == f"{channel.served.url}/main/linux-64/demo-1.9-py311_0.tar.bz2"
    assert first.sha256 == found[0].identity
    assert (first.depends, first.categories) == ((PYTHON, "__glibc >=2.17"), ("main",))
    assert (found[0].requirements, found[0].provides) == ((PYTHON,), ("demo",))
    early = channel.ask("demo 1.10 py311_0 linux-64", "demo 2.0rc2 py311_0 linux-64")
    assert builds(early) == ["1.10.post1 py311_0", "2.0rc1 py311_0"]


def test_the_build_is_of_the_new_ends_kind_and_runs_on_its_python(
    channel: Channel,
) -> None:
    channel.add("demo 1.5 cpu_py311h1234567_9 linux-64", PYTHON)
    channel.add("demo 1.5 cuda118_py311h1234567_0 linux-64", PYTHON)
    channel.add("demo 1.5 cuda118_py311h7654321_1 linux-64", PYTHON)
    channel.add("demo 1.5 cuda120_py312h1234567_0 linux-64", "python >=3.12,<3.13")
    channel.add("demo 1.6 cuda120_py312h1234567_0 linux-64", "python >=3.12,<3.13")
    channel.add("demo 1.7 pyh1234567_0 noarch", "python >=3.9")
    channel.add("demo 1.8 cuda120_py311h1234567_0 linux-64", PYTHON, "lib >=2")
    channel.add("demo 1.8 cuda120_py311h7654321_1 linux-64", PYTHON, "lib <2")
    channel.add("demo 1.9 cuda120_py311h1234567_0 osx-arm64", PYTHON)
    found = channel.ask(
        "demo 1.0 cpu_py311h1234567_0 linux-64",
        "demo 2.0 cuda120_py311h1234567_0 linux-64",
        held=("python 3.11.7 h1_0 linux-64", "lib 2.1 h_0 linux-64"),
    )
    assert builds(found) == [
        "1.5 cuda118_py311h7654321_1",
        "1.7 pyh1234567_0",
        "1.8 cuda120_py311h1234567_0",
    ]


def test_what_the_channel_removed_or_has_no_sha256_of_is_left_out(
    channel: Channel,
) -> None:
    for version in ("1.4", "1.5", "1.6"):
        channel.add(f"demo {version} h_0 noarch")
    file = channel.tmp / "channels/main/noarch/repodata.json"
    listed = json.loads(file.read_text())
    del listed["packages"]["demo-1.4-h_0.tar.bz2"]["sha256"]
    listed["removed"] = ["demo-1.5-h_0.tar.bz2"]
    del listed["packages"]["demo-1.5-h_0.tar.bz2"]
    file.write_text(json.dumps(listed))
    found = channel.ask("demo 1.0 h_0 noarch", "demo 2.0 h_0 noarch")
    assert builds(found) == ["1.6 h_0"]


def test_the_channel_is_asked_at_its_mirror(channel: Channel) -> None:
    channel.add("demo 1.5 h_0 noarch")
    public = "https://conda.example.org/main"
    ends = "demo 1.0 h_0 noarch", "demo 2.0 h_0 noarch"
    (found,) = channel.ask(*ends, at=public)
    assert isinstance(found.package, CondaPackage)
    assert found.package.url == f"{public}/noarch/demo-1.5-h_0.tar.bz2"


def test_a_channel_that_is_not_there_is_an_error(channel: Channel) -> None:
    at = f"{channel.served.url}/gone"
    with pytest.raises(FetchError, match=r"builds of demo cannot be listed.*gone"):
        channel.ask("demo 1.0 h_0 noarch", "demo 2.0 h_0 noarch", at=at)


def test_a_resumed_search_asks_no_channel_and_offline_is_what_is_stored(
    channel: Channel,
) -> None:
    channel.add("demo 1.5 h_0 noarch")
    channel.add("demo 1.6 h_0 noarch")
    ends = "demo 1.0 h_0 noarch", "demo 2.0 h_0 noarch"
    assert channel.ask(*ends, offline=True) == ()
    assert "noxlock is offline" in channel.talk.warned[0]
    found = channel.ask(*ends)
    asked = len(channel.served.requests)
    assert channel.ask(*ends) == found
    assert channel.ask(*ends, offline=True) == ()
    stored = found[1].package
    assert isinstance(stored, CondaPackage)
    archive = channel.tmp / "channels/main/noarch" / stored.filename
    CondaStore(channel.tmp / "cache").add(stored, archive, extract)
    assert channel.ask(*ends, offline=True) == found[1:]
    assert len(channel.served.requests) == asked


def test_nothing_lies_between_two_builds_of_one_version(channel: Channel) -> None:
    channel.add("demo 1.5 h_0 noarch")
    assert channel.ask("demo 1.5 h_0 noarch", "demo 1.5 h_1 noarch") == ()
    assert channel.ask("demo 1.0 h_0 noarch", "demo 1.5 h_1 noarch") == ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("demo", True),
        ("demo >=1.2,<2.0a0", True),
        ("demo 1.1*|1.5*", True),
        ("demo 1.5.* *_3", True),
        ("demo 1.5 cpu_py311_3", True),
        ("other-channel::demo >=1", True),
        ("demo[build_number='>=3']", True),
        ("demo[md5='00000000000000000000000000000001']", True),
        ("demo >=2", False),
        ("demo * cuda*", False),
        ("demo[build_number='>=4']", False),
        ("demo[md5='00000000000000000000000000000002']", False),
        ("other", False),
        ("demo >=1.x.!y", True),
        ("demo[nonsense=", True),
        ("", True),
    ],
)
def test_a_match_spec_says_what_it_allows(spec: str, expected: object) -> None:
    pinned = structs.replace(
        package("demo 1.5.0 cpu_py311_3 linux-64"), md5="0" * 31 + "1"
    )
    if spec == "demo 1.5 cpu_py311_3":
        pinned = structs.replace(pinned, version="1.5")
    assert satisfies(spec, candidate(pinned)) is expected


def test_what_is_no_conda_package_and_odd_versions_forbid_nothing() -> None:
    assert satisfies("demo >=2", Candidate(version="1.0"))
    odd = candidate(structs.replace(package("demo 1 h_0 noarch"), version="!"))
    assert satisfies("demo >=2", odd)
    assert satisfies("demo >=2", replace(odd, package=None))


def test_rattler_is_imported_only_for_conda() -> None:
    code = (
        "import sys, noxlock.workflows.culprit._conda_releases as c;"
        "from noxlock.workflows.culprit import releases, _pypi_releases;"
        "sys.exit('rattler' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
