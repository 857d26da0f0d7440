"""Where the search for a culprit stands, in one line."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from noxlock.report.counts import counted
from noxlock.report.culprits import listed
from noxlock.report.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model.culprit import Standing

__all__ = ["PHASES", "progress_line"]

PHASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "baseline": "checking the ends",
        "narrowing": "narrowing",
        "confirming": "confirming",
        "releases": "looking for the first bad release",
        "done": "done",
    }
)
"""What the search is at, for people."""


def progress_line(now: Standing) -> str:
    """Return `bisecting 34 changes: 17 suspects left, 6 environments, at most 7 more`.

    While a second cause is looked for, `at most` is of that one.
    """
    said = [counted(now.environments, "environment")]
    if now.phase == "narrowing":
        said.insert(0, f"{counted(len(now.suspects), 'suspect')} left")
    if now.at_most:
        said.append(f"at most {now.at_most:,} more")
    return plain(f"{_doing(now)}: {', '.join(said)}")


def _doing(now: Standing) -> str:
    changes = counted(now.changed, "change")
    phase = PHASES.get(now.phase, now.phase)
    match now.phase:
        case "baseline":
            return f"{phase} of {changes}"
        case "narrowing":
            another = " for another cause" if now.culprits else ""
            return f"bisecting {changes}{another}"
        case "confirming" if now.suspects:
            return f"{phase} {listed(now.suspects)}"
        case "releases" if now.suspects:
            return f"{phase} of {listed(now.suspects)}"
        case _:
            return phase
