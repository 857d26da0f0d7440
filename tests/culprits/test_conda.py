"""Culprits among conda packages, from channels on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.conda.archives import write_channel
from support.conda.made import small_package
from support.conda_channel import conda_channels, copy_channels
from support.conda_server import serve_channel
from support.why_locks import pins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.conda_server import ChannelServer
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow

NAMES = [f"c{number:02}" for number in range(8)]
SESSIONS = """\
locks:
  conda-lock.yml: {from: environment.yml, targets: [linux-64]}
environments:
  cpu: {conda: conda-lock.yml, PYPIproject: none}
checks:
  sum:
    environment: cpu
    run: python reference.py {outputs}
    outputs: {result.json: {}}
"""
READ = """\
for each in pathlib.Path(sys.prefix, "share").glob("c0*.txt"):
    v[each.stem] = each.read_text().split()[1]"""


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChannelServer]:
    """Serve the real channel, and one of small packages in three versions."""
    root = copy_channels(conda_channels(), tmp_path_factory.mktemp("made")).root
    versions = ("1.0", "1.5", "2.0")
    small = [small_package(name, each) for name in NAMES for each in versions]
    write_channel(root / "mine", small)
    with serve_channel(root) as server:
        yield server


def locked(project: WhyProject, channel: ChannelServer, version: str) -> None:
    """Lock the small packages at *version*."""
    wanted = "".join(f"  - {name}={version}\n" for name in NAMES)
    channels = f"[{channel.channel('mine')}, {channel.channel('main')}]"
    text = f"channels: {channels}\ndependencies:\n  - python\n{wanted}"
    (project.root / "environment.yml").write_text(text, encoding="utf-8")
    ran = project.run("nox", "-s", "lock")
    assert ran.status == 0, ran.err


def declare(project: WhyProject, pypi: str = "") -> None:
    text = SESSIONS.replace("PYPI", pypi)
    (project.root / "sessions/repro.yml").write_text(text, encoding="utf-8")


def test_a_conda_package_is_a_culprit_too(
    project: WhyProject, channel: ChannelServer
) -> None:
    declare(project)
    project.rule('float(v["c03"] >= "1.5")', READ)
    locked(project, channel, "1.0")
    project.commit("old")
    locked(project, channel, "2.0")

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.report["changed"] == 8
    (culprit,) = asked.report["culprits"]
    (package,) = culprit["packages"]
    assert (package["name"], package["layer"]) == ("c03", "conda")
    assert (package["old"], package["new"]) == ("1.0", "2.0")
    assert package["first_bad"] == "1.5"
    assert asked.report["environments"] <= 2 + 3 + 3 + 1


def test_a_wheel_on_top_of_conda_packages_and_one_of_them_interact(
    project: WhyProject, channel: ChannelServer, tmp_path: Path
) -> None:
    declare(project, "pypi: poetry.lock, ")
    project.rule('float(v["c03"] == v["p02"] == "2.0")', READ)
    project.lock(*pins(4))
    locked(project, channel, "1.0")
    project.accept()
    project.lock(*pins(4, "2.0"))
    locked(project, channel, "2.0")

    asked = project.bisect("--no-releases")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["c03", "p02"]]
    (culprit,) = asked.report["culprits"]
    assert {each["layer"] for each in culprit["packages"]} == {"conda", "pypi"}
    assert not list(tmp_path.glob("sample/.nox/why/sum/slot-*"))
