"""Where a conda lock and a lock of Python packages pin different versions.

The two are used together, and what conda brings wins: a wheel that was locked for
another version would run beside it. The seed of many an accident with CUDA.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import to_builtins
from packaging.utils import canonicalize_name

from noxlock.errors import StaleLockError
from noxlock.store.memo import digest, memo_key
from noxlock.workflows.targets import AUTO, machine_subdir

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Environment
    from noxlock.plan import Disagreement, Pin
    from noxlock.workflows.project import Project

__all__ = ["Clash", "disagreeing", "require_agreement"]

_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_CONDA_LINE: Final = re.compile(rf"\s*-\s*[\"']?(?:[^\s\"':]+::)?({_NAME})")
_PYPI_LINE: Final = re.compile(rf"^\s*({_NAME})\s*=|[\"']({_NAME})(?![\w./:-])")
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """One package that two locks pin differently, and what can be changed."""

    found: Disagreement
    change: str
    """The line to change, and to what."""

    @property
    def name(self) -> str:
        """The package, as PyPI calls it."""
        return self.found.name

    @property
    def lines(self) -> tuple[str, ...]:
        """The package, both places, what to change; without indentation."""
        pins = (self.found.conda, self.found.pypi)
        widest = max(len(one.version) for one in pins)
        places = (f"{one.version:<{widest}} in {_place(one)}" for one in pins)
        return (self.name, *(f"  {one}" for one in places), f"  {self.change}")


def disagreeing(
    project: Project, environment: Environment, target: str
) -> tuple[Clash, ...]:
    """Return what the two locks of *environment* pin differently for *target*.

    Empty where it has only one. Not checked: whether both can be had at one version.

    Raises:
        LockError: A lock cannot be read.
        PlanError: A lock has nothing for the target, or for a group.
    """
    if environment.conda is None or environment.pypi is None:
        return ()
    name = machine_subdir() if target == AUTO else target
    conda = project.conda_lock_file(environment.conda)
    pypi = project.lock_file(environment.pypi)
    memo = project.memo
    facts = [digest(conda.data), digest(pypi.data), to_builtins(environment), name]
    key = memo_key("agreement", *facts)
    if memo is not None and memo.get(key) is not None:
        return ()
    from noxlock.plan import (  # noqa: PLC0415 - where nothing is remembered
        LayersRequest,
        disagreements,
        parse_platform,
    )

    found = disagreements(
        project.read_conda_lock(environment.conda),
        project.read_lock(environment.pypi),
        LayersRequest(
            target=parse_platform(name),
            groups=environment.groups,
            extras=environment.extras,
            allow_md5=environment.allow_md5,
            listing=True,
        ),
    )
    # What a requirements file includes may change without it.
    if memo is not None and not found and not pypi.read:
        memo.put(key, b"")
    return tuple(Clash(found=one, change=_change(project, one)) for one in found)


def require_agreement(project: Project, environment: Environment) -> None:
    """Raise `StaleLockError` where the two locks of *environment* disagree."""
    clashes = disagreeing(project, environment, environment.target)
    if not clashes:
        return
    count = len(clashes)
    listed = [f"  {line}" for one in clashes[:_SHOWN] for line in one.lines]
    if count > _SHOWN:
        listed.append(f"  and {count - _SHOWN} more: `noxlock check` lists them")
    packages = "one package" if count == 1 else f"{count} packages"
    head = f"{environment.conda} and {environment.pypi} disagree on {packages}"
    raise StaleLockError(
        "\n".join([head, *listed]),
        hint="lock again with `nox -s lock`, or use what conda brings: `-- --frozen`,"
        " or NOXLOCK_FROZEN=1",
    )


def _place(pin: Pin) -> str:
    return f"{pin.file} ({pin.where})" if pin.where else pin.file


def _change(project: Project, found: Disagreement) -> str:
    """Return the line to change in what the conda lock, or else the other, is from."""
    conda, pypi = found.conda, found.pypi
    wanted = f"{conda.name}={pypi.version}"
    sources = _conda_sources(project, conda.file)
    for source in sources:
        line = _line(project.root / source, conda.name, _CONDA_LINE)
        if line is not None:
            return f"change {source}:{line} to `{wanted}`"
    folder = PurePosixPath(pypi.file).parent
    source = str(folder / "pyproject.toml")
    line = _line(project.root / source, pypi.name, _PYPI_LINE)
    if line is not None:
        return f"change {source}:{line} to `{pypi.name}=={conda.version}`"
    if sources:
        return f"add `{wanted}` to {sources[0]}"
    return f"take {wanted} into {conda.file}"


def _conda_sources(project: Project, lock: str) -> tuple[str, ...]:
    declared = project.definitions.locks.get(lock)
    if declared is not None:
        return declared.sources
    folder = PurePosixPath(lock).parent
    return tuple(str(folder / one) for one in project.read_conda_lock(lock).sources)


def _line(file: Path, name: str, pattern: re.Pattern[str]) -> int | None:
    """Return the first line of *file* that asks for the package *name*, from 1."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    wanted = canonicalize_name(name)
    for number, line in enumerate(lines, 1):
        for groups in pattern.findall(line.partition("#")[0]):
            names = (groups,) if isinstance(groups, str) else groups
            if wanted in {canonicalize_name(one) for one in names if one}:
                return number
    return None
