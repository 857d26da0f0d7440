"""Try locks before judges, and find out what a judge refuses one for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from noxlock.errors import FetchError, NoxlockError
from noxlock.locks.difference.ways import ways_of_lock, ways_of_platform
from noxlock.model.update import Judged, Ruling
from noxlock.plan import platform_of
from noxlock.report.progress import Quiet
from noxlock.search import Observation, Probe
from noxlock.workflows.culprit.metadata import read_metadata
from noxlock.workflows.culprit.mixes import Mixes
from noxlock.workflows.culprit.releases import find_releases, satisfies
from noxlock.workflows.culprit.seen import Ledger, Seen, SeenKind, outcome
from noxlock.workflows.culprit.sides import Side
from noxlock.workflows.culprit.told import Known, Ran, paths, standing, told
from noxlock.workflows.culprit.trials import OLD, Trials
from noxlock.workflows.culprit.why import Limits, explain
from noxlock.workflows.lock_files import lock_of
from noxlock.workflows.repro.request import CheckRequest
from noxlock.workflows.requests import BuildRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from noxlock.locks.difference.ways import Ways
    from noxlock.model.culprit import CulpritReport, Standing
    from noxlock.search import Candidate, Change
    from noxlock.workflows.culprit.why import Explained
    from noxlock.workflows.environments import Builder, BuiltEnvironment
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.judges import Judge

__all__ = ["Court", "Watching"]

Watching: TypeAlias = "Callable[[], AbstractContextManager[Callable[[Standing], None]]]"
"""Gives what shows where a search stands, while one runs."""

_RULINGS: Final = {
    SeenKind.SAME: Ruling.PASSED,
    SeenKind.DRIFTED: Ruling.DRIFTED,
    SeenKind.FAILED: Ruling.FAILED,
    SeenKind.NOT_MADE: Ruling.NOT_MADE,
}
_UNTOUCHED: Final = Judged(ruling=Ruling.UNTOUCHED)


@dataclass(kw_only=True)
class Court:
    """Tries locks before judges; what was seen of an environment is known then."""

    parts: Parts
    old: Project
    """With the locks as they are."""
    folder: Path
    environ: Mapping[str, str]
    watching: Watching
    runs: int = 0
    _known: dict[tuple[str, str], Judged] = field(default_factory=dict)

    def try_old(self, judge: Judge, new: Project) -> Judged:
        """Return what the old locks come to, where *new* ones would change anything.

        Raises:
            NoxlockError: The judge itself is no good.
        """
        return self._tried(judge, new, old=True)

    def try_new(self, judge: Judge, new: Project) -> Judged:
        """Return what *new* locks come to."""
        return self._tried(judge, new, old=False)

    def _tried(self, judge: Judge, new: Project, *, old: bool) -> Judged:
        try:
            mixes = self._mixes(judge, new)
        except NoxlockError as error:
            return Judged(ruling=Ruling.NOT_MADE, difference=str(error))
        if mixes.old.plan.key == mixes.new.plan.key:
            return _UNTOUCHED
        plan = mixes.old.plan if old else mixes.new.plan
        key = judge.key, plan.key
        if key not in self._known:
            whole = frozenset(each.id for each in mixes.changes.changed)
            probe = OLD if old else Probe(new=whole)
            trials = self._trials(judge, mixes)
            self._known[key] = _judged(trials.run(probe, 0))
            self.runs += trials.fresh
        return self._known[key]

    def explain(self, judge: Judge, new: Project, limits: Limits) -> CulpritReport:
        """Return why *judge* refuses *new* locks.

        Raises:
            NoxlockError: A run could not even be begun.
        """
        mixes = self._mixes(judge, new)
        trials = self._trials(judge, mixes)
        with self.watching() as watch:
            found = explain(
                trials,
                mixes,
                replace(limits, jobs=1) if judge.alone else limits,
                releases=lambda change: self._releases(change, mixes.new),
                watch=lambda progress: watch(standing(progress, mixes.changes)),
            )
        self.runs += trials.fresh
        return told(found.conclusion, _known(judge, mixes, found))

    def _releases(self, change: Change, new: Side) -> Sequence[Candidate] | None:
        """Return those between; None, and a warning, where no index tells."""
        base = (new.request.root / new.request.lock_file).parent
        try:
            return find_releases(change, new.plan, self._builder.supplies, base=base)
        except FetchError as error:
            what = f"the first bad release is not looked for: {error}"
            self.parts.progress.warn(what)
            return None

    @property
    def _builder(self) -> Builder:
        return replace(self.parts.builder, progress=Quiet())

    def _mixes(self, judge: Judge, new: Project) -> Mixes:
        first = self._side(judge, self.old, "the old lock")
        last = self._side(judge, new, "the new lock")
        supplies = self._builder.supplies
        said = read_metadata(first.plan, supplies) | read_metadata(last.plan, supplies)
        return Mixes.of(first, last, metadata=said, satisfies=satisfies)

    def _side(self, judge: Judge, project: Project, said: str) -> Side:
        environment = judge.environment
        pypi, conda = environment.pypi, environment.conda
        request = BuildRequest(
            root=project.root,
            name=judge.name,
            environment=environment,
            python=judge.python,
            prefix=self.folder / judge.key / "env",
            project=judge.install,
            lock=project.lock_file(pypi) if pypi else None,
            lock_file=pypi or "",
            conda=project.conda_lock_file(conda) if conda else None,
        )
        planned, python = self._builder.plan(request)
        return Side(said=said, request=request, plan=planned, python=python)

    def _trials(self, judge: Judge, mixes: Mixes) -> Trials:
        folder = self.folder / judge.key

        def request(built: BuiltEnvironment, place: Path) -> CheckRequest:
            return CheckRequest(
                root=judge.root,
                name=judge.name,
                check=judge.check,
                built=built,
                environ=self.environ,
                nox_folder=place,
                vary=False,
            )

        return Trials(
            check=judge.check,
            mixes=mixes,
            builder=self._builder,
            folder=folder,
            ledger=Ledger(folder / "seen"),
            kept=folder / "reference",
            request=request,
            profile=judge.profile,
            inputs=judge.inputs,
            reference=judge.reference,
        )


def _judged(seen: Seen) -> Judged:
    return Judged(
        ruling=_RULINGS[seen.kind],
        difference=seen.difference,
        seconds=seen.seconds + seen.overhead,
    )


def _known(judge: Judge, mixes: Mixes, found: Explained) -> Known:
    ran = [
        Ran(
            seen=Observation(probe=probe, outcome=outcome(seen, failing=found.failing)),
            difference="" if seen.kind is SeenKind.NOT_MADE else seen.difference,
            seconds=seen.seconds + seen.overhead,
        )
        for probe, seen in found.runs
    ]
    return Known(
        check=judge.name,
        changes=mixes.changes,
        ran=ran,
        seconds=found.seconds,
        old=mixes.old.said,
        new=mixes.new.said,
        ways=paths(mixes.changes, *_ways(mixes.new), *_ways(mixes.old)),
    )


def _ways(side: Side) -> list[Ways]:
    """Return the ways to packages that the locks of *side* tell."""
    found = [] if side.lock is None else [ways_of_lock(side.lock)]
    if side.request.conda is not None:
        platform = platform_of(lock_of(side.request.conda), side.plan.target)
        found.append(ways_of_platform(platform))
    return found
