"""`noxlock check` and a `nox -s lock` with nothing to do: 200 packages, 3 targets."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from benchmarks.commands import BenchmarkError, Command, output
from benchmarks.harness import Case, Figures, Setup, seconds, timed
from benchmarks.indexes import serve_wheels
from benchmarks.projects import SCIENCE, copy_project, write_project
from benchmarks.surroundings import remove

from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

WHEELS: Final = 120
CONDA: Final = 80
TARGETS: Final = ("linux-64", "linux-aarch64", "osx-arm64")
_NOXFILE: Final = 'import noxlock\n\nnoxlock.load("sessions")\n'
_SESSIONS: Final = f"""\
locks:
  poetry.lock: {{from: pyproject.toml}}
  conda-lock.yml: {{from: environment.yml, targets: [{", ".join(TARGETS)}]}}
environments:
  many: {{conda: conda-lock.yml, pypi: poetry.lock, project: none}}
"""
_PYPROJECT: Final = """\
[project]
name = "many"
version = "0"
requires-python = ">=3.11,<4.0"
dependencies = {needs}

[tool.poetry]
package-mode = false
"""
_CHECK: Final = "noxlock check"
_LOCK: Final = "nox -s lock"
_ONLY: Final = "nox -s lock -- --check"


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    root = bench.scratch("check")
    _keep_poetry(bench, root)
    wheels, channel = _wheels(root / "wheels"), _channel(root / "channels")
    with serve_wheels(wheels, bench.python, channel.parent) as index:
        environ = bench.local(index)
        base = index.removesuffix("simple/")
        project = _project(root / "many", f"{base}static/{channel.name}")
        commands = {
            _CHECK: (bench.program("noxlock"), "check"),
            _LOCK: (bench.program("nox"), "-s", "lock"),
            _ONLY: (bench.program("nox"), "-s", "lock", "--", "--check"),
        }
        made = {
            name: Command(args=args, cwd=project, environ=environ)
            for name, args in commands.items()
        }
        output(made[_LOCK])
        before = _locks(project)

        def facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
            if _locks(project) != before:
                raise BenchmarkError("there was something to do: a lock changed")
            return {
                "wheels": WHEELS,
                "conda packages, each target": CONDA,
                "targets": len(TARGETS),
            }

        try:
            yield Setup(
                contestants=[timed(name, command) for name, command in made.items()],
                targets=[seconds(name, 0.5) for name in made],
                facts=facts,
            )
        finally:
            remove(root)


def _keep_poetry(bench: Bench, root: Path) -> None:
    """Have noxlock store the Poetry that it locks with, from the user's index."""
    folder = copy_project(SCIENCE, root / "poetry")
    args = (bench.program("nox"), "-s", "lock")
    output(Command(args=args, cwd=folder, environ=bench.own()))


def _project(folder: Path, channel: str) -> Path:
    needs = json.dumps([f"many-{number:03}" for number in range(0, WHEELS, 4)])
    conda = "".join(f"  - native-{number:03}\n" for number in range(0, CONDA, 4))
    write_project(
        folder,
        pyproject_toml=_PYPROJECT.format(needs=needs),
        noxfile_py=_NOXFILE,
        environment_yml=f"channels: [{channel}]\ndependencies:\n  - python\n{conda}",
    )
    write_project(folder / "sessions", all_yml=_SESSIONS)
    return folder


def _locks(project: Path) -> list[bytes]:
    return [(project / name).read_bytes() for name in ("poetry.lock", "conda-lock.yml")]


def _wheels(folder: Path) -> Path:
    folder.mkdir()
    for number in range(WHEELS):
        later = {number + 1, number + 2, number + 3}
        needs = [f"many-{n:03}>=1" for n in sorted(later) if n < WHEELS]
        version = f"1.{number % 9}"
        name, data = make_wheel(f"many-{number:03}", version, requires=needs)
        (folder / name).write_bytes(data)
    return folder


def _channel(folder: Path) -> Path:
    """Write the records of a channel; nobody asks for the packages themselves."""
    for subdir in ("noarch", *TARGETS):
        records: dict[str, Any] = {}
        if subdir != "noarch":
            records |= _record("python", "3.11.9", subdir)
            for number in range(CONDA - 1):
                later = {number + 1, number + 2, number + 3}
                needs = [f"native-{n:03} >=1" for n in sorted(later) if n < CONDA - 1]
                version = f"1.{number % 9}"
                records |= _record(f"native-{number:03}", version, subdir, *needs)
        found = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": records}
        write_project(folder / "main" / subdir, repodata_json=json.dumps(found))
    return folder / "main"


def _record(name: str, version: str, subdir: str, *depends: str) -> dict[str, Any]:
    file = f"{name}-{version}-h0_0.conda"
    text = f"{subdir}/{file}".encode()
    record = {
        "name": name,
        "version": version,
        "build": "h0_0",
        "build_number": 0,
        "depends": list(depends),
        "subdir": subdir,
        "md5": hashlib.md5(text, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(text).hexdigest(),
        "size": 1000,
        "timestamp": 1_704_067_200_000,
    }
    return {file: record}


CASE = Case(
    name="check",
    summary=f"check and lock with nothing to do: {WHEELS} wheels, {CONDA} conda"
    f" packages, {len(TARGETS)} targets",
    open=_open,
)
