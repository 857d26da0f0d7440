"""A project with one check and real packages, whose lock is changed as a user does.

with open_drift_project(tmp_path, store, DRIFT) as project:
    project.lock("requests==2.31.0", "charset-normalizer==3.3.0")
    assert project.repro("--accept").status == 0
    project.lock("requests==2.31.0", "charset-normalizer==3.3.1")
    assert project.repro().status == 1
    project.report().causes[0].name  # charset-normalizer
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import parse_wheel_filename

from noxlock.model import CheckReport
from support.index_server import serve_index
from support.nox_project import HERE, NOXFILE, Outcome
from support.real_wheels import real_wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from support.index_server import IndexServer

__all__ = [
    "Drift",
    "DriftProject",
    "open_drift_project",
    "pylock",
    "read_report",
    "requirements",
    "run_nox",
    "user_environ",
]

_SECONDS = 600


def requirements(wheels: Mapping[str, Path], index: IndexServer) -> str:
    """Return a requirements.txt with the hash of each of *wheels*."""
    del index
    lines = [
        f"{name}=={version} \\\n    --hash=sha256:{digest}\n"
        for name, version, _, digest in _rows(wheels)
    ]
    return "".join(sorted(lines))


def pylock(wheels: Mapping[str, Path], index: IndexServer) -> str:
    """Return a pylock.toml (PEP 751) with the address and hash of each of *wheels*."""
    tables = [
        f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        f'wheels = [{{name = "{file}", url = "{index.file_url(file)}",'
        f' hashes = {{sha256 = "{digest}"}}}}]\n'
        for name, version, file, digest in _rows(wheels)
    ]
    head = 'lock-version = "1.0"\ncreated-by = "noxlock-tests"\n'
    return head + "".join(sorted(tables))


def _rows(wheels: Mapping[str, Path]) -> Iterator[tuple[str, str, str, str]]:
    for file, path in wheels.items():
        name, version, *_ = parse_wheel_filename(file)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield name, str(version), file, digest


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """What is run: the script, what it needs, and the check that reruns it."""

    needs: str
    """The one package that the project itself asks for."""
    script: str
    outputs: str
    """The outputs of the check, and all else that it says, as YAML of its own lines."""
    write_lock: Callable[[Mapping[str, Path], IndexServer], str] = requirements

    @property
    def lock_file(self) -> str:
        """The name of the lock."""
        return "pylock.toml" if self.write_lock is pylock else "requirements.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class DriftProject:
    """The project's folder, and how its check is run."""

    root: Path
    drift: Drift
    index: IndexServer
    environ: Mapping[str, str]

    def lock(self, *pins: str) -> None:
        """Pin exactly *pins*, in the lock and on the index."""
        wheels = real_wheels(*pins)
        for name, path in wheels.items():
            self.index.files.setdefault(name, path.read_bytes())
        text = self.drift.write_lock(wheels, self.index)
        (self.root / self.drift.lock_file).write_text(text, encoding="utf-8")

    def repro(self, *posargs: str) -> Outcome:
        """Run `nox -s repro -- POSARGS`."""
        words = ("--", *posargs) if posargs else ()
        return run_nox(self.root, self.environ, "-s", "repro", *words)

    def report(self) -> CheckReport:
        """Return what the last run wrote to report.json."""
        return read_report(self.root, "reference")


def run_nox(root: Path, environ: Mapping[str, str], *args: str) -> Outcome:
    """Run nox in *root*, with more patience than small wheels need."""
    ran = subprocess.run(
        [sys.executable, "-m", "nox", *args],
        cwd=root,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    return Outcome(status=ran.returncode, out=ran.stdout, err=ran.stderr)


def read_report(root: Path, check: str) -> CheckReport:
    """Return what the last run of *check* wrote to report.json."""
    data = (root / ".nox/repro" / check / "report.json").read_bytes()
    return msgspec.json.decode(data, type=CheckReport)


def user_environ(home: Path, store: Path) -> dict[str, str]:
    """Return the variables of a user who has configured nothing, and has no index."""
    return {
        **{k: v for k, v in os.environ.items() if k.startswith("COVERAGE")},
        "PATH": os.pathsep.join([f"{sys.base_prefix}/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "NOXLOCK_CACHE_DIR": str(store),
        "PIP_CONFIG_FILE": os.devnull,
    }


@contextmanager
def open_drift_project(tmp: Path, store: Path, drift: Drift) -> Iterator[DriftProject]:
    """Write the project into *tmp* and serve its wheels on loopback."""
    root = tmp / "sample"
    (root / "sessions").mkdir(parents=True)
    files = {
        "noxfile.py": NOXFILE,
        "pyproject.toml": (
            '[project]\nname = "sample"\nversion = "1.0"\n'
            f'requires-python = ">=3.11"\ndependencies = ["{drift.needs}"]\n'
        ),
        "reference.py": drift.script,
        "sessions/repro.yml": _SESSIONS.format(
            python=HERE, lock=drift.lock_file, outputs=drift.outputs
        ),
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    with serve_index({}) as index:
        environ = {**user_environ(tmp, store), "PIP_INDEX_URL": index.url}
        yield DriftProject(root=root, drift=drift, index=index, environ=environ)


_SESSIONS = """\
environments:
  cpu: {{python: "{python}", pypi: {lock}, project: none}}
checks:
  reference:
    environment: cpu
    run: python reference.py {{outputs}}
{outputs}"""
