"""Plans of single files, and a client that fetches them as a run would."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from noxlock.index import FetchRequest
from noxlock.index.client import IndexClient
from noxlock.index.settings import IndexSettings, Setting
from noxlock.model import IndexSource, Kind, PlannedPackage, Sha256, Subdir, Target
from noxlock.report.progress import Quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.index import Fetched
    from noxlock.report.progress import Task

__all__ = ["LINUX", "Fetching", "Watch", "asking", "digest", "planned"]

LINUX = Target(subdir=Subdir.LINUX_64, python="3.11.7")


def digest(data: bytes) -> Sha256:
    """Return the sha256 of *data*."""
    return Sha256(hashlib.sha256(data).hexdigest())


def planned(filename: str, data: bytes | None, **other: Any) -> PlannedPackage:  # noqa: ANN401 - any field
    """Return a package whose one file is *filename*, as locked with *data*."""
    wheel = filename.endswith(".whl")
    stem = filename.removesuffix(".tar.gz")
    name, version = stem.split("-")[:2] if wheel else stem.rsplit("-", 1)
    values: dict[str, Any] = {
        "name": canonicalize_name(name),
        "version": version,
        "kind": Kind.WHEEL if wheel else Kind.SDIST,
        "artifact": filename,
        "url": None,
        "sha256": None if data is None else digest(data),
        "groups": (),
        "source": IndexSource(),
    }
    return PlannedPackage(**(values | other))


def asking(*indexes: str, **other: Any) -> IndexSettings:  # noqa: ANN401 - any field
    """Return settings that name *indexes*, the first the default; quick to give up."""
    named = [Setting(value=url, origin="TEST_INDEX") for url in indexes]
    values: dict[str, Any] = {
        "index": named[0] if named else None,
        "extra_indexes": tuple(named[1:]),
        "no_index": not named,
        "retries": 2,
        "backoff": 0.01,
        "timeout": 5.0,
        "keyring": False,
    }
    return IndexSettings(**(values | other))


@dataclass
class Watch(Quiet):
    """A `Progress` that keeps what it is told."""

    said: list[str] = field(default_factory=list)
    title: str = ""
    total: int | None = None
    unit: str = ""
    counted: int = 0

    def warn(self, message: str, /) -> None:
        """Keep a warning."""
        self.said.append(message)

    @contextmanager
    def task(
        self, title: str, /, *, total: int | None = None, unit: str = "items"
    ) -> Iterator[Task]:
        """Keep what a step is, and count it."""
        self.title, self.total, self.unit = title, total, unit
        yield self

    def advance(self, amount: int = 1, /) -> None:
        """Count."""
        self.counted += amount


@dataclass
class Fetching:
    """Fetches into one folder, run after run."""

    folder: Path
    watch: Watch = field(default_factory=Watch)
    files: list[Fetched] = field(default_factory=list)

    def __call__(
        self,
        settings: IndexSettings,
        *packages: PlannedPackage,
        **request: Any,  # noqa: ANN401 - any field
    ) -> list[Fetched]:
        """Return what is fetched, sorted by name; *request*: fields of the request."""
        self.files = []
        asked: dict[str, Any] = {"target": LINUX, "base": self.folder}
        IndexClient(settings, progress=self.watch).fetch(
            FetchRequest(packages=packages, **(asked | request)),
            into=self.folder,
            on_file=self.files.append,
        )
        return sorted(self.files, key=lambda fetched: fetched.package.name)

    def left(self) -> list[str]:
        """Return what lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())
