"""The content address of a plan."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from noxlock.model import Kind, PlanKey, VcsSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.model import CondaPackage, PlannedPackage, Target

__all__ = ["KEY_VERSION", "plan_key"]

# Bump when the meaning of a key changes, so that no old environment answers to it.
KEY_VERSION: Final = "plan-v1"


def plan_key(
    target: Target,
    packages: Iterable[PlannedPackage],
    conda: Iterable[CondaPackage] = (),
) -> PlanKey:
    """Return the content address of a plan; the order of packages does not count.

    It names every fact that reaches the environment's bytes. Groups, extras and the
    lock's name do not: they only decide which packages there are.
    """
    pins = sorted(_facts(package, target) for package in packages)
    below = sorted(_conda_facts(package) for package in conda)
    facts = [KEY_VERSION, str(target.subdir), target.variant, target.python, pins]
    if below:
        facts.append(below)
    encoded = json.dumps(facts, separators=(",", ":")).encode()
    return PlanKey(f"{KEY_VERSION}-{hashlib.sha256(encoded).hexdigest()}")


def _conda_facts(package: CondaPackage) -> list[str]:
    # Where the lock does not pin the bytes, their address has to.
    unpinned = None if package.sha256 else package.url
    fields = (
        package.name,
        package.version,
        package.build,
        package.subdir,
        package.filename,
        package.sha256 or package.md5,
        unpinned,
    )
    return ["" if field is None else field for field in fields]


def _facts(package: PlannedPackage, target: Target) -> list[str]:
    source = package.source
    commit = source.commit if isinstance(source, VcsSource) else None
    # Of an index's file the address does not matter, its bytes being known; of the
    # others it stands in direct_url.json.
    from_index = package.kind in {Kind.WHEEL, Kind.SDIST}
    # Where the index decides between files, the machine's floors do.
    floors = (target.glibc, target.macos) if package.hashes else ()
    fields = (
        package.name,
        package.version,
        package.kind,
        package.artifact,
        None if from_index else package.url,
        package.path,
        package.sha256,
        commit,
        getattr(source, "subdirectory", None),
        getattr(source, "editable", None),
        *sorted(package.hashes),
        *floors,
    )
    return ["" if field is None else str(field) for field in fields]
