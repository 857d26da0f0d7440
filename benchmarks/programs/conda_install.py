"""Install the packages of a conda-lock.yml with rattler alone, and nothing else.

    python conda_install.py LOCK CACHE [PREFIX]

With PREFIX, once. Else each line of stdin is a prefix, and the answer, a line of JSON,
says seconds, cpu and mib.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from rattler import BuildString, PackageRecord, RepoDataRecord, install

SETTLE = 0.05
"""Without this pause, rattler's threads can crash an exit (pyo3-async-runtimes#40)."""


def read_records(lock: Path) -> list[RepoDataRecord]:
    """Return the packages of the lock, which has one target."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rows = yaml.load(lock.read_text("utf-8"), Loader=loader)["package"]  # noqa: S506
    return [_record(row) for row in rows]


def _record(row: dict[str, Any]) -> RepoDataRecord:
    channel, subdir, file = row["url"].rsplit("/", 2)
    stem = file.removesuffix(".conda").removesuffix(".tar.bz2")
    name, version, build = stem.rsplit("-", 2)
    package = PackageRecord(
        name,
        version,
        BuildString(build),
        0,  # of the build: the lock does not say it
        subdir,
        depends=[
            f"{key} {value}".strip() for key, value in row["dependencies"].items()
        ],
        md5=bytes.fromhex(row["hash"]["md5"]),
        sha256=bytes.fromhex(row["hash"]["sha256"]),
    )
    return RepoDataRecord(package, file, row["url"], channel)


async def make(records: list[RepoDataRecord], prefix: Path, cache: Path) -> float:
    """Install once; returns the seconds of it."""
    begin = time.perf_counter()
    await install(
        records,
        prefix,
        cache_dir=cache,
        show_progress=False,
        execute_link_scripts=False,
    )
    seconds = time.perf_counter() - begin
    await asyncio.sleep(SETTLE)
    return seconds


def main(lock: str, cache: str, prefix: str = "") -> None:
    """Install once, or answer until stdin ends."""
    records = read_records(Path(lock))
    if prefix:
        asyncio.run(make(records, Path(prefix), Path(cache)))
        return
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    for line in sys.stdin:
        before = os.times()
        seconds = asyncio.run(make(records, Path(line.strip()), Path(cache)))
        used = sum(os.times()[:2]) - sum(before[:2])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        print(json.dumps({"seconds": seconds, "cpu": used, "mib": peak}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
