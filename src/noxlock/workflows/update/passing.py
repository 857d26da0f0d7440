"""The newest locks that every judge lets pass: hold back, lock again, run again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.errors import NoxlockError, SolveError
from noxlock.model import Layer
from noxlock.model.culprit import CulpritVerdict
from noxlock.model.update import Ruling
from noxlock.workflows.culprit.why import Limits
from noxlock.workflows.update.agreeing import clashing
from noxlock.workflows.update.holding import Refusal, chosen, pinned, suspected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.model import LockChange
    from noxlock.model.update import Judged
    from noxlock.workflows.update.candidates import Candidates, Files
    from noxlock.workflows.update.holding import Hold, Key
    from noxlock.workflows.update.judges import Judge
    from noxlock.workflows.update.options import UpdateOptions
    from noxlock.workflows.update.trying import Court

__all__ = ["NonePassesError", "Passing"]

_PASSED_AGAIN: Final = "it passed with the new lock when it was run again"
_EXCUSES: Final = {
    CulpritVerdict.NOT_THE_LOCK: "it does not always pass with the old lock either",
    CulpritVerdict.NO_DRIFT: _PASSED_AGAIN,
}


class NonePassesError(Exception):
    """No lock was found that passes; says why."""


@dataclass(kw_only=True)
class Passing:
    """Finds them; what was seen on the way stays."""

    candidates: Candidates
    court: Court
    judges: tuple[Judge, ...]
    options: UpdateOptions
    say: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)
    holds: dict[Key, Hold] = field(default_factory=dict)
    before: dict[str, Judged] = field(default_factory=dict)
    """By judge: the old locks."""
    newest: dict[str, Judged] = field(default_factory=dict)
    """By judge: the new ones, nothing held back."""
    excused: dict[str, str] = field(default_factory=dict)
    """By judge: why it has no say."""
    remarks: dict[str, str] = field(default_factory=dict)
    """By judge: what it said, and not again."""

    @property
    def active(self) -> list[Judge]:
        """The judges that have a say."""
        return [each for each in self.judges if each.key not in self.excused]

    def find(self, wanted: Files) -> Files:
        """Return the newest locks that pass.

        Args:
            wanted: The newest, nothing held back.

        Raises:
            NonePassesError: There are none, or the time is over.
            NoxlockError: A judge is no good.
        """
        self._try_both(wanted)
        files = wanted
        while new := self._needed(files):
            for hold in new:
                self.say(f"held back: {hold.pin}")
                self.holds[hold.key] = hold
            try:
                files = self.candidates.make(tuple(self.holds.values()))
            except SolveError as error:
                pins = ", ".join(each.pin for each in self.holds.values())
                what = f"there is no lock with {pins}: {error}"
                raise NonePassesError(what) from error
        return files

    def _try_both(self, wanted: Files) -> None:
        """Run every judge with the old locks, then with the newest."""
        project = self.candidates.opened(wanted)
        for judge in self.judges:
            self._require_time()
            found = self.before[judge.key] = self.court.run(judge, project, old=True)
            if not found.passed:
                self.excused[judge.key] = "it does not pass with the old lock"
                self._tell(judge, "the old lock", found)
        if not self.active:
            listed = ", ".join(each.name for each in self.judges)
            raise NonePassesError(f"nothing passes with the old locks: {listed}")
        for judge in self.active:
            self._require_time()
            found = self.newest[judge.key] = self.court.run(judge, project)
            self._tell(judge, "the new lock", found)

    def _needed(self, files: Files) -> Sequence[Hold]:
        """Return what to hold besides for *files* to pass; () where they do."""
        project = self.candidates.opened(files)
        found, clashes = clashing(project, self._changes(files), self.holds)
        if found:
            return found
        if clashes:
            raise NonePassesError("; ".join(clashes))
        for judge in self.active:
            self._require_time()
            judged = self.court.run(judge, project)
            if not judged.passed and (new := self._explained(judge, files, judged)):
                return new
        if not self.active:
            listed = "; ".join(sorted(set(self.excused.values())))
            raise NonePassesError(f"nothing is left to judge by: {listed}")
        return ()

    def _explained(self, judge: Judge, files: Files, judged: Judged) -> Sequence[Hold]:
        """Return what to hold for *judge* to pass; () where that is not the lock's."""
        refusal = Refusal(
            judge=judge.name,
            kind=judge.kind,
            ruling=judged.ruling,
            difference=judged.difference,
        )
        project = self.candidates.opened(files)
        unmade = judged.ruling is Ruling.NOT_MADE
        try:
            if self.court.passes_again(judge, project):
                self.remarks[judge.key] = f"{judged.difference}; {_PASSED_AGAIN}"
                self.say(f"{judge.name}: {_PASSED_AGAIN}")
                return ()
            found = self.court.explain(judge, project, self._limits(), unmade=unmade)
        except NoxlockError as error:
            if hold := self._unplanned(error, judge, files, refusal):
                return (hold,)
            raise NonePassesError(f"{judge.name}: {error}") from error
        if what := _EXCUSES.get(found.verdict):
            return self._excused(judge, what)
        new, beyond = chosen(found, refusal, self.holds, self._changes(files))
        new = new or suspected(found, refusal, self.holds)
        if not new:
            nothing = f"nothing holds back {', '.join(beyond)}" if beyond else ""
            why = nothing or found.reason or "it is not explained"
            raise NonePassesError(f"{judge.name} {judged.ruling}: {why}")
        return new

    def _unplanned(
        self,
        error: NoxlockError,
        judge: Judge,
        files: Files,
        refusal: Refusal,
    ) -> Hold | None:
        """Return what holds the package for which there is nothing here any more."""
        lock = judge.environment.pypi
        if lock is None or not error.key:
            return None
        for package in self.candidates.opened(files).read_lock(lock).packages:
            if package.where == error.key:
                change = self._changes(files).get((Layer.PYPI, package.name))
                hold = change and pinned(change, refusal)
                return hold if hold and hold.key not in self.holds else None
        return None

    def _excused(self, judge: Judge, why: str) -> tuple[()]:
        self.excused[judge.key] = why
        self.say(f"{judge.name}: {why}")
        return ()

    def _limits(self) -> Limits:
        left = self.options.timeout
        if left is not None:
            left += self.started - time.monotonic()
        return Limits(
            jobs=self.options.jobs,
            most_runs=self.options.max_runs,
            seconds=left,
            releases=self.options.releases,
        )

    def _changes(self, files: Files) -> dict[Key, LockChange]:
        return {
            (change.layer, change.name): change
            for each in self.candidates.differences(self.candidates.old, files)
            for change in each.changes
        }

    def _require_time(self) -> None:
        limit = self.options.timeout
        if limit is not None and time.monotonic() - self.started >= limit:
            raise NonePassesError(f"the {limit:g} s of --timeout are over")

    def _tell(self, judge: Judge, lock: str, found: Judged) -> None:
        more = f": {found.difference}" if found.difference else ""
        self.say(f"{judge.name}: {found.ruling} with {lock}{more}")
