"""conda-lock itself, as the judge of what noxlock writes; and a conda for it to run.

The judge is the executable that NOXLOCK_CONDA_LOCK names, or the one on PATH.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Judge", "find_judge", "write_shim"]

HASHES = """
import json, pathlib, sys
from conda_lock.content_hash import compute_content_hashes
from conda_lock.src_parser import make_lock_spec
from conda_lock.virtual_package import (
    default_virtual_package_repodata, virtual_package_repo_from_specification)
found = []
for case in json.load(open(sys.argv[1])):
    listed = case.get("virtual")
    repo = (virtual_package_repo_from_specification(pathlib.Path(listed)) if listed
            else default_virtual_package_repodata(cuda_version=case.get("cuda", "")))
    spec = make_lock_spec(src_files=[pathlib.Path(f) for f in case["files"]],
                          platform_overrides=case["platforms"], mapping_url=sys.argv[2])
    found.append(compute_content_hashes(spec, repo))
json.dump(found, sys.stdout)
"""
MAPPING = '{"pip": {"conda_name": "pip", "conda_forge": "pip", "pypi_name": "pip"}}'


PROJECT = Path(__file__).parents[2]
"""What a relative NOXLOCK_CONDA_LOCK is relative to."""


class Judge:
    """A real conda-lock."""

    def __init__(self, executable: Path) -> None:
        self.executable = executable

    def run(
        self, *arguments: str | Path, cwd: Path, status: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run one command line; *status* None: whatever it is."""
        done = subprocess.run(
            [self.executable, *arguments],
            cwd=cwd,
            env={**os.environ, "HOME": str(cwd), "XDG_CACHE_HOME": str(cwd / ".cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert status is None or done.returncode == status, done.stderr
        return done

    def hashes(self, cases: Sequence[dict[str, object]], folder: Path) -> list[object]:
        """Return the content hashes of many environments, in one process."""
        (folder / "cases.json").write_text(json.dumps(cases))
        (folder / "mapping.json").write_text(MAPPING)
        (folder / "hashes.py").write_text(HASHES)
        python = self.executable.resolve().parent / "python"
        done = subprocess.run(
            [python, "hashes.py", "cases.json", folder / "mapping.json"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: list[object] = json.loads(done.stdout)
        return found


def find_judge() -> Judge:
    """Return the judge, or skip the test."""
    named = os.environ.get("NOXLOCK_CONDA_LOCK") or shutil.which("conda-lock")
    if not named:
        pytest.skip("no conda-lock: NOXLOCK_CONDA_LOCK names none, nor is one on PATH")
    return Judge(PROJECT / named)


def write_shim(folder: Path, mirrors: str = "") -> Path:
    """Write an executable `conda` that does, with py-rattler, what conda-lock asks."""
    shim = folder / "conda"
    here = Path(__file__)
    shim.write_text(
        f"#!/bin/sh\nexport SHIM_MIRRORS='{mirrors}'\n"
        f'exec "{sys.executable}" "{here}" "$@"\n'
    )
    shim.chmod(0o755)
    return shim


def _config() -> object:
    from rattler.config import Config  # noqa: PLC0415

    pairs = (pair.split("=") for pair in os.environ["SHIM_MIRRORS"].split())
    lines = [f'"{public}" = ["{mirror}"]' for public, mirror in pairs]
    return Config.from_toml("\n".join(["[mirrors]", *lines]))


def _lines(name: str) -> list[str]:
    return Path(name).read_text().splitlines()


async def _solve(args: argparse.Namespace) -> dict[str, object]:
    import rattler  # noqa: PLC0415

    overrides = {
        name.removeprefix("CONDA_OVERRIDE_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("CONDA_OVERRIDE_") and value
    }
    subdir = os.environ.get("CONDA_SUBDIR") or "linux-64"
    overrides.setdefault("win" if subdir.startswith("win") else "unix", "0")
    virtual = [
        rattler.GenericVirtualPackage(
            rattler.PackageName(f"__{name}"),
            rattler.Version("1" if name == "archspec" else value),
            rattler.BuildString(value if name == "archspec" else "0"),
        )
        for name, value in overrides.items()
    ]
    config = _config()
    client = rattler.Client.from_config(config)  # type: ignore[arg-type]
    records = await rattler.solve(
        [each for each in args.channel if "fake-repodata" not in each],
        [rattler.MatchSpec(spec) for spec in args.specs],
        gateway=rattler.Gateway(client=client, cache_dir=Path("shim-repodata")),
        platforms=[subdir, "noarch"],  # type: ignore[list-item]
        virtual_packages=virtual,
    )
    fetch = [
        {
            "name": each.name.normalized,
            "version": str(each.version),
            "channel": each.channel,
            "url": each.url,
            "fn": each.file_name,
            "md5": (each.md5 or b"").hex(),
            "sha256": (each.sha256 or b"").hex(),
            "depends": each.depends,
            "constrains": each.constrains,
            "subdir": each.subdir,
            "timestamp": 0,
        }
        for each in records
    ]
    return {"success": True, "actions": {"FETCH": fetch, "LINK": []}}


async def _install(args: argparse.Namespace) -> None:
    import rattler  # noqa: PLC0415

    records = []
    for line in args.file:
        url, _, digest = line.partition("#")
        if not url.endswith((".conda", ".tar.bz2")):
            continue
        folder, _, filename = url.rpartition("/")
        channel, _, subdir = folder.rpartition("/")
        stem = filename.removesuffix(".conda").removesuffix(".tar.bz2")
        name, version, build = stem.rsplit("-", 2)
        record = rattler.PackageRecord(
            name,
            version,
            rattler.BuildString(build),
            0,
            subdir,
            md5=bytes.fromhex(digest),
        )
        records.append(rattler.RepoDataRecord(record, filename, url, channel))
    config = _config()
    await rattler.install(
        records,
        args.prefix,
        show_progress=False,
        cache_dir=Path(args.prefix + "-packages"),
        client=rattler.Client.from_config(config),  # type: ignore[arg-type]
        config=config,  # type: ignore[arg-type]
    )


async def _main() -> int:
    import asyncio  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="conda")
    parser.add_argument("--version", action="version", version="conda 25.1.0")
    parser.add_argument("command", choices=["create"])
    parser.add_argument("--prefix")
    parser.add_argument("--channel", action="append", default=[])
    parser.add_argument("--file", type=_lines, default=())
    for flag in ("--dry-run", "--json", "--override-channels", "--quiet", "--yes"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--copy", action="store_true")
    parser.add_argument("specs", nargs="*")
    args = parser.parse_intermixed_args()
    try:
        if args.dry_run:
            sys.stdout.write(json.dumps(await _solve(args)))
        else:
            await _install(args)
    finally:
        await asyncio.sleep(0.05)
    return 0


if __name__ == "__main__":
    import asyncio

    sys.exit(asyncio.run(_main()))
