"""What changed between two records, most suspect first."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from noxlock.model import Cause, CauseKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from noxlock.model import PackageRecord, Record

__all__ = ["causes"]

_JUMPS: Final = (
    "major version",
    "minor version",
    "patch version",
    "release of the same version",
    "build of the same version",
)
"""Words for the first place in which two versions differ, the largest jump first."""

_FLAGS: Final = "cpu-flags"
_NUMERICAL: Final = re.compile(
    r"""(arrow|blis|catboost|cupy|cvxpy|dask|flax|jax|keras|lightgbm|llvmlite|mkl|
    networkx|numba|numexpr|numpy|onednn|onnx|opencv|openblas|pandas|patsy|polars|
    pyarrow|pythran|scikit|scipy|sklearn|statsmodels|sympy|tensorflow|torch|triton|
    xarray|xgboost|libblas|libcblas|liblapack|libopenblas|cuda|cudnn|nvidia|rocm)
    ([^a-z].*|lib)?""",
    re.VERBOSE,
)


def causes(
    baseline: Record, actual: Record, direct: Collection[str]
) -> tuple[Cause, ...]:
    """Return what is not what it was: inputs, packages, then all other facts.

    Packages come in the order of suspicion: loaded by the run, size of the version's
    jump, direct before transitive, numerical or compiled; by name where all is equal.
    Locks, plan keys and dates are left out: what they stand for is listed.

    Args:
        baseline: The record of the baseline.
        actual: The record of the run.
        direct: The names of the packages that the project itself asks for.
    """
    return tuple(
        chain(
            _inputs(baseline.inputs, actual.inputs),
            _packages(baseline, actual, direct),
            _facts(CauseKind.INTERPRETER, baseline.interpreter, actual.interpreter),
            _one(CauseKind.COMMAND, "command", _command(baseline), _command(actual)),
            _commit(baseline, actual),
            _one(CauseKind.PROFILE, "name", baseline.profile_name, actual.profile_name),
            _facts(CauseKind.PROFILE, baseline.profile, actual.profile),
            _facts(CauseKind.EFFECTIVE, *_both(baseline.effective, actual.effective)),
            _facts(CauseKind.MACHINE, *_machines(baseline.machine, actual.machine)),
            _one(CauseKind.TARGET, "target", baseline.target, actual.target),
        )
    )


def _inputs(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Cause]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before != after:
            yield Cause(
                kind=CauseKind.INPUT,
                name=name,
                old=_digest(before),
                new=_digest(after),
                why="declared as an input",
            )


def _digest(value: str | None) -> str | None:
    return None if value is None else f"sha256 {value[:12]}"


def _packages(baseline: Record, actual: Record, direct: Collection[str]) -> list[Cause]:
    old, new = _by_name(baseline), _by_name(actual)
    wanted = {canonicalize_name(name) for name in direct}
    loaded = {canonicalize_name(each) for each in (*baseline.loaded, *actual.loaded)}
    found = []
    for name in old.keys() | new.keys():
        before, after = old.get(name, ()), new.get(name, ())
        if _bytes(before) == _bytes(after) or _rebuilt(before, after):
            continue
        plain = canonicalize_name(name)
        jump = _jump(before, after)
        flags = (plain in loaded, plain in wanted, _weight(plain, (*before, *after)))
        rank = (not flags[0], jump, not flags[1], not flags[2], name)
        found.append((rank, _package(name, (before, after), jump, flags)))
    return [cause for _, cause in sorted(found, key=lambda each: each[0])]


def _package(
    name: str,
    sides: tuple[tuple[PackageRecord, ...], tuple[PackageRecord, ...]],
    jump: int,
    flags: tuple[bool, bool, str],
) -> Cause:
    before, after = sides
    loaded, direct, weight = flags
    size = "new" if not before else "gone" if not after else _JUMPS[jump]
    words = (
        "loaded by the run" if loaded else "",
        size,
        "direct" if direct else "",
        weight,
    )
    same = _versions(before) == _versions(after)
    return Cause(
        kind=CauseKind.PACKAGE,
        name=name,
        old=(_files if same else _versions)(before) or None,
        new=(_files if same else _versions)(after) or None,
        why=", ".join(filter(None, words)),
    )


def _by_name(record: Record) -> dict[str, tuple[PackageRecord, ...]]:
    # A name can be installed twice, as a conda package and as a wheel on top of it.
    found: dict[str, tuple[PackageRecord, ...]] = {}
    for package in sorted(record.packages, key=_identity):
        found[package.name] = (*found.get(package.name, ()), package)
    return found


def _identity(package: PackageRecord) -> tuple[str, ...]:
    return (
        package.kind,
        package.version or "",
        package.artifact or "",
        package.sha256 or "",
    )


def _bytes(packages: tuple[PackageRecord, ...]) -> list[tuple[str | None, ...]]:
    return [(each.kind, each.version, each.sha256) for each in packages]


def _rebuilt(
    before: tuple[PackageRecord, ...], after: tuple[PackageRecord, ...]
) -> bool:
    """Return whether only the bytes differ of what was built from source twice."""
    built = all(each.built for each in (*before, *after))
    return built and _versions(before) == _versions(after)


def _versions(packages: tuple[PackageRecord, ...]) -> str:
    return ", ".join(each.version or "no version" for each in packages)


def _files(packages: tuple[PackageRecord, ...]) -> str:
    return ", ".join(
        f"{each.version or 'no version'}"
        f" ({each.artifact or each.kind} {(each.sha256 or 'no digest')[:12]})"
        for each in packages
    )


def _jump(before: tuple[PackageRecord, ...], after: tuple[PackageRecord, ...]) -> int:
    """Return the first place in which the versions differ: 0 for the major one."""
    if not before or not after:
        return 0
    old, new = before[-1].version or "", after[-1].version or ""
    try:
        places = zip(_places(Version(old)), _places(Version(new)), strict=True)
    except InvalidVersion:
        places = zip(_loose_places(old), _loose_places(new), strict=True)
    differ = (at for at, (one, other) in enumerate(places) if one != other)
    return next(differ, len(_JUMPS) - 1)


def _places(version: Version) -> tuple[object, ...]:
    major, minor, patch, *_ = (*version.release, 0, 0, 0)
    return (version.epoch, major), minor, patch, version


def _loose_places(version: str) -> tuple[object, ...]:
    """Return the places of what is no version of Python's, as conda has them."""
    numbers = [int(digits) for digits in re.findall(r"\d+", version)]
    major, minor, patch, *_ = (*numbers, 0, 0, 0)
    return major, minor, patch, version


def _weight(name: str, packages: tuple[PackageRecord, ...]) -> str:
    if _NUMERICAL.fullmatch(name):
        return "numerical"
    return "compiled" if any(_is_compiled(each) for each in packages) else ""


def _is_compiled(package: PackageRecord) -> bool:
    artifact = package.artifact or ""
    if artifact.endswith(".whl"):
        # PEP 427: the last tag is the platform's; `any` where all run it.
        return not artifact.endswith("-any.whl")
    if artifact.endswith((".conda", ".tar.bz2")):
        # conda-build: "noarch: python" builds are named py_0, pyh..., others by hash.
        build = artifact.rsplit("-", 1)[-1]
        return not build.startswith(("py_", "pyh"))
    return False


def _commit(baseline: Record, actual: Record) -> Iterator[Cause]:
    old, new = baseline.commit, actual.commit
    yield from _one(CauseKind.COMMIT, "commit", old, new)
    if baseline.dirty != actual.dirty:
        yield Cause(
            kind=CauseKind.COMMIT,
            name="uncommitted changes",
            old=_digest(baseline.dirty),
            new=_digest(actual.dirty),
        )


def _command(record: Record) -> str:
    return " && ".join(record.command)


def _both(
    old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what both say: a library that a run did not come to says nothing."""
    names = old.keys() & new.keys()
    return {name: old[name] for name in names}, {name: new[name] for name in names}


def _machines(
    old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Leave out the digest of the flags; where one side has no list of them, that."""
    listed = _FLAGS in old and _FLAGS in new
    skipped = f"{_FLAGS}-digest" if listed else _FLAGS
    one, other = (
        {name: each[name] for name in each if name != skipped} for each in (old, new)
    )
    return one, other


def _one(
    kind: CauseKind, name: str, old: str | None, new: str | None
) -> Iterator[Cause]:
    if old != new:
        yield Cause(kind=kind, name=name, old=old, new=new)


def _facts(
    kind: CauseKind, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Cause]:
    for key in sorted(old.keys() | new.keys()):
        yield from _one(kind, key, old.get(key), new.get(key))
