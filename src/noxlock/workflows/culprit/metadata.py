"""What the wheels of a plan ask for, as far as the store has them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.metadata import parse_email

from noxlock.errors import NoxlockError
from noxlock.search import Metadata

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Plan
    from noxlock.workflows.supply import Supplies

__all__ = ["fetch_all", "parse_metadata", "read_metadata"]


def fetch_all(plan: Plan, supplies: Supplies, base: Path) -> None:
    """Get what *plan* names into the store, so that its wheels can be asked.

    What cannot be had is left to the runs that need it, which say so.

    Args:
        plan: Of either lock.
        supplies: Where artifacts come from, and where they are kept.
        base: Folder of the lock.
    """
    decided = [supplies.decided(package, plan) for package in plan.packages]
    lacking = [each for each in decided if not supplies.is_stored(each)]
    with suppress(NoxlockError):
        supplies.fetch(plan, lacking, base)


def read_metadata(
    plan: Plan, supplies: Supplies
) -> dict[tuple[str, str | None], Metadata]:
    """Return what the METADATA of the stored wheels of *plan* say, by name and version.

    For locks whose format knows no requirements, as pylock.toml and requirements.txt.
    Nothing is fetched, and what is built from source is left out.
    """
    found: dict[tuple[str, str | None], Metadata] = {}
    for package in plan.packages:
        sha256 = supplies.decided(package, plan).sha256
        data = supplies.store.metadata(sha256) if sha256 else None
        if data is not None and (known := parse_metadata(data)):
            found[package.name, package.version] = known
    return found


def parse_metadata(data: bytes) -> Metadata | None:
    """Return what METADATA ask for; None where they are none."""
    raw, _ = parse_email(data)
    if "name" not in raw:
        return None
    return Metadata(
        requirements=tuple(raw.get("requires_dist", ())),
        requires_python=raw.get("requires_python"),
    )
