"""The conda example, wheels on top, does what its files say on a loopback channel."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.locks import parse_conda_lock
from support.conda_channel import conda_channels
from support.conda_server import serve_channel
from support.harvest import harvest
from support.index_server import serve_index
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
HUMANIZE = "def intcomma(number):\n    return f'{number:,}'\n"


def relock(text: str, wheels: Mapping[str, bytes]) -> str:
    """Return the poetry.lock *text* with the packages of *wheels* pinned to them."""
    head, *packages = text.split("[[package]]\n")
    tail = packages[-1][packages[-1].index("[metadata]") :]
    kept = []
    for filename, data in wheels.items():
        name, version = filename.split("-")[:2]
        entry = next(p for p in packages if p.startswith(f'name = "{name}"\n'))
        entry = entry.split("[metadata]")[0]
        digest = hashlib.sha256(data).hexdigest()
        files = f'files = [\n    {{file = "{filename}", hash = "sha256:{digest}"}},\n]'
        entry = re.sub(r"files = \[\n.*?\n\]", files, entry, flags=re.DOTALL)
        kept.append(
            re.sub(r'version = ".*?"', f'version = "{version}"', entry, count=1)
        )
    return "[[package]]\n".join([head, *kept]) + tail


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Copy the example; give it wheels, channels and a mirror of the one it names."""
    folder = tmp_path / "conda"
    shutil.copytree(ROOT / "examples/conda", folder)
    definitions = folder / "sessions/all.yml"
    # Poetry itself is not here; what it would pin is.
    text = definitions.read_text("utf-8")
    definitions.write_text(text.replace("  poetry.lock: {from: pyproject.toml}\n", ""))
    environment = folder / "environment.yml"
    running = "{}.{}".format(*sys.version_info)
    environment.write_text(environment.read_text().replace("3.11.*", f"{running}.*"))
    made = dict([make_wheel("humanize", "4.17.0", {"humanize.py": HUMANIZE})])
    wheels = harvest("pytest") | made
    lock = folder / "poetry.lock"
    lock.write_text(relock(lock.read_text("utf-8"), wheels), "utf-8")
    with (
        serve_channel(conda_channels().root) as channel,
        serve_index(wheels | harvest("poetry-core")) as index,
    ):
        keep = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        env = {key: os.environ[key] for key in keep if key in os.environ}
        yield (
            folder,
            env
            | {
                "HOME": str(tmp_path / "home"),
                "NOXLOCK_CACHE_DIR": str(tmp_path / "cache"),
                "NOXLOCK_CONDA_MIRRORS": f"conda-forge={channel.channel('main')}",
                "PIP_INDEX_URL": index.url,
                "PIP_CONFIG_FILE": os.devnull,
            },
        )


def nox(
    arguments: list[str], cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=cwd,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_conda_example_locks_tests_and_reruns(
    project: tuple[Path, dict[str, str]],
) -> None:
    folder, env = project

    for arguments in (
        ["-s", "lock"],
        ["-s", "test-conda"],
        ["-s", "repro", "--", "--accept"],
        ["-s", "repro"],
        ["-s", "lock", "--", "--check"],
    ):
        done = nox(arguments, folder, env)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"

    text = (folder / "conda-lock.yml").read_bytes()
    assert b"127.0.0.1" not in text
    lock = parse_conda_lock("conda-lock.yml", text)
    assert [one.name for one in lock.platforms] == ["linux-64", "osx-arm64"]
    assert {package.name for package in lock.platforms[0].packages} >= {
        "python",
        "numpy",
    }


def test_a_channel_that_cannot_be_reached_is_named_and_the_lock_kept(
    project: tuple[Path, dict[str, str]],
) -> None:
    folder, env = project
    assert nox(["-s", "lock"], folder, env).returncode == 0
    before = (folder / "conda-lock.yml").read_bytes()
    environment = folder / "environment.yml"
    environment.write_text(environment.read_text() + "  - pytest\n")

    nowhere = env | {"NOXLOCK_CONDA_MIRRORS": "conda-forge=http://127.0.0.1:9/gone"}
    done = nox(["-s", "lock"], folder, nowhere)

    assert done.returncode == 1
    what = (
        "the conda channel `conda-forge` cannot be reached at http://127.0.0.1:9/gone"
    )
    for target in ("linux-64", "osx-arm64"):
        assert f"{target} is not locked: {what}: " in done.stderr
    assert (folder / "conda-lock.yml").read_bytes() == before


def test_this_projects_own_environment_is_locked_for_every_target(
    project: tuple[Path, dict[str, str]],
) -> None:
    folder, env = project
    shutil.copy(ROOT / "environment.yml", folder / "environment.yml")

    done = nox(["-s", "lock"], folder, env)

    assert done.returncode == 0, done.stderr
    lock = parse_conda_lock("conda-lock.yml", (folder / "conda-lock.yml").read_bytes())
    assert lock.channels == ("conda-forge",)
