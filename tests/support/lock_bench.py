"""A project on a loopback index, and a stand-in for the Poetry that locks it."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noxlock.model import Definitions, LockDefinition
from noxlock.report.progress import Quiet
from noxlock.store.memo import Memo
from noxlock.workflows.lock import LockOptions, LockOutcome, run_lock
from noxlock.workflows.parts import Parts
from noxlock.workflows.project import Project
from support.index_server import serve_index
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Bench", "LoopbackParts", "Said", "open_bench"]

TOOL = """\
import json, os, sys
from pathlib import Path

def main():
    Path(os.environ["POETRY_REQUESTS_SEEN"]).write_text(json.dumps(sys.argv[1:]))
    text = Path("poetry.toml").read_text()
    if text.startswith("fail"):
        print(text)
        raise SystemExit(1)
    Path("poetry.lock").write_text(text)
"""
PROJECT = """\
[project]
name = "demo"
version = "0"
requires-python = ">=3.11"

[dependency-groups]
lock = ["poetry"]
"""
LOCK = """\
{packages}
[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "{content}"
"""
PACKAGE = """\
[[package]]
name = "{name}"
version = "{version}"
optional = false
python-versions = "*"
groups = ["{group}"]
files = [{{file = "{file}", hash = "sha256:{digest}"}}]
"""


class Said(Quiet):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str, /) -> None:
        """Keep one line."""
        self.lines.append(message)

    def warn(self, message: str, /) -> None:
        """Keep one line."""
        self.lines.append(f"warning: {message}")


class LoopbackParts(Parts):
    """The real parts; what they say is kept."""

    said = Said()

    @property
    def progress(self) -> Said:
        """What was said."""
        return self.said


@dataclass(kw_only=True)
class Bench:
    """A project with its parts, and what its stand-in for Poetry is to write."""

    root: Path
    parts: LoopbackParts
    wheels: Mapping[str, bytes]
    locks: dict[str, LockDefinition] = field(
        default_factory=lambda: {"poetry.lock": LockDefinition()}
    )

    remembers: bool = False
    """Whether what came out as it was is remembered, as in a session."""

    @property
    def lock(self) -> Path:
        """The project's lock."""
        return self.root / "poetry.lock"

    @property
    def arguments(self) -> list[str]:
        """What the tool was last called with."""
        found: list[str] = json.loads((self.root.parent / "seen.json").read_text())
        return found

    def text(self, *more: str, content: str | None = None, group: str = "lock") -> str:
        """Return a lock with the tool and the packages *more*, as `spam 1.0`."""
        packages = [self._package("poetry", "9.9", group)]
        pairs = (one.split() for one in more)
        packages += [self._package(name, version, "main") for name, version in pairs]
        project = {"requires-python": ">=3.11"}
        groups = {"lock": ["poetry"]}
        known = {
            "tool": {"poetry": {}},
            "project": project,
            "dependency-groups": groups,
        }
        digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
        return LOCK.format(packages="\n".join(packages), content=content or digest)

    def _package(self, name: str, version: str, group: str) -> str:
        file = f"{name}-{version}-py3-none-any.whl"
        digest = hashlib.sha256(self.wheels.get(file, b"")).hexdigest()
        return PACKAGE.format(
            name=name, version=version, file=file, digest=digest, group=group
        )

    def make(self, text: str, options: LockOptions | None = None) -> LockOutcome:
        """Run the session; the tool is to write *text*."""
        (self.root / "poetry.toml").write_text(text)
        return self.run(options or LockOptions())[0]

    def run(self, options: LockOptions) -> tuple[LockOutcome, ...]:
        """Run the session."""
        self.parts.said.lines.clear()
        memo = Memo(self.parts.cache) if self.remembers else None
        project = Project.open(self.root, Definitions(locks=self.locks), memo=memo)
        folder = self.root / ".nox/noxlock"
        return run_lock(project, options, self.parts, folder=folder)

    def said(self) -> list[str]:
        """Return what was said of locks."""
        return [
            line for line in self.parts.said.lines if ".lock" in line or "  " in line
        ]


@contextmanager
def open_bench(folder: Path) -> Iterator[Bench]:
    """Make the project and its index in *folder*."""
    scripts = {"console_scripts": {"poetry": "stand_in:main"}}
    name, wheel = make_wheel(
        "poetry", "9.9", {"stand_in.py": TOOL}, entry_points=scripts
    )
    root = folder / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text(PROJECT)
    with serve_index({name: wheel}) as server:
        environ = {
            "PATH": os.defpath,
            "NOXLOCK_CACHE_DIR": str(folder / "cache"),
            "PIP_INDEX_URL": server.url,
            "PIP_CONFIG_FILE": os.devnull,
            "POETRY_REQUESTS_SEEN": str(folder / "seen.json"),
        }
        parts = LoopbackParts(root, offline=False, environ=environ, home=folder)
        yield Bench(root=root, parts=parts, wheels={name: wheel})
