"""Update locks; hold back what makes a judge refuse them."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.model.culprit import CulpritVerdict
from noxlock.model.update import Judged, JudgeRow, UpdateVerdict
from noxlock.report.counts import counted
from noxlock.workflows.culprit.why import Limits
from noxlock.workflows.repro.alone import alone
from noxlock.workflows.settled import remember_settled
from noxlock.workflows.update.agreeing import clashing
from noxlock.workflows.update.candidates import Candidates
from noxlock.workflows.update.holding import Refusal, chosen, suspected
from noxlock.workflows.update.judges import find_judges
from noxlock.workflows.update.neglect import advisories_of, neglect_of
from noxlock.workflows.update.telling import Ended, Left, kept_back, told
from noxlock.workflows.update.trying import Court

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from noxlock.model import LockChange
    from noxlock.model.update import UpdateReport
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.advisories import Osv
    from noxlock.workflows.update.candidates import Files
    from noxlock.workflows.update.holding import Hold, Key
    from noxlock.workflows.update.judges import Judge, Judges
    from noxlock.workflows.update.options import UpdateOptions
    from noxlock.workflows.update.trying import Watching

__all__ = ["UpdateRequest", "run_update"]

FOLDER = "update"
_EXCUSES: Final = {
    CulpritVerdict.NOT_THE_LOCK: "it does not always pass with the old lock either",
    CulpritVerdict.NO_DRIFT: "it passed with the new lock when it was run again",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateRequest:
    """What is to be updated, and where."""

    project: Project
    options: UpdateOptions
    nox_folder: Path
    environ: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where it works."""
        return self.nox_folder / FOLDER


def run_update(
    request: UpdateRequest, parts: Parts, watching: Watching
) -> UpdateReport:
    """Lock again, and leave the newest locks that every judge lets pass.

    The project's locks are replaced at the very end, and only by what was run.

    Args:
        request: What to update.
        parts: The store, the index, the builder.
        watching: Gives what shows where a search stands.

    Raises:
        DefinitionError: Nothing is declared that can be updated, or judge it.
        StaleLockError: A lock is stale before, or was changed meanwhile.
        SolveError: A tool failed.
    """
    with alone(request.folder, parts.progress.say):
        work = request.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        options = request.options
        candidates = Candidates(
            project=request.project,
            parts=parts,
            folder=request.nox_folder / "noxlock",
            work=work,
            names=options.names,
        )
        judges = find_judges(
            request.project, options, request.nox_folder, request.environ
        )
        court = Court(
            parts=parts,
            old=request.project.with_locks(candidates.locks(candidates.old)),
            folder=work / "judges",
            environ=request.environ,
            watching=watching,
        )
        updating = _Updating(
            request=request,
            parts=parts,
            candidates=candidates,
            court=court,
            judges=judges,
            known=advisories_of(options.advisories),
        )
        try:
            return updating.run()
        finally:
            shutil.rmtree(work, ignore_errors=True)


class _EndError(Exception):
    """No lock is found that passes."""


@dataclass(kw_only=True)
class _Updating:
    request: UpdateRequest
    parts: Parts
    candidates: Candidates
    court: Court
    judges: Judges
    known: tuple[Osv, ...] | None
    """Advisories; None: nobody said where to look."""
    started: float = field(default_factory=time.monotonic)
    holds: dict[Key, Hold] = field(default_factory=dict)
    before: dict[str, Judged] = field(default_factory=dict)
    """By judge: the old locks."""
    newest: dict[str, Judged] = field(default_factory=dict)
    """By judge: the new ones, nothing held back."""
    excused: dict[str, str] = field(default_factory=dict)
    """By judge: why it has no say."""

    def run(self) -> UpdateReport:
        old = self.candidates.old
        wanted = self.candidates.make(())
        if wanted == old:
            return self._told(wanted, wanted, UpdateVerdict.CURRENT)
        count = sum(len(e.changes) for e in self.candidates.differences(old, wanted))
        self._say(f"{counted(count, 'package')} would change; they are tried first")
        try:
            self._try_both(wanted)
            files = self._passing(wanted)
        except _EndError as error:
            return self._told(old, wanted, UpdateVerdict.FAILED, str(error))
        held = UpdateVerdict.HELD if self.holds else UpdateVerdict.UPDATED
        if not self.request.options.dry_run:
            self._write(files)
        verdict = UpdateVerdict.CURRENT if files == old else held
        return self._told(files, wanted, verdict)

    def _try_both(self, wanted: Files) -> None:
        """Run every judge with the old locks, then with the newest."""
        project = self._project(wanted)
        for judge in self.judges.judges:
            self._in_time()
            found = self.before[judge.key] = self.court.try_old(judge, project)
            if not found.passed:
                self.excused[judge.key] = "it does not pass with the old lock"
                self._tell(judge, "the old lock", found)
        if not self._active:
            listed = ", ".join(each.name for each in self.judges.judges)
            raise _EndError(f"nothing passes with the old locks: {listed}")
        for judge in self._active:
            self._in_time()
            found = self.newest[judge.key] = self.court.try_new(judge, project)
            self._tell(judge, "the new lock", found)

    def _passing(self, files: Files) -> Files:
        """Return the newest locks that pass, found by holding more and more back."""
        while True:
            project = self._project(files)
            new = self._disagreeing(project, files) or self._refused(project, files)
            if not self._active:
                listed = "; ".join(sorted(set(self.excused.values())))
                raise _EndError(f"nothing is left to judge by: {listed}")
            if not new:
                return files
            for hold in new:
                self._say(f"held back: {hold.pin}")
                self.holds[hold.key] = hold
            files = self.candidates.make(tuple(self.holds.values()))

    def _disagreeing(self, project: Project, files: Files) -> Sequence[Hold]:
        """Return what to hold for two locks of one environment to agree."""
        return clashing(project, self._changes(files), self.holds)

    def _refused(self, project: Project, files: Files) -> Sequence[Hold]:
        """Return what to hold for the first judge that refuses *files*; () for none."""
        for judge in self._active:
            self._in_time()
            found = self.court.try_new(judge, project)
            if not found.passed:
                refusal = Refusal(
                    judge=judge.name,
                    kind=judge.kind,
                    ruling=found.ruling,
                    difference=found.difference,
                )
                if new := self._explained(judge, project, files, refusal):
                    return new
        return ()

    def _explained(
        self, judge: Judge, project: Project, files: Files, refusal: Refusal
    ) -> Sequence[Hold]:
        options = self.request.options
        left = None
        if options.timeout is not None:
            left = self.started + options.timeout - time.monotonic()
        limits = Limits(
            jobs=options.jobs,
            most_runs=options.max_runs,
            seconds=left,
            releases=options.releases,
        )
        found = self.court.explain(judge, project, limits)
        if what := _EXCUSES.get(found.verdict):
            self.excused[judge.key] = what
            self._say(f"{judge.name}: {what}")
            return ()
        changes = self._changes(files)
        new, beyond = chosen(found, refusal, self.holds, changes)
        new = new or suspected(found, refusal, self.holds)
        if not new:
            why = f"nothing holds back {', '.join(beyond)}" if beyond else found.reason
            raise _EndError(f"{judge.name} {refusal.ruling}: {why or 'unexplained'}")
        return new

    def _changes(self, files: Files) -> dict[Key, LockChange]:
        differences = self.candidates.differences(self.candidates.old, files)
        return {
            (change.layer, change.name): change
            for each in differences
            for change in each.changes
        }

    @property
    def _active(self) -> list[Judge]:
        return [each for each in self.judges.judges if each.key not in self.excused]

    def _project(self, files: Files) -> Project:
        return self.request.project.with_locks(self.candidates.locks(files))

    def _in_time(self) -> None:
        limit = self.request.options.timeout
        if limit is not None and time.monotonic() - self.started >= limit:
            raise _EndError(f"the {limit:g} s of --timeout are over")

    def _write(self, files: Files) -> None:
        changed = self.candidates.write(files)
        for name in self.request.project.definitions.locks:
            if name in changed:
                remember_settled(self.request.project, name)

    def _told(
        self, files: Files, wanted: Files, verdict: UpdateVerdict, reason: str = ""
    ) -> UpdateReport:
        failed = verdict is UpdateVerdict.FAILED
        rows = []
        project = self._project(files)
        for judge in self.judges.judges:
            old = self.before.get(judge.key)
            final = None
            if old is not None and not failed and judge.key not in self.excused:
                final = self.court.try_new(judge, project)
            rows.append(
                JudgeRow(
                    name=judge.name,
                    kind=judge.kind,
                    old=old,
                    new=self.newest.get(judge.key),
                    final=final,
                    reason=self.excused.get(judge.key, ""),
                )
            )
        rows += [
            JudgeRow(name=name, kind=kind, reason=why)
            for name, kind, why in self.judges.silent
        ]
        ended = Ended(
            verdict=verdict,
            reason=reason,
            holds=tuple(self.holds.values()),
            judges=tuple(rows),
            runs=self.court.runs,
            seconds=time.monotonic() - self.started,
        )
        back = kept_back(self.candidates, files, wanted) if self.holds else {}
        options = self.request.options
        neglect = neglect_of(back, self.known, self.parts)
        return told(
            ended,
            self.candidates,
            Left(files=files, wanted=wanted, dry_run=options.dry_run),
            neglect,
        )

    def _tell(self, judge: Judge, lock: str, found: Judged) -> None:
        more = f": {found.difference}" if found.difference else ""
        self._say(f"{judge.name}: {found.ruling} with {lock}{more}")

    def _say(self, message: str) -> None:
        self.parts.progress.say(message)
