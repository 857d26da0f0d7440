"""Put what an update came to into the values that are said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.model.update import Behind, Held, Unjudged, UpdateReport

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from noxlock.model import LockChange, LockDifference, PinnedAs
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
    touched: frozenset[tuple[str, str]]
    """What changed in environments that were run: lock, name."""
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
    changes = candidates.differences(candidates.old, files)
    return UpdateReport(
        verdict=ended.verdict,
        reason=ended.reason,
        differences=changes,
        unjudged=tuple(_unjudged(changes, ended.touched)),
        held=held,
        behind=behind if ended.holds else (),
        judges=ended.judges,
        advisories=neglect.advisories,
        yanked=neglect.yanked,
        unlisted=neglect.unlisted,
        dry_run=left.dry_run,
        runs=ended.runs,
        seconds=ended.seconds,
    )


def _unjudged(
    changes: Iterable[LockDifference], touched: Collection[tuple[str, str]]
) -> Iterator[Unjudged]:
    """Yield what is new in each lock and was in no environment that was run."""
    for each in changes:
        new = [change.name for change in each.changes if change.new is not None]
        names = [name for name in new if (each.lock, name) not in touched]
        if names:
            whole = len(names) == len(new)
            yield Unjudged(lock=each.lock, names=tuple(names), whole=whole)


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
