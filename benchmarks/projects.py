"""The projects of cases: the same pins for everyone, in scratch space."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.commands import BenchmarkError, Command, output
from benchmarks.surroundings import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.surroundings import Bench

__all__ = [
    "SCIENCE",
    "Pin",
    "copy_project",
    "fetch",
    "installed",
    "pins",
    "require_same",
    "write_project",
    "write_requirements",
    "write_uv_project",
]

SCIENCE = ROOT / "benchmarks" / "projects" / "science"
_SEED = {"pip", "setuptools", "wheel"}
"""What some tools put into an environment before they are asked for anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """One wheel that has to be installed."""

    name: str
    version: str
    filename: str
    sha256: str


def copy_project(project: Path, folder: Path) -> Path:
    """Copy *project*, without what was made in it; returns *folder*."""
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return folder


def write_project(folder: Path, **files: str) -> Path:
    """Write a project's files: `noxfile_py="..."`; returns *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        stem, _, kind = name.rpartition("_")
        (folder / f"{stem}.{kind}").write_text(text, "utf-8")
    return folder


def pins(bench: Bench, project: Path, environment: str) -> tuple[Pin, ...]:
    """Return what noxlock's plan of an environment of *project* says."""
    command = (bench.program("noxlock"), "plan", environment, "--json")
    said = output(Command(args=command, cwd=project, environ=bench.local()))
    return tuple(
        Pin(
            name=each["name"],
            version=each["version"],
            filename=each["artifact"],
            sha256=each["sha256"],
        )
        for each in json.loads(said)["packages"]
    )


def fetch(bench: Bench, wanted: Sequence[Pin], folder: Path) -> Path:
    """Put the wanted wheels into *folder*, from where the user's pip finds them.

    They are kept between runs, and linked; their digests are checked by pip.
    """
    kept = bench.caches / "wheels"
    kept.mkdir(parents=True, exist_ok=True)
    if any(not (kept / pin.filename).exists() for pin in wanted):
        bench.say(f"fetching {len(wanted)} wheels")
        listed = kept / "requirements.txt"
        write_requirements(listed, wanted)
        options = ("--no-deps", "--only-binary", ":all:", "--require-hashes")
        pip = (bench.python, "-m", "pip", "download", "-q", *options)
        command = (*pip, "-d", kept, "-r", listed)
        output(Command(args=command, cwd=bench.folder, environ=bench.own()))
    folder.mkdir(parents=True)
    for pin in wanted:
        if not (kept / pin.filename).exists():
            raise BenchmarkError(f"pip chose another file than {pin.filename}")
        os.link(kept / pin.filename, folder / pin.filename)
    return folder


def write_requirements(file: Path, wanted: Sequence[Pin]) -> None:
    """Write the pins with their hashes, as pip reads them."""
    lines = [f"{p.name}=={p.version} --hash=sha256:{p.sha256}\n" for p in wanted]
    file.write_text("".join(lines), "utf-8")


def write_uv_project(
    folder: Path, wanted: Sequence[Pin], uv: Path, environ: Mapping[str, str]
) -> Path:
    """Write a project with the same pins, and lock it with uv; returns *folder*."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    needs = json.dumps([f"{pin.name}=={pin.version}" for pin in wanted], indent=1)
    write_project(
        folder,
        pyproject_toml=f'[project]\nname = "pinned"\nversion = "0"\n'
        f'requires-python = "=={minor}.*"\ndependencies = {needs}\n\n'
        "[tool.uv]\npackage = false\n"
        f"environments = [\"sys_platform == '{sys.platform}'\"]\n",
    )
    output(Command(args=(uv, "lock"), cwd=folder, environ=environ))
    return folder


def installed(prefix: Path) -> dict[str, str]:
    """Return the names and versions of what is installed in an environment."""
    found = {}
    for folder in prefix.glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        found[re.sub(r"[-_.]+", "-", name).lower()] = version
    return found


def require_same(wanted: Sequence[Pin], prefixes: dict[str, Path]) -> None:
    """Check that every environment holds what is wanted, and nothing else.

    Raises:
        BenchmarkError: One does not: its time says nothing.
    """
    expected = {pin.name: pin.version for pin in wanted}
    for name, prefix in prefixes.items():
        found = installed(prefix)
        for seed in _SEED - expected.keys():
            found.pop(seed, None)
        if found != expected:
            other = sorted(found.items() ^ expected.items())
            raise BenchmarkError(f"{name} installed something else: {other}")
