"""A conda channel of made-up packages, tiny and real, for solving and locking.

Nothing in it can be run. It has what decides: variants, platforms, dates, priorities.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler
from typing import TYPE_CHECKING

from support.loopback import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PUBLIC", "Served", "add_package", "serve_channels", "write_channels"]

PUBLIC = "https://conda.example.org"
"""Where the channels are said to be."""

EPOCH, DAY = 1_704_067_200, 86_400  # 2024-01-01T00:00:00Z
PLATFORMS = ("linux-64", "osx-arm64", "win-64")


@dataclass
class Served:
    """Channels on loopback, and the requests that were made."""

    folder: Path
    url: str
    requests: list[str] = field(default_factory=list)

    @property
    def mirrors(self) -> str:
        """What NOXLOCK_CONDA_MIRRORS has to say."""
        names = ("main", "extra")
        return " ".join(f"{PUBLIC}/{name}={self.url}/{name}" for name in names)


def write_channels(folder: Path) -> Path:
    """Write the channels `main` and `extra` under *folder*."""
    main, extra = folder / "main", folder / "extra"
    for platform in PLATFORMS:
        add_package(main, f"python 3.11.7 h1_0 {platform}")
        for version in ("2.0.0", "2.1.0"):
            add_package(
                main, f"numpy {version} py311_0 {platform}", "python >=3.11,<3.12"
            )
        add_package(main, f"torch-like 1.0 cpu_0 {platform}", "python")
    add_package(main, "accel 1.0 cpu_0 linux-64")
    add_package(main, "accel 1.0 cuda12_1 linux-64", "__cuda >=12", "cuda-runtime 12.*")
    add_package(main, "accel 1.0 mps_0 osx-arm64", "__osx >=11.0")
    add_package(main, "accel 1.0 win_0 win-64", "__win")
    add_package(main, "cuda-runtime 12.4 h_0 noarch", "__cuda")
    for number in (1, 2, 3):
        add_package(main, f"dated {number}.0 h_0 noarch", day=100 * number)
    add_package(main, "needs-old 1.0 h_0 noarch", "dated <2")
    add_package(main, "layered 1.0 h_0 noarch")
    add_package(extra, "layered 2.0 h_0 noarch")
    add_package(main, "pluggy 1.5 pyh_0 noarch", "python >=3.9")
    add_package(main, "pytest 9.0 pyh_0 noarch", "python >=3.9", "pluggy >=1,<2")
    add_package(main, "pip 24.0 pyh_0 noarch", "python >=3.9")
    return folder


def add_package(channel: Path, what: str, *depends: str, day: int = 0) -> str:
    """Add `name version build subdir` to *channel*; return its address there."""
    name, version, build, subdir = what.split()
    stem = f"{name}-{version}-{build}"
    index: dict[str, object] = {
        "name": name,
        "version": version,
        "build": build,
        "build_number": int(build.rpartition("_")[2]),
        "depends": list(depends),
        "subdir": subdir,
        "timestamp": (EPOCH + day * DAY) * 1000,
    }
    data = _archive(index, f"{what}\n".encode())
    place = channel / subdir
    place.mkdir(parents=True, exist_ok=True)
    (channel / "noarch").mkdir(exist_ok=True)
    filename = f"{stem}.tar.bz2"
    (place / filename).write_bytes(data)
    digests = {
        "size": len(data),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    for folder in (place, channel / "noarch"):
        file = folder / "repodata.json"
        listed: dict[str, dict[str, object]] = {
            "info": {"subdir": folder.name},
            "packages": {},
        }
        if file.exists():
            listed = json.loads(file.read_text())
        if folder == place:
            listed["packages"][filename] = index | digests
        file.write_text(json.dumps(listed, sort_keys=True))
    return f"{subdir}/{filename}"


@contextmanager
def serve_channels(folder: Path) -> Iterator[Served]:
    """Serve *folder* on loopback."""
    requests: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: object = "-", size: object = "-") -> None:  # noqa: ARG002
            requests.append(f"{self.command} {self.path} {code}")

        def log_message(self, *_: object) -> None:
            pass

    with serving(partial(Handler, directory=str(folder))) as url:
        yield Served(folder, url, requests)


def _archive(index: dict[str, object], content: bytes) -> bytes:
    path = f"share/{index['name']}.txt"
    row = {
        "_path": path,
        "path_type": "hardlink",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_in_bytes": len(content),
    }
    files = {
        "info/index.json": json.dumps(index).encode(),
        "info/paths.json": json.dumps({"paths": [row], "paths_version": 1}).encode(),
        path: content,
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.mtime, member.size = EPOCH, len(data)
            tar.addfile(member, io.BytesIO(data))
    return bz2.compress(buffer.getvalue())
