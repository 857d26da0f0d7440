"""Put what the search found into the values that are said. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from noxlock import search
from noxlock.locks.difference.order import compare_versions
from noxlock.model import ChangeKind, CondaPackage, Layer
from noxlock.model.culprit import (
    Blamed,
    Changed,
    ChangedLayer,
    Culprit,
    CulpritReport,
    CulpritVerdict,
    Standing,
    Untold,
)
from noxlock.report.pins import pin
from noxlock.search import Probe, SearchVerdict
from noxlock.workflows.culprit.tried import Known, Ran, Trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from noxlock.locks.difference.ways import Ways
    from noxlock.search import Change, ChangeId, Changes, Conclusion, Progress

__all__ = ["Known", "Ran", "paths", "standing", "told"]


def told(conclusion: Conclusion, known: Known) -> CulpritReport:
    """Return what is said of *conclusion*, and written as JSON."""
    unresolved = {each.probe: each.reason for each in conclusion.unresolved}
    bad = [culprit.probe for culprit in conclusion.culprits]
    trials = Trials(known, unresolved, bad)
    changes = {change.id: change for change in known.changes.changed}
    verdict = CulpritVerdict(conclusion.verdict)
    old_too = verdict is CulpritVerdict.NOT_THE_LOCK and not trials.noisy()
    end = Probe() if old_too else Probe(new=trials.whole)
    return CulpritReport(
        check=known.check,
        verdict=verdict,
        culprits=tuple(
            _culprit(each, changes, trials, known.ways) for each in conclusion.culprits
        ),
        environments=conclusion.environments,
        unresolved=tuple(
            Untold(mix=trials.mix(each.probe), reason=each.reason)
            for each in conclusion.unresolved
        ),
        seconds=known.seconds,
        old=known.old,
        new=known.new,
        changed=len(changes),
        runs=conclusion.runs,
        complete=conclusion.complete,
        reason=_reason(conclusion, trials, unresolved),
        noise=verdict is CulpritVerdict.NOT_THE_LOCK and trials.noisy(),
        difference=trials.difference(end),
        suspects=tuple(
            _changed(changes[each], known.ways) for each in conclusion.suspects
        ),
        causes=known.causes,
        evidence=trials.rows(),
    )


def _reason(
    conclusion: Conclusion, trials: Trials, unresolved: Mapping[Probe, str]
) -> str:
    if not conclusion.complete or conclusion.verdict is not SearchVerdict.UNEXPLAINED:
        return conclusion.reason
    for end in (Probe(), Probe(new=trials.whole)):
        if end in unresolved:
            why = unresolved[end] or "it says nothing"
            return f"the {trials.mix(end)} could not be judged: {why}"
    if conclusion.culprits:
        return "the new lock without it could not be judged"
    return conclusion.reason


def standing(progress: Progress, changes: Changes) -> Standing:
    """Return what is said while the search runs."""
    names = {change.id: change.name for change in changes.changed}
    return Standing(
        phase=progress.phase,
        changed=len(names),
        suspects=tuple(names[each] for each in progress.suspects),
        culprits=len(progress.culprits),
        environments=progress.environments,
        at_most=progress.at_most,
    )


def paths(changes: Changes, *ways: Ways) -> dict[ChangeId, tuple[str, ...]]:
    """Return the shortest ways to all that changed, by the first lock that knows one.

    Args:
        changes: What changed.
        ways: Of the new lock, then of the old one, each of one target.
    """
    found: dict[ChangeId, tuple[str, ...]] = {}
    for change in changes.changed:
        if change.layer is search.Layer.INTERPRETER:
            continue
        key = Layer(change.layer), change.name
        path = next(filter(None, (each.path(key) for each in ways)), ())
        if path:
            found[change.id] = path
    return found


def _culprit(
    culprit: search.Culprit,
    changes: Mapping[ChangeId, Change],
    trials: Trials,
    ways: Mapping[ChangeId, Sequence[str]],
) -> Culprit:
    return Culprit(
        packages=tuple(
            _blamed(each, culprit.probe, _changed(changes[each.change], ways), trials)
            for each in culprit.packages
        ),
        sufficient=culprit.sufficient,
        necessary=culprit.necessary,
        difference=trials.difference(culprit.probe) or "; ".join(culprit.signatures),
        minimal=culprit.minimal,
        along=tuple(_changed(changes[each], ways) for each in culprit.along),
    )


def _blamed(
    package: search.CulpritPackage, probe: Probe, changed: Changed, trials: Trials
) -> Blamed:
    tested = list(trials.releases(probe, package.change))
    later = [
        v for v, bad in tested if not bad and _after(v, package.first_bad, changed)
    ]
    before = [v for v, bad in tested if bad and _after(package.last_good, v, changed)]
    found = Blamed(
        name=package.name,
        old=package.old,
        new=package.new,
        first_bad=package.first_bad,
        last_good=package.last_good,
        adjacent=package.adjacent,
        returns=package.returns,
        good_again=_nearest(later, changed),
        bad_before=_nearest(before, changed),
        layer=changed.layer,
        kind=changed.kind,
        detail=changed.detail,
        path=changed.path,
    )
    return replace(found, pin=pin(found))


def _after(version: str | None, other: str | None, changed: Changed) -> bool:
    """Return whether *version* comes after *other*, on the way from old to new."""
    if version is None or other is None:
        return False
    order = compare_versions(version, other, _layer(changed))
    return (order < 0) if changed.kind is ChangeKind.DOWNGRADED else (order > 0)


def _nearest(versions: Iterable[str], changed: Changed) -> str | None:
    """Return the one of *versions* that comes first on the way from old to new."""
    found: str | None = None
    for version in versions:
        if found is None or _after(found, version, changed):
            found = version
    return found


def _layer(changed: Changed) -> Layer:
    return Layer.CONDA if changed.layer is ChangedLayer.CONDA else Layer.PYPI


def _changed(change: Change, ways: Mapping[ChangeId, Sequence[str]]) -> Changed:
    old, new = (side.version if side else None for side in (change.old, change.new))
    found = Changed(
        name=change.name,
        old=old,
        new=new,
        layer=ChangedLayer(change.layer),
        kind=ChangeKind.UPGRADED,
        path=tuple(ways.get(change.id, ())),
    )
    if change.old is None or change.new is None:
        kind = ChangeKind.ADDED if change.old is None else ChangeKind.REMOVED
        return replace(found, kind=kind)
    if change.rebuilt:
        return replace(found, kind=ChangeKind.REBUILT, detail=_rebuilt(change))
    if old and new and compare_versions(old, new, _layer(found)) > 0:
        return replace(found, kind=ChangeKind.DOWNGRADED)
    return found


def _rebuilt(change: Change) -> str:
    """Return what tells two builds of one version apart."""
    packages = [side and side.package for side in (change.old, change.new)]
    match packages:
        case [CondaPackage(build=old), CondaPackage(build=new)] if old != new:
            return f"build {old} -> {new}"
    commits = [getattr(getattr(p, "source", None), "commit", None) for p in packages]
    if all(commits):
        return "commit {:.12} -> {:.12}".format(*commits)
    hashed = [getattr(package, "sha256", None) for package in packages]
    return "other sha256" if all(hashed) else "other files"
