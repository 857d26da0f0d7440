"""One folder with all outputs of a baseline, wherever each of them is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.errors import CompareError
from noxlock.store import BASELINES, default_root
from noxlock.workflows.baselines import layout, replacing
from noxlock.workflows.baselines.documents import RESTORE
from noxlock.workflows.baselines.stores import AT_ONCE

if TYPE_CHECKING:
    from noxlock.model import Record
    from noxlock.workflows.baselines.baseline import Baseline
    from noxlock.workflows.baselines.stored import Stored

__all__ = ["Fetched", "fetch"]

_OLD: Final = 24 * 60 * 60
"""Seconds after which no run uses a view any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """The outputs of a baseline on this machine."""

    folder: Path
    """Each recorded output by its name; those that could not be had are not there."""
    place: str = ""
    """The folder of the baseline's own outputs, relative to the project."""
    faults: dict[str, CompareError] = field(default_factory=dict)
    """By file (`NAME`, or `NAME/FILE` of a folder): why it could not be had."""


def fetch(baseline: Baseline, record: Record) -> Fetched:
    """Return the outputs that *record* lists; the large ones come from the store."""
    here = baseline.path / layout.OUTPUTS
    stored = {
        name: one for name, one in baseline.stored().items() if name in record.outputs
    }
    files: dict[str, Path] = {}
    faults: dict[str, CompareError] = {}

    def had(name: str) -> Path | CompareError:
        try:
            return _stored(baseline, stored[name], record.outputs[name])
        except CompareError as error:
            return error.inside(file=f"{baseline.folder}/{layout.STORED}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, found in zip(stored, pool.map(had, stored), strict=True):
            if isinstance(found, Path):
                files[name] = found
            else:
                faults[name] = found
    for name in record.outputs:
        if name in stored:
            continue
        if replacing.is_linked(baseline.path, f"{layout.OUTPUTS}/{name}"):
            file = f"{baseline.folder}/{layout.OUTPUTS}/{name}"
            faults[name] = CompareError("it is a link, or lies behind one", file=file)
        elif (here / name).is_file():
            files[name] = here / name
    plain = not stored and not faults
    return Fetched(
        folder=here if plain else _view(baseline, files),
        place=f"{baseline.folder}/{layout.OUTPUTS}",
        faults=faults,
    )


def _stored(baseline: Baseline, one: Stored, recorded: str) -> Path:
    if one.sha256 != recorded:
        raise CompareError("its sha256 is not the record's", hint=RESTORE)
    try:
        return baseline.require_store().get(one.sha256, one.size)
    except CompareError as error:
        error.what = f"{error.what}; recorded were {one.line}"
        raise


def _view(baseline: Baseline, files: dict[str, Path]) -> Path:
    """Return a folder of links to *files*; one a state of a baseline."""
    root = default_root(baseline.environ) / BASELINES / "views"
    own = root / hashlib.sha256(str(baseline.path.absolute()).encode()).hexdigest()[:32]
    states = {name: _state(path) for name, path in sorted(files.items())}
    folder = own / hashlib.sha256(json.dumps(states).encode()).hexdigest()[:32]
    if folder.is_dir():
        os.utime(folder)
        return folder
    own.mkdir(parents=True, exist_ok=True)
    _forget_old(own)
    part = Path(tempfile.mkdtemp(prefix=".noxlock-", dir=own))
    for name, path in files.items():
        target = part / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(path, target)
    try:
        part.rename(folder)
    except OSError:  # another run has made it
        replacing.remove(part)
    return folder


def _forget_old(own: Path) -> None:
    """Remove the views of earlier states; a run beside this one may use a new one."""
    for view in own.iterdir():
        if time.time() - view.stat().st_mtime > _OLD:
            replacing.remove(view)


def _state(path: Path) -> list[str | int]:
    found = path.stat()
    return [str(path.absolute()), found.st_size, found.st_mtime_ns, found.st_ino]


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or none that has links
        shutil.copyfile(source, target)
