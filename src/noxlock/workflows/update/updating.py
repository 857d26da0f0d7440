"""Update the locks of a project; hold back what makes a judge refuse them."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import structs

from noxlock.model.update import JudgeRow, UpdateVerdict
from noxlock.report.counts import counted
from noxlock.workflows.repro.alone import alone
from noxlock.workflows.settled import remember_settled
from noxlock.workflows.update.advisories import read_advisories
from noxlock.workflows.update.candidates import Candidates
from noxlock.workflows.update.judges import find_judges
from noxlock.workflows.update.neglect import neglect_of
from noxlock.workflows.update.passing import NonePassesError, Passing
from noxlock.workflows.update.telling import Ended, Left, kept_back, told
from noxlock.workflows.update.trying import Court

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from noxlock.model.update import UpdateReport
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.advisories import Osv
    from noxlock.workflows.update.candidates import Files
    from noxlock.workflows.update.judges import Judges
    from noxlock.workflows.update.options import UpdateOptions
    from noxlock.workflows.update.trying import Watching

__all__ = ["UpdateRequest", "run_update"]

FOLDER: Final = "update"


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
        try:
            return _Updating.of(request, parts, watching, work).run()
        finally:
            shutil.rmtree(work, ignore_errors=True)


@dataclass(kw_only=True)
class _Updating:
    request: UpdateRequest
    parts: Parts
    candidates: Candidates
    court: Court
    judges: Judges
    known: tuple[Osv, ...] | None
    """Advisories; None: nobody said where to look."""
    passing: Passing

    @classmethod
    def of(
        cls, request: UpdateRequest, parts: Parts, watching: Watching, work: Path
    ) -> _Updating:
        """Return what does the work, all that the user asks for being sound."""
        project, options = request.project, request.options
        known = read_advisories(options.advisories) if options.advisories else None
        candidates = Candidates(
            project=project,
            parts=parts,
            folder=request.nox_folder / "noxlock",
            work=work,
            names=options.names,
        )
        old = candidates.opened(candidates.old)
        judges = find_judges(project, options, request.nox_folder, request.environ)
        court = Court(
            parts=parts,
            old=old,
            folder=work / "judges",
            environ=request.environ,
            watching=watching,
        )
        passing = Passing(
            candidates=candidates,
            court=court,
            judges=judges.judges,
            options=options,
            say=parts.progress.say,
        )
        return cls(
            request=request,
            parts=parts,
            candidates=candidates,
            court=court,
            judges=judges,
            known=known,
            passing=passing,
        )

    def run(self) -> UpdateReport:
        old, wanted = self.candidates.old, self.candidates.make(())
        if wanted == old:
            return self._told(old, wanted, UpdateVerdict.CURRENT)
        count = sum(len(e.changes) for e in self.candidates.differences(old, wanted))
        would = f"{counted(count, 'package')} would change; they are tried first"
        self.parts.progress.say(would)
        try:
            files = self.passing.find(wanted)
        except NonePassesError as error:
            return self._told(old, wanted, UpdateVerdict.FAILED, str(error))
        if not self.request.options.dry_run:
            self._write(files)
        if files == old:
            return self._told(files, wanted, UpdateVerdict.CURRENT)
        held = UpdateVerdict.HELD if self.passing.holds else UpdateVerdict.UPDATED
        return self._told(files, wanted, held)

    def _write(self, files: Files) -> None:
        changed = self.candidates.write(files)
        project = self.request.project
        for name in project.definitions.locks:
            if name in changed:
                remember_settled(project, name)

    def _told(
        self, files: Files, wanted: Files, verdict: UpdateVerdict, reason: str = ""
    ) -> UpdateReport:
        passing, tried = self.passing, verdict is not UpdateVerdict.FAILED
        project = self.candidates.opened(files)
        judging = passing.active if tried and passing.before else []
        touched = [self.court.touched(judge, project) for judge in judging]
        holds = tuple(passing.holds.values()) if tried else ()
        back = kept_back(self.candidates, files, wanted) if holds else {}
        ended = Ended(
            verdict=verdict,
            reason=reason,
            holds=holds,
            touched=frozenset[tuple[str, str]]().union(*touched),
            judges=tuple(self._rows(project, tried=tried)),
            runs=self.court.runs,
            seconds=time.monotonic() - passing.started,
        )
        dry_run = self.request.options.dry_run
        left = Left(files=files, wanted=wanted, dry_run=dry_run)
        neglect = neglect_of(back, self.known, self.parts)
        report = told(ended, self.candidates, left, neglect)
        advised = ", ".join(map(str, self.request.options.advisories))
        return structs.replace(report, advised=advised)

    def _rows(self, project: Project, *, tried: bool) -> Iterator[JudgeRow]:
        passing = self.passing
        for judge in self.judges.judges:
            old = passing.before.get(judge.key)
            why = passing.excused.get(judge.key, "")
            asked = tried and old is not None and not why
            yield JudgeRow(
                name=judge.name,
                kind=judge.kind,
                old=old,
                new=passing.newest.get(judge.key),
                final=self.court.run(judge, project) if asked else None,
                reason=why,
                remark=passing.remarks.get(judge.key, ""),
            )
        for name, kind, why in self.judges.silent:
            yield JudgeRow(name=name, kind=kind, reason=why)
