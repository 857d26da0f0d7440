"""The corpus of real locks, and what independent tools say of each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from noxlock.locks import parse_lock
from noxlock.plan import parse_target, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import Plan

__all__ = ["CORPUS", "Case", "cases", "folders", "pins", "planned", "read_pins"]

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

_NAME = re.compile(r"oracle-(\w+)\.(linux|osx-arm64)-py(\d)(\d+)\.txt")
_TARGETS = {"linux": "linux-64", "osx-arm64": "osx-arm64"}
# The full versions of `make_oracles.py`; markers can ask for the micro version.
_PYTHONS = ("3.11.7", "3.10.13", "3.12.4", "3.9.18", "3.8.18", "3.13.3", "3.14.4")


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One oracle of one lock."""

    folder: Path
    lock: str
    stem: str
    """What was asked for: `default`, `all`, `pip`."""
    target: str
    python: str
    oracle: Path

    @property
    def name(self) -> str:
        """Folder, what was asked for, and target."""
        return f"{self.folder.name}-{self.stem}-{self.target}"


def folders(kind: str) -> list[Path]:
    """Return every folder of one kind of lock; none where the corpus is absent."""
    return sorted((CORPUS / kind).iterdir()) if CORPUS.is_dir() else []


def lock_name(folder: Path) -> str:
    """Return the file name of the lock in *folder*."""
    return str(json.loads((folder / "oracle.json").read_text("utf-8"))["lock"])


def cases(kind: str) -> list[Case]:
    """Return every oracle of one kind of lock, for the targets that can be planned."""
    found = []
    for folder in folders(kind):
        for oracle in sorted(folder.glob("oracle-*.txt")):
            if name := _NAME.fullmatch(oracle.name):
                minor = f"{name[3]}.{name[4]}."
                found.append(
                    Case(
                        folder=folder,
                        lock=lock_name(folder),
                        stem=name[1],
                        target=_TARGETS[name[2]],
                        python=next(p for p in _PYTHONS if p.startswith(minor)),
                        oracle=oracle,
                    )
                )
    return found


def planned(
    case: Case, *, groups: Sequence[str] = ("main",), extras: Sequence[str] | None = ()
) -> Plan:
    """Plan the lock of *case* for its target; extras None: all that the lock has."""
    folder = case.folder

    def beside(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    lock = parse_lock(case.lock, (folder / case.lock).read_bytes(), beside=beside)
    target = parse_target(case.target, python=case.python)
    wanted = lock.extras if extras is None else extras
    return plan(lock, groups=groups, extras=wanted, target=target)


def pins(made: Plan) -> set[str]:
    """Return the `name==version` of each package; `name` alone without a version."""
    return {
        f"{package.name}=={package.version}" if package.version else str(package.name)
        for package in made.packages
    }


def read_pins(oracle: Path) -> set[str]:
    """Return the same of an oracle, names and versions normalised."""
    found = set()
    for line in oracle.read_text("utf-8").splitlines():
        name, separator, version = line.partition("==")
        plain = canonicalize_name(name.partition(" @ ")[0])
        found.add(f"{plain}=={Version(version)}" if separator else str(plain))
    return found
