"""What `nox -s update` may be asked for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.workflows.posargs import PosargsParser

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KNOWN_OPTIONS", "UpdateOptions", "parse_options"]

KNOWN_OPTIONS: Final = {
    "--dry-run": "",
    "--only": " JUDGE",
    "--no-checks": "",
    "--no-sessions": "",
    "--no-releases": "",
    "--advisories": " PATH",
    "--markdown": " FILE",
    "--json": "",
    "--jobs": " N",
    "--max-runs": " N",
    "--timeout": " SECONDS",
}
"""Each with what follows it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateOptions:
    """What to update, by which judges, at what cost."""

    names: tuple[str, ...] = ()
    """Packages to take newer versions of; empty: all."""
    dry_run: bool = False
    only: tuple[str, ...] = ()
    """Checks and sessions that have a say; empty: all."""
    checks: bool = True
    sessions: bool = True
    releases: bool = True
    """Whether to look for the first bad release of what is held back."""
    advisories: tuple[Path, ...] = ()
    """Files or folders in the OSV format."""
    markdown: Path | None = None
    json: bool = False
    jobs: int = 1
    max_runs: int | None = None
    """Of one search."""
    timeout: float | None = None
    """Seconds after which no run is started any more."""


def parse_options(posargs: Sequence[str]) -> UpdateOptions:
    """Return what follows `--` on nox's command line.

    Raises:
        DefinitionError: An option is not known, or has no value that it can have.
    """
    known = ", ".join(f"{name}{more}" for name, more in KNOWN_OPTIONS.items())
    parser = PosargsParser("update", f"known are NAME..., {known}")
    parser.add_argument("names", metavar="NAME", nargs="*")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--only", metavar="JUDGE", action="append", default=[])
    parser.add_argument("--no-checks", action="store_true")
    parser.add_argument("--no-sessions", action="store_true")
    parser.add_argument("--no-releases", action="store_true")
    parser.add_argument(
        "--advisories", metavar="PATH", action="append", type=Path, default=[]
    )
    parser.add_argument("--markdown", metavar="FILE", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_count("-j", "--jobs", default=1)
    parser.add_count("--max-runs")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds)
    found = parser.parse_intermixed_args(posargs)
    return UpdateOptions(
        names=tuple(found.names),
        dry_run=found.dry_run,
        only=tuple(found.only),
        checks=not found.no_checks,
        sessions=not found.no_sessions,
        releases=not found.no_releases,
        advisories=tuple(found.advisories),
        markdown=found.markdown,
        json=found.json,
        jobs=found.jobs,
        max_runs=found.max_runs,
        timeout=found.timeout,
    )


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"`{text}` is not more than 0")
    return number
