"""Words for what changed since the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.model import CauseKind
from noxlock.report.words import plain, shortened

if TYPE_CHECKING:
    from noxlock.model import Cause

__all__ = ["cause_line", "cause_name", "cause_sides"]

_KINDS: Final = {
    CauseKind.INPUT: "input",
    CauseKind.INTERPRETER: "interpreter",
    CauseKind.PROFILE: "profile",
    CauseKind.EFFECTIVE: "effective",
    CauseKind.MACHINE: "machine",
}
_LISTED: Final = 4
"""Words: of longer lists only what changed in them is said."""
_SIDE: Final = 100


def cause_line(cause: Cause) -> str:
    """Return `scipy 1.14.1 -> 1.15.0 (loaded by the run)`, as one reads it."""
    why = f" ({cause.why})" if cause.why else ""
    if cause.kind is CauseKind.INPUT and cause.old and cause.new:
        return plain(f"{cause_name(cause)} changed{why}")
    old, new = cause_sides(cause)
    return plain(f"{cause_name(cause)} {old} -> {new}{why}")


def cause_name(cause: Cause) -> str:
    """Return what changed: `input data.csv`, `scipy`, `machine cpu`."""
    if cause.kind is CauseKind.PROFILE and cause.name == "name":
        return "profile"
    kind = _KINDS.get(cause.kind, "")
    return f"{kind} {cause.name}" if kind else cause.name


def cause_sides(cause: Cause) -> tuple[str, str]:
    """Return what it was and what it is, short enough for one line.

    Of long lists only what the other one lacks.
    """
    if cause.old is not None and cause.new is not None:
        old, new = cause.old.split(), cause.new.split()
        if cause.kind is CauseKind.EFFECTIVE and max(len(old), len(new)) > _LISTED:
            lost = " ".join(word for word in old if word not in new)
            come = " ".join(word for word in new if word not in old)
            if lost or come:
                return shortened(lost or "(none)", _SIDE), shortened(
                    come or "(none)", 100
                )
    return _side(cause, cause.old), _side(cause, cause.new)


def _side(cause: Cause, value: str | None) -> str:
    if value is None:
        return "(not there)" if cause.kind is CauseKind.PACKAGE else "(none)"
    if cause.kind is CauseKind.COMMIT and " " not in value:
        commit, plus, dirty = value.partition("+")
        return f"{commit[:12]}{plus}{dirty}"
    return shortened(value, _SIDE)
