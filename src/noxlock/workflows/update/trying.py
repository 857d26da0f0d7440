"""Try locks before judges, and find out what a judge refuses one for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import structs

from noxlock.errors import NoxlockError
from noxlock.model.update import Judged, Ruling
from noxlock.report.progress import Quiet
from noxlock.search import Probe
from noxlock.workflows.culprit.evidence import evidence
from noxlock.workflows.culprit.metadata import read_metadata
from noxlock.workflows.culprit.mixes import Mixes
from noxlock.workflows.culprit.releases import listed_releases, satisfies
from noxlock.workflows.culprit.seen import Ledger, Seen, SeenKind
from noxlock.workflows.culprit.sides import Side
from noxlock.workflows.culprit.told import standing, told
from noxlock.workflows.culprit.trials import Trials
from noxlock.workflows.culprit.why import Limits, explain
from noxlock.workflows.repro.request import CheckRequest
from noxlock.workflows.requests import BuildRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from noxlock.model.culprit import CulpritReport, Standing
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

    def run(self, judge: Judge, new: Project, *, old: bool = False) -> Judged:
        """Return what *new* locks come to before *judge*; or the old ones.

        Nothing is run where *new* locks change nothing in its environment.
        """
        first = last = None
        try:
            first = self._side(judge, self.old, "the old lock")
            last = self._side(judge, new, "the new lock")
        except NoxlockError as error:
            if first is None or not old:
                return Judged(ruling=Ruling.NOT_MADE, difference=str(error))
        if last is not None and first.plan.key == last.plan.key:
            return _UNTOUCHED
        key = judge.key, first.plan.key if old or last is None else last.plan.key
        if key not in self._known:
            mixes = self._mixes_of(first, first if old or last is None else last)
            trials = self._trials(judge, mixes)
            self._known[key] = _judged(trials.run(_whole(mixes), 0))
            self.runs += trials.fresh
        return self._known[key]

    def passes_again(self, judge: Judge, new: Project) -> bool:
        """Return whether *judge* lets *new* locks pass that it refused, run once more.

        Raises:
            NoxlockError: There is no such environment.
        """
        mixes = self._mixes(judge, new)
        trials = self._trials(judge, mixes)
        trials.run(_whole(mixes), 0)  # the run that there was
        again = _judged(trials.run(_whole(mixes), 0))
        self.runs += trials.fresh
        if again.passed:
            self._known[judge.key, mixes.new.plan.key] = again
        return again.passed

    def touched(self, judge: Judge, new: Project) -> frozenset[tuple[str, str]]:
        """Return what *new* locks change in the environment of *judge*: lock, name."""
        changed = self._mixes(judge, new).changes.changed
        locks = judge.environment.locks
        return frozenset((lock, each.name) for lock in locks for each in changed)

    def explain(
        self, judge: Judge, new: Project, limits: Limits, *, unmade: bool
    ) -> CulpritReport:
        """Return why *judge* refuses *new* locks.

        Args:
            judge: It.
            new: The project with these locks.
            limits: What the search may cost.
            unmade: Whether it does so because there is no such environment.

        Raises:
            NoxlockError: The locks have nothing for it.
        """
        mixes = self._mixes(judge, new)
        trials = self._trials(judge, mixes)
        trials.is_failure = unmade
        with self.watching() as watch:
            found = explain(
                trials,
                mixes,
                replace(limits, jobs=1) if judge.alone else limits,
                releases=partial(
                    listed_releases,
                    new=mixes.new,
                    supplies=self._builder.supplies,
                    warn=self.parts.progress.warn,
                ),
                watch=lambda progress: watch(standing(progress, mixes.changes)),
            )
        self.runs += trials.fresh
        known = evidence(judge.name, mixes, found, None, judge.inputs)
        return told(found.conclusion, known)

    @property
    def _builder(self) -> Builder:
        return replace(self.parts.builder, progress=Quiet())

    def _mixes(self, judge: Judge, new: Project) -> Mixes:
        first = self._side(judge, self.old, "the old lock")
        return self._mixes_of(first, self._side(judge, new, "the new lock"))

    def _mixes_of(self, first: Side, last: Side) -> Mixes:
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

    def _trials(self, judge: Judge, mixes: Mixes) -> _Trials:
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

        return _Trials(
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


@dataclass(kw_only=True)
class _Trials(Trials):
    is_failure: bool = False
    """Whether an environment that cannot be made counts as a failure of the judge."""

    def run(self, probe: Probe, slot: int) -> Seen:
        """Return what one run of *probe* came to."""
        seen = super().run(probe, slot)
        if self.is_failure and seen.kind is SeenKind.NOT_MADE:
            return structs.replace(seen, kind=SeenKind.FAILED)
        return seen


def _whole(mixes: Mixes) -> Probe:
    """Return the new lock itself."""
    return Probe(new=frozenset(each.id for each in mixes.changes.changed))


def _judged(seen: Seen) -> Judged:
    return Judged(
        ruling=_RULINGS[seen.kind],
        difference=seen.difference,
        seconds=seen.seconds + seen.overhead,
    )
