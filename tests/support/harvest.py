"""Wheels made again from what is installed beside the tests: real ones, no network."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import re
import zipfile
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["harvest"]


def harvest(*names: str) -> dict[str, bytes]:
    """Return file name to bytes of the named distributions and all that they need."""
    found: dict[str, tuple[str, bytes]] = {}
    queue = [Requirement(name) for name in names]
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found[name] = _wheel(name)
        for line in distribution(name).requires or []:
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                queue.append(need)
    return dict(found.values())


@functools.cache
def _wheel(name: str) -> tuple[str, bytes]:
    dist = distribution(name)
    files = {
        str(file): Path(file.locate())
        for file in dist.files or ()
        if ".." not in file.parts and file.suffix != ".pyc"
    }
    info = next(PurePosixPath(f).parent for f in files if f.endswith("-info/WHEEL"))
    ours = {
        f"{info}/{n}" for n in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    }
    tags = re.findall(r"(?m)^Tag: (.+)$", dist.read_text("WHEEL") or "")
    parts = [sorted({tag.split("-")[i] for tag in tags}) for i in range(3)]
    filename = "-".join([info.stem, *(".".join(part) for part in parts)]) + ".whl"
    buffer, record = io.BytesIO(), []
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, place in sorted(files.items()):
            if path in ours:
                continue
            data = place.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
            record.append(f"{path},sha256={digest.decode().rstrip('=')},{len(data)}\n")
            archive.writestr(zipfile.ZipInfo(path), data)
        record.append(f"{info}/RECORD,,\n")
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "".join(record))
    return filename, buffer.getvalue()
