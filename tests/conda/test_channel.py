"""The channel that other tests rely on is real, and always the same."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import pytest
import rattler
from rattler.exceptions import SolverError

from support.conda_channel import (
    CACHE_VARIABLE,
    HOST,
    SUBDIRS,
    Channels,
    build_channels,
    conda_channels,
    copy_channels,
    edit_record,
    small_package,
    write_channel,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

pytestmark = pytest.mark.slow

Result = TypeVar("Result")
ENVIRON = {"PATH": "/usr/bin:/bin", "PYTHONNOUSERSITE": "1"}
VIRTUAL = {"osx-arm64": "__osx=11.0", "win-64": "__win=10"}
WANTED = ["python", "numpy", "pytest", "relocated", "purepy", "accel", "legacy"]
LOOK = """
import json, sys, ssl, sqlite3, ctypes, lzma, sysconfig, numpy, pytest
print(json.dumps({
    "prefixes": [sys.prefix, sys.base_prefix, sysconfig.get_config_var("prefix")],
    "path": sys.path,
    "maps": open("/proc/self/maps").read(),
    "sum": float(numpy.linalg.inv(numpy.eye(3)).sum()),
}))
"""


@pytest.fixture(scope="module")
def channels() -> Channels:
    return conda_channels()


@pytest.fixture(scope="module")
def prefix(channels: Channels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conda")
    prefix = folder / "prefix"
    records = solve(channels, *WANTED)
    install(records, prefix, folder / "packages")
    return prefix


def install(
    records: list[rattler.RepoDataRecord],
    prefix: Path,
    cache: Path,
    platform: str = HOST,
) -> None:
    task = rattler.install(
        records,
        prefix,
        cache_dir=cache,
        platform=rattler.Subdir(platform),
        show_progress=False,
    )
    finish(task)


def solve(
    channels: Channels, *specs: str, platform: str = HOST, cuda: bool = False
) -> list[rattler.RepoDataRecord]:
    virtual = [
        VIRTUAL.get(platform, "__glibc=2.28"),
        *(["__cuda=12.4"] if cuda else []),
    ]

    async def run(cache: Path) -> list[rattler.RepoDataRecord]:
        return await rattler.solve(
            [channels.main.as_uri(), channels.extra.as_uri()],
            specs,
            gateway=rattler.Gateway(cache_dir=cache),
            platforms=[rattler.Subdir(platform), rattler.Subdir("noarch")],
            virtual_packages=[virtual_package(text) for text in virtual],
        )

    with TemporaryDirectory() as cache:
        return finish(run(Path(cache)))


def virtual_package(text: str) -> rattler.GenericVirtualPackage:
    name, _, version = text.partition("=")
    return rattler.GenericVirtualPackage(
        rattler.PackageName(name), rattler.Version(version), rattler.BuildString("0")
    )


def finish(task: Coroutine[None, None, Result]) -> Result:
    async def run() -> Result:
        try:
            return await task
        finally:
            await asyncio.sleep(0.05)  # PyO3/pyo3-async-runtimes#40

    return asyncio.run(run())


def builds(records: list[rattler.RepoDataRecord]) -> set[str]:
    return {it.file_name.rsplit(".", 1)[0] for it in records}


def digests(root: Path) -> dict[str, bytes]:
    files = [it for it in root.rglob("*") if it.is_file()]
    return {it.relative_to(root).as_posix(): it.read_bytes() for it in files}


def output(*command: object) -> str:
    done = subprocess.run(
        [*map(str, command)], env=ENVIRON, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_python_numpy_and_pytest_run_without_the_prefix_they_come_from(
    prefix: Path,
) -> None:
    seen = json.loads(output(prefix / "bin/python", "-c", LOOK))
    assert seen["prefixes"] == [str(prefix)] * 3
    assert seen["sum"] == 3
    source = str(sys.base_prefix)
    assert source not in seen["maps"]
    assert source not in "".join(seen["path"])
    assert "pytest" in output(prefix / "bin/pytest", "--version")


def test_python_brings_its_bytecode_but_noarch_packages_do_not(prefix: Path) -> None:
    code = "import json, subprocess, asyncio, numpy, logging, sys; print(sys.version)"
    before = Counter(it.parent for it in prefix.rglob("*.pyc"))
    output(prefix / "bin/python", "-c", code)
    assert Counter(it.parent for it in prefix.rglob("*.pyc")) == before
    assert before
    (folder,) = prefix.glob("lib/python3*/site-packages/purepy")
    assert not (folder / "__pycache__").exists()
    assert output(prefix / "bin/purepy-run") == "purepy runs\n"
    assert (folder / "__pycache__").exists()


def test_placeholders_become_the_prefix_and_scripts_are_there(prefix: Path) -> None:
    assert (prefix / "share/prefix.txt").read_text() == f"{prefix}/share\n"
    data = (prefix / "share/prefix.bin").read_bytes()
    assert f"{prefix}/lib\0".encode() in data
    assert data.endswith(b"\2end")
    assert output(prefix / "bin/where") == f"{prefix}\n"
    for path in ("activate.d/relocated.sh", "deactivate.d/relocated.sh"):
        assert "RELOCATED_HOME" in (prefix / "etc/conda" / path).read_text()
    assert json.loads((prefix / "etc/conda/env_vars.d/relocated.json").read_bytes())
    assert (prefix / "bin/.relocated-post-link.sh").exists()
    assert not (prefix / "post-link-ran").exists()


@pytest.mark.parametrize(
    ("platform", "cuda", "build"),
    [
        ("linux-64", False, "cpu_0"),
        ("linux-64", True, "cuda12_1"),
        ("osx-arm64", False, "mps_1"),
        ("win-64", False, "cpu_0"),
        ("win-64", True, "cuda12_1"),
    ],
)
def test_every_platform_has_its_variants(
    channels: Channels, platform: str, build: str, *, cuda: bool
) -> None:
    specs = ("accel", "pytorch", "numpy", "pytest", "pip")
    found = builds(solve(channels, *specs, platform=platform, cuda=cuda))
    assert {f"accel-1.0-{build}", f"pytorch-2.5.1-{build}"} <= found
    assert ("cuda-runtime-12.4-h_0" in found) == cuda


def test_packages_of_other_platforms_unpack(channels: Channels, tmp_path: Path) -> None:
    records = solve(channels, "numpy", "accel", "purepy", platform="win-64")
    prefix = tmp_path / "prefix"
    install(records, prefix, tmp_path / "cache", "win-64")
    assert (prefix / "python.exe").exists()
    assert (prefix / "Lib/site-packages/purepy/__init__.py").exists()
    assert (prefix / "Scripts/purepy-run.exe").exists()


def test_the_first_channel_hides_a_later_one(channels: Channels) -> None:
    found = builds(solve(channels, "layered", "only-extra"))
    assert found == {"layered-1.0-h_0", "only-extra-2.0-h_0"}


@pytest.mark.parametrize(
    "specs", [("needs-old", "dated >=2"), ("needs-missing",), ("cuda-runtime",)]
)
def test_what_cannot_be_solved_is_refused(
    channels: Channels, specs: tuple[str, ...]
) -> None:
    with pytest.raises(SolverError, match=specs[0]):
        solve(channels, *specs)


def test_building_again_gives_the_same_bytes(
    channels: Channels, tmp_path: Path
) -> None:
    first, again = digests(channels.root), digests(build_channels(tmp_path).root)
    assert first.keys() == again.keys()
    assert [name for name, data in first.items() if again[name] != data] == []
    assert {it.parent.name for it in channels.main.glob("*/*.json")} == {
        "noarch",
        *SUBDIRS,
    }


def test_two_processes_build_it_once_and_find_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []

    def build(root: Path) -> Channels:
        built.append(root)
        write_channel(root / "main", [small_package("thing", "1.0")])
        return Channels(root=root)

    monkeypatch.setattr("support.conda_channel.build_channels", build)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: conda_channels(), range(2))
    assert first == second == conda_channels(tmp_path)
    assert len(built) == 1
    assert {it.name for it in tmp_path.iterdir()} == {first.root.name, "conda.lock"}


def test_a_copy_can_be_changed(channels: Channels, tmp_path: Path) -> None:
    own = copy_channels(channels, tmp_path)
    edit_record(own.main, "dated-3.0-h_0.conda", sha256=None, depends=["layered"])
    assert own.package("dated-3.0").name == "dated-3.0-h_0.conda"
    found = solve(own, "dated")
    assert builds(found) == {"dated-3.0-h_0", "layered-1.0-h_0"}
    (dated,) = (it for it in found if it.name.normalized == "dated")
    assert dated.sha256 is None
    assert builds(solve(channels, "dated")) == {"dated-3.0-h_0"}
    with pytest.raises(KeyError):
        edit_record(own.main, "no-such-1.0-h_0.conda")
