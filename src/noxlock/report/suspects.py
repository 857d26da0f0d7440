"""Words for what changed since the baseline."""

from __future__ import annotations

import re
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
_LISTS: Final = re.compile("cpu-flags|libraries|.* (baseline|dispatch|features)")
_NAMED: Final = 6


def cause_line(cause: Cause) -> str:
    """Return `scipy 1.14.1 -> 1.15.0 (loaded by the run)`, as one reads it."""
    why = f" ({cause.why})" if cause.why else ""
    if cause.kind is CauseKind.INPUT and cause.old and cause.new:
        return plain(f"{cause_name(cause)} changed{why}")
    old, new = cause_sides(cause)
    if _is_list(cause):
        said = ", ".join(filter(None, (new, old)))
        return plain(f"{cause_name(cause)}: {said}{why}")
    return plain(f"{cause_name(cause)} {old} -> {new}{why}")


def cause_name(cause: Cause) -> str:
    """Return what changed: `input data.csv`, `scipy`, `machine cpu`."""
    if cause.kind is CauseKind.PROFILE and cause.name == "name":
        return "profile"
    kind = _KINDS.get(cause.kind, "")
    return f"{kind} {cause.name}" if kind else cause.name


def cause_sides(cause: Cause) -> tuple[str, str]:
    """Return what it was and what it is, short enough for one line.

    Of lists, as of libraries, only what went and what came: `- a.so.1`, `+ a.so.2`.
    """
    if cause.old is None or cause.new is None:
        return _side(cause, cause.old), _side(cause, cause.new)
    old, new = cause.old.split(), cause.new.split()
    lost = [word for word in old if word not in new]
    come = [word for word in new if word not in old]
    if _is_list(cause):
        return _listed("-", lost), _listed("+", come)
    long = cause.kind is CauseKind.EFFECTIVE and max(len(old), len(new)) > _LISTED
    if long and (lost or come):
        sides = (" ".join(words) or "(none)" for words in (lost, come))
        before, after = (shortened(side, _SIDE) for side in sides)
        return before, after
    return _side(cause, cause.old), _side(cause, cause.new)


def _is_list(cause: Cause) -> bool:
    """Return whether it lists words whose order says nothing, and those differ."""
    if cause.old is None or cause.new is None or not _LISTS.fullmatch(cause.name):
        return False
    return set(cause.old.split()) != set(cause.new.split())


def _listed(sign: str, words: list[str]) -> str:
    shown = ", ".join(f"{sign} {shortened(word)}" for word in words[:_NAMED])
    more = len(words) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _side(cause: Cause, value: str | None) -> str:
    if value is None:
        return "(not there)" if cause.kind is CauseKind.PACKAGE else "(none)"
    if cause.kind is CauseKind.COMMIT and " " not in value:
        commit, plus, dirty = value.partition("+")
        return f"{commit[:12]}{plus}{dirty}"
    return shortened(value, _SIDE)
