"""Why a check drifts, in words: the one sentence, and what is said besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from noxlock.model import ChangeKind
from noxlock.model.culprit import ChangedLayer, CulpritVerdict
from noxlock.report.counts import counted
from noxlock.report.suspects import cause_name
from noxlock.report.words import plain, shortened, took

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model.culprit import Blamed, Changed, Culprit, CulpritReport

__all__ = ["change", "culprit_line", "listed", "notes", "sentence"]

_NAMED: Final = 5
_CAUSES: Final = 3
_LINE: Final = 200


def sentence(found: CulpritReport) -> str:
    """Return why the check drifts: `digits drifts because scipy 1.14.1 -> 1.15.0`."""
    cost = f"{counted(found.environments, 'environment')}, {took(found.seconds)}"
    return plain("; ".join(filter(None, (*_clauses(found), cost))))


def _clauses(found: CulpritReport) -> Iterator[str]:
    match found.verdict:
        case CulpritVerdict.EXPLAINED:
            yield _because(found)
            yield _first_bad(found.culprits)
            if not found.complete:
                yield f"{_ended(found)}, before all first bad releases were found"
                yield "run again to go on"
        case CulpritVerdict.UNEXPLAINED:
            yield from _unexplained(found)
        case CulpritVerdict.NOT_THE_LOCK:
            yield from _not_the_lock(found)
        case CulpritVerdict.NO_DRIFT:
            yield f"{found.check} does not drift: both locks give the same result"
        case _:
            assert_never(found.verdict)


def _because(found: CulpritReport) -> str:
    said = [culprit_line(each) for each in found.culprits]
    if len(said) == 1:
        return f"{found.check} drifts because {said[0]}"
    reasons = f"{', '.join(said[:-1])}, and {said[-1]}"
    return f"{found.check} drifts for {len(said)} independent reasons: {reasons}"


def _unexplained(found: CulpritReport) -> Iterator[str]:
    if found.culprits:
        yield _because(found)
        if found.complete:
            yield f"not proven to be all: {found.reason}"
            return
        yield f"{_ended(found)}, before this was proven to be all"
    elif found.complete:
        yield f"{found.check} is not explained: {found.reason}"
        return
    elif found.suspects:
        among = listed([each.name for each in found.suspects])
        one = "one of " if len(found.suspects) > 1 else ""
        yield f"{found.check} is not explained yet: {_ended(found)}: {one}{among}"
    else:
        yield f"{found.check} is not explained yet: {_ended(found)}"
    yield "run again to go on"


def _ended(found: CulpritReport) -> str:
    return f"ended after {counted(found.runs, 'run')}"


def _not_the_lock(found: CulpritReport) -> Iterator[str]:
    if found.noise:
        yield f"{found.check} drifts at random, with either lock: noise, not a package"
    else:
        yield (
            f"{found.check} drifts with the old lock too: the machine or the data,"
            " not a package"
        )
    yield shortened(found.difference, _LINE)
    if found.causes and not found.noise:
        names = [cause_name(each) for each in found.causes]
        more = len(names) - _CAUSES
        rest = f" and {more} more" if more > 0 else ""
        yield f"changed since the baseline: {', '.join(names[:_CAUSES])}{rest}"


def listed(names: Sequence[str]) -> str:
    """Return all of a few names; of many, how many."""
    if len(names) > _NAMED:
        return counted(len(names), "change")
    return ", ".join(names)


def culprit_line(culprit: Culprit) -> str:
    """Return `scipy 1.14.1 -> 1.15.0 together with numpy 1.26.4 -> 2.0.0`.

    What the project asks for itself comes first.
    """
    nearest = sorted(culprit.packages, key=lambda each: len(each.path) or _LINE)
    first, *others = (change(each) for each in nearest)
    if not others:
        return first
    rest = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    shown = others[:_NAMED]
    if not rest and len(shown) > 1:
        shown = [*shown[:-2], f"{shown[-2]} and {shown[-1]}"]
    return f"{first} together with {', '.join(shown)}{rest}"


def change(package: Blamed | Changed) -> str:
    """Return what happened to a package: `scipy 1.14.1 -> 1.15.0`, and why it is there.

    In brackets: that conda brings it, what tells two builds apart, what needs it.
    """
    interpreter = package.layer is ChangedLayer.INTERPRETER
    name = "CPython" if interpreter else package.name
    conda = "conda" if package.layer is ChangedLayer.CONDA else ""
    remarks = [" ".join(filter(None, (conda, package.detail))), _needed(package.path)]
    remark = ", ".join(filter(None, remarks))
    return f"{name} {_moved(package)}" + (f" ({remark})" if remark else "")


def _moved(package: Blamed | Changed) -> str:
    old, new = package.old, package.new
    match package.kind:
        case ChangeKind.ADDED:
            return f"{new} was added" if new else "was added"
        case ChangeKind.REMOVED:
            return f"{old} was removed" if old else "was removed"
        case ChangeKind.REBUILT if new:
            return f"{new} was rebuilt under the same version"
        case ChangeKind.REBUILT:
            return "changed"
        case _:
            return f"{old or '(no version)'} -> {new or '(no version)'}"


def _needed(path: Sequence[str]) -> str:
    if len(path) < 2:  # noqa: PLR2004 - the project asks for it
        return ""
    root, *between, _ = path
    through = f" through {', '.join(between)}" if between else ""
    return f"needed by {root}{through}"


def _first_bad(culprits: Sequence[Culprit]) -> str:
    packages = [
        each
        for culprit in culprits
        for each in culprit.packages
        # Which interpreters lie between is not looked for.
        if each.first_bad and each.layer is not ChangedLayer.INTERPRETER
    ]
    if not packages:
        return ""
    if sum(len(culprit.packages) for culprit in culprits) == 1:
        return f"first bad release {_release(packages[0])}"
    word = "release" if len(packages) == 1 else "releases"
    said = ", ".join(f"{each.name} {_release(each)}" for each in packages[:_NAMED])
    more = f" and {len(packages) - _NAMED} more" if len(packages) > _NAMED else ""
    return f"first bad {word} {said}{more}"


def _release(package: Blamed) -> str:
    said = str(package.first_bad)
    if package.last_good is None:
        said += " of those tested"
    elif not package.adjacent:
        said += f" or one after {package.last_good} that could not be tested"
    if package.good_again:
        return f"{said}, back to good at {package.good_again}"
    if package.bad_before:
        return f"{said}, but {package.bad_before} drifts too"
    return f"{said}, not all after it are bad" if package.returns else said


def notes(found: CulpritReport) -> Iterator[str]:
    """Yield what the sentence leaves out: how it differs, the proof, what came too."""
    if found.old and found.new:
        yield f"{counted(found.changed, 'change')} from {found.old} to {found.new}"
    if found.verdict is CulpritVerdict.NOT_THE_LOCK:
        return
    several = len(found.culprits) > 1
    for number, culprit in enumerate(found.culprits, 1):
        mark = f" {number}" if several else ""
        if culprit.difference:
            yield f"difference{mark}: {shortened(culprit.difference, _LINE)}"
        yield f"proof{mark}: {_proof(culprit, several=several)}"
        if culprit.along:
            came = listed([change(each) for each in culprit.along])
            yield f"came along{mark}, needed but not to blame: {came}"
    if not found.culprits and found.difference:
        yield f"difference: {shortened(found.difference, _LINE)}"
    if found.suspects:
        yield f"suspects: {listed([change(each) for each in found.suspects])}"


def _proof(culprit: Culprit, *, several: bool) -> str:
    it = "them" if len(culprit.packages) > 1 else "it"
    drifts = "drifts" if culprit.sufficient else "was not shown to drift"
    said = [f"the old lock with {it} {drifts}"]
    if culprit.necessary:
        less = "without all of these" if several else f"without {it}"
        said.append(f"the new lock {less} does not")
    else:
        said.append(f"whether the new lock without {it} still does is not known")
    if len(culprit.packages) > 1 and not culprit.minimal:
        said.append("not all of them may be needed: some could not be tested apart")
    return plain(", ".join(said))
