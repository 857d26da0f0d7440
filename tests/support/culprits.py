"""Findings of a search for a culprit, to be said."""

from __future__ import annotations

from noxlock.model import ChangeKind
from noxlock.model.culprit import (
    Blamed,
    Changed,
    ChangedLayer,
    Culprit,
    CulpritReport,
    CulpritVerdict,
    Tried,
    TriedVerdict,
)
from noxlock.report.pins import pin

__all__ = ["COEF", "EXAMPLE", "SCIPY", "blamed", "changed", "culprit", "found"]

COEF = "coefficients.npy[3] differs by 0.001 (relative 4e-5)"


def blamed(
    name: str, old: str | None = "1.0", new: str | None = "2.0", **facts: object
) -> Blamed:
    """Return a package of a culprit, with its pin."""
    given: dict[str, object] = {
        "layer": ChangedLayer.PYPI,
        "kind": ChangeKind.UPGRADED,
        "adjacent": bool(facts.get("first_bad")),
        "last_good": old if facts.get("first_bad") else None,
    }
    package = Blamed(name=name, old=old, new=new, **{**given, **facts})  # type: ignore[arg-type]
    return Blamed(**{**_fields(package), "pin": pin(package)})  # type: ignore[arg-type]


def _fields(package: Blamed) -> dict[str, object]:
    return {name: getattr(package, name) for name in package.__struct_fields__}


def changed(name: str, old: str | None = "1.0", new: str | None = "2.0") -> Changed:
    """Return a change."""
    kind = ChangeKind.UPGRADED
    return Changed(name=name, old=old, new=new, layer=ChangedLayer.PYPI, kind=kind)


def culprit(*packages: Blamed, **facts: object) -> Culprit:
    """Return a culprit that is proven."""
    given = {"sufficient": True, "necessary": True, "difference": COEF}
    return Culprit(packages=packages, **{**given, **facts})  # type: ignore[arg-type]


def found(*culprits: Culprit, **facts: object) -> CulpritReport:
    """Return what is known of `digits`."""
    given: dict[str, object] = {
        "check": "digits",
        "verdict": CulpritVerdict.EXPLAINED,
        "environments": 11,
        "seconds": 40.2,
        "changed": 34,
        "runs": 12,
    }
    return CulpritReport(culprits=culprits, **{**given, **facts})  # type: ignore[arg-type]


SCIPY = blamed(
    "scipy",
    "1.14.1",
    "1.15.0",
    first_bad="1.15.0",
    path=("scikit-learn", "scipy"),
)
EXAMPLE = found(
    culprit(SCIPY),
    environments=6,
    runs=7,
    changed=6,
    old="the baseline",
    new="the work tree",
    evidence=(
        Tried(mix="old lock", verdict=TriedVerdict.GOOD, runs=2, seconds=7.1),
        Tried(mix="new lock", verdict=TriedVerdict.BAD, difference=COEF, seconds=3.4),
        Tried(mix="old + joblib, numpy", verdict=TriedVerdict.GOOD, seconds=3.5),
        Tried(
            mix="new - numpy",
            verdict=TriedVerdict.UNRESOLVED,
            reason="ImportError: numpy.dtype size changed",
            seconds=1.2,
        ),
        Tried(
            mix="old + scipy", verdict=TriedVerdict.BAD, difference=COEF, seconds=3.3
        ),
        Tried(mix="new - scipy", verdict=TriedVerdict.GOOD, seconds=3.4),
    ),
)
