"""Put what an update came to into the values that are said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.model.update import Behind, Held, UpdateReport

if TYPE_CHECKING:
    from noxlock.model import LockChange, PinnedAs
    from noxlock.model.update import JudgeRow, UpdateVerdict
    from noxlock.workflows.update.candidates import Candidates, Files
    from noxlock.workflows.update.holding import Hold, Key
    from noxlock.workflows.update.neglect import Neglect

__all__ = ["Ended", "Left", "kept_back", "told"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How an update ended."""

    verdict: UpdateVerdict
    reason: str
    holds: tuple[Hold, ...]
    judges: tuple[JudgeRow, ...]
    runs: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """The locks that were left, or would be, and the newest."""

    files: Files
    wanted: Files
    dry_run: bool


def kept_back(
    candidates: Candidates, files: Files, wanted: Files
) -> dict[Key, LockChange]:
    """Return what *files* and the newest locks have otherwise."""
    return {
        (change.layer, change.name): change
        for each in candidates.differences(files, wanted)
        for change in each.changes
    }


def told(
    ended: Ended, candidates: Candidates, left: Left, neglect: Neglect
) -> UpdateReport:
    """Return the report of an update."""
    files, wanted = left.files, left.wanted
    back = kept_back(candidates, files, wanted)
    before = kept_back(candidates, candidates.old, wanted)
    held = tuple(
        _held(hold, back[hold.key], before.get(hold.key))
        for hold in ended.holds
        if hold.key in back
    )
    named = {hold.key for hold in ended.holds}
    behind = tuple(
        Behind(
            name=change.name,
            layer=change.layer,
            wanted=_said(change.new),
            kept=_said(change.old),
        )
        for key, change in back.items()
        if key not in named
    )
    return UpdateReport(
        verdict=ended.verdict,
        reason=ended.reason,
        differences=candidates.differences(candidates.old, files),
        held=held,
        behind=behind if ended.holds else (),
        judges=ended.judges,
        advisories=neglect.advisories,
        advised=neglect.advised,
        yanked=neglect.yanked,
        unlisted=neglect.unlisted,
        dry_run=left.dry_run,
        runs=ended.runs,
        seconds=ended.seconds,
    )


def _held(hold: Hold, change: LockChange, before: LockChange | None) -> Held:
    return Held(
        name=hold.name,
        layer=hold.layer,
        old=_said((before or change).old),
        wanted=_said(change.new),
        kept=_said(change.old),
        judge=hold.refusal.judge,
        kind=hold.refusal.kind,
        ruling=hold.refusal.ruling,
        difference=hold.refusal.difference,
        first_bad=hold.first_bad,
        pin=hold.pin,
        path=hold.path,
        together=hold.together,
        instead=hold.instead,
        proven=hold.proven,
    )


def _said(pinned: PinnedAs | None) -> str:
    return ", ".join(pinned.versions) if pinned else ""
