"""What proves that a baseline's files are what was recorded, and what to do if not."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from noxlock.errors import CompareError
from noxlock.model import Verdict
from noxlock.workflows.records import digest, output_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import OutputReport

__all__ = ["Advice", "Proof", "is_in", "same_bytes"]

_BLOCK: Final = 1 << 16


def is_in(name: str, output: str) -> bool:
    """Return whether the file *name* is the output, or lies in it."""
    return name == output or name.startswith(f"{output}/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What to do about a file of the baseline that is not what was recorded."""

    check: str
    place: str
    """Where the baseline's outputs lie; "": not known."""

    def strange(self, file: str) -> str:
        """Return that nothing is known of *file*."""
        path = f"{self.place}/{file}".lstrip("/")
        return f"{path} is in the baseline, and its record does not list it (remove it)"

    def told(self, file: str, what: str) -> str:
        """Return that *file* is so, and how it is looked into and restored."""
        path = f"{self.place}/{file}".lstrip("/")
        restore = f"git checkout -- {shlex.quote(path)}"
        return (
            f"{path} {what} (`noxlock verify {self.check}` tells more,"
            f" `{restore}` restores it)"
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """One output of a baseline, and what proves that it is what was recorded."""

    baseline: Path
    actual: Path
    recorded: Mapping[str, str]
    digests: Mapping[str, str]
    """Of the run's outputs, as they were just taken."""
    advice: Advice

    def vouched(self, report: OutputReport) -> OutputReport:
        """Add that the baseline is not what was recorded: then no verdict can pass."""
        name = report.output
        own = {each: sha for each, sha in self.recorded.items() if is_in(each, name)}
        try:
            files = output_files({name: self.baseline})
            now = output_files({name: self.actual})
            note = self._note(files, own, now)
        except (OSError, CompareError):  # the comparison has said so
            return report
        if not note:
            return report
        verdict = Verdict.NOT_COMPARABLE if report.verdict.passed else report.verdict
        reason = f"{report.reason}; {note}" if report.reason else note
        return msgspec.structs.replace(report, verdict=verdict, reason=reason)

    def _note(
        self, files: Mapping[str, Path], own: Mapping[str, str], now: Mapping[str, Path]
    ) -> str:
        if not own:
            return "the baseline's record does not list it"
        if gone := min(own.keys() - files.keys(), default=""):
            return self.advice.told(gone, "is gone from the baseline")
        if more := min(files.keys() - own.keys(), default=""):
            return self.advice.strange(more)
        for name, path in files.items():
            # Bytes are compared faster than they are digested.
            same = self.digests.get(name) == own[name] and name in now
            if not (same_bytes(path, now[name]) if same else digest(path) == own[name]):
                what = "was changed since it was recorded: its sha256 differs"
                return self.advice.told(name, what)
        return ""


def same_bytes(one: Path, other: Path) -> bool:
    """Return whether two files hold the same bytes."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb", buffering=0) as left, other.open("rb", buffering=0) as right:
        while (block := left.read(_BLOCK)) == right.read(_BLOCK):
            if not block:
                return True
    return False
