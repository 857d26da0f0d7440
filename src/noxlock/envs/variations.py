"""Surroundings that must not matter: what is different in each rerun."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.envs.cpu import check_level, level_variables
from noxlock.envs.git import tracked_files
from noxlock.envs.profiles import THREADS
from noxlock.errors import DefinitionError, EnvError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from noxlock.envs.profiles import Profile
    from noxlock.model import Vary

__all__ = [
    "FILE_ORDER",
    "Surroundings",
    "copy_tracked",
    "elsewhere",
    "expand",
    "home_variables",
]

RANDOM: Final = "random"
FILE_ORDER: Final = "NOXLOCK_FILE_ORDER"
"""Heeded by the probe."""
_MARKS: Final = ("conda-meta", "pyvenv.cfg")
"""What environments hold."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_NEVER: Final = frozenset({".git", ".hg", ".nox", ".svn", ".tox", "__pycache__"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """One rerun: what is different in it, all else being the same."""

    axis: str
    """As in `vary`: `threads`, `hash-seed`."""
    value: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """Over those of the profile."""
    random_cwd: bool = False
    """It runs in a copy of the project, in a folder of another name and depth."""
    random_home: bool = False
    """It has an empty home of its own: `home_variables`."""


def expand(
    vary: Vary, profile: Profile, dispatch: Collection[str] = ()
) -> tuple[Surroundings, ...]:
    """Return the reruns that *vary* asks for, in its order.

    What the run itself has is left out, and what is named twice.

    Args:
        vary: As declared.
        profile: Of the run itself.
        dispatch: `numpy_dispatch` of the environment, where there are CPU levels.

    Raises:
        DefinitionError: A value is unknown; under the axis as its key.
    """
    own = profile.variables({}, dispatch)
    found = {
        (each.axis, each.value): each
        for each in (*_of_python(vary), *_of_processor(vary, dispatch))
        if each.random_cwd
        or each.random_home
        or any(own.get(name) != value for name, value in each.variables.items())
    }
    return tuple(found.values())


def _of_python(vary: Vary) -> Iterator[Surroundings]:
    for threads in vary.threads:
        count = str(threads)
        yield _set("threads", count, dict.fromkeys(THREADS, count))
    for seed in vary.hash_seed:
        yield _set("hash-seed", str(seed), {"PYTHONHASHSEED": str(seed)})
    for value in _random("cwd", vary.cwd):
        yield Surroundings(axis="cwd", value=value, random_cwd=True)
    for value in _random("home", vary.home):
        yield Surroundings(axis="home", value=value, random_home=True)
    for zone in vary.tz:
        yield _set("tz", zone, {"TZ": zone})
    for locale in vary.locale:
        yield _set("locale", locale, {"LC_ALL": locale})
    for order in vary.file_order:
        yield _set("file-order", order, {FILE_ORDER: str(order)})


def _of_processor(vary: Vary, dispatch: Collection[str]) -> Iterator[Surroundings]:
    for level in vary.cpu_level:
        try:
            check_level(level)
        except DefinitionError as error:
            raise error.inside(key="cpu-level") from None
        yield _set("cpu-level", level, level_variables(level, dispatch))
    for core in vary.blas_core:
        yield _set("blas-core", core, {"OPENBLAS_CORETYPE": core})


def _set(axis: str, value: str, variables: Mapping[str, str]) -> Surroundings:
    return Surroundings(axis=axis, value=str(value), variables=variables)


def _random(axis: str, given: str | tuple[str, ...]) -> tuple[str, ...]:
    values = (given,) if isinstance(given, str) else given
    for value in values:
        if value != RANDOM:
            raise DefinitionError(
                f"`{value}` is no way to vary it", key=axis, hint="there is: `random`"
            )
    return values


def elsewhere(folder: Path) -> Path:
    """Make an empty folder of a random name and depth beneath *folder*; return it.

    Raises:
        EnvError: It cannot be made.
    """
    chance = random.SystemRandom()
    parts = (
        "".join(chance.choices(_LETTERS, k=chance.randint(3, 12)))
        for _ in range(chance.randint(1, 4))
    )
    found = folder.joinpath(*parts)
    try:
        found.mkdir(parents=True)
    except OSError as error:
        what = f"the folder cannot be made: {error.strerror or error}"
        raise EnvError(what, file=str(found)) from error
    return found


def home_variables(home: Path) -> dict[str, str]:
    """Return what makes the folder *home* the user's home, caches and settings too.

    https://specifications.freedesktop.org/basedir-spec: each has a default beneath
    HOME, so that all are given.
    """
    return {
        "APPDATA": str(home / "AppData" / "Roaming"),
        "HOME": str(home),
        "LOCALAPPDATA": str(home / "AppData" / "Local"),
        "USERPROFILE": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
    }


def copy_tracked(
    root: Path, destination: Path, environ: Mapping[str, str] | None = None
) -> int:
    """Copy the project's files to the folder *destination*, which is made.

    Those that git does not ignore, new ones among them, submodules not; where it is no
    git repository, all but environments, caches of bytecode and nox's own folder.
    Links stay links.

    Args:
        root: The project's folder.
        destination: An empty folder, or none; it may lie within *root*.
        environ: The user's variables, for git; None: this process's own.

    Returns:
        How many files there are.

    Raises:
        EnvError: They cannot be copied.
    """
    names = tracked_files(root, os.environ if environ is None else environ, links=True)
    if names is None:
        names = list(_files(root, destination))
    try:
        for name in names:
            target = destination / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target, follow_symlinks=False)
    except OSError as error:
        what = f"the project cannot be copied: {error.strerror or error}"
        raise EnvError(what, file=str(error.filename or destination)) from error
    return len(names)


def _files(root: Path, destination: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [
            name
            for name in folders
            if name not in _NEVER
            and name not in links
            and here / name != destination
            and not any((here / name / mark).exists() for mark in _MARKS)
        ]
        for name in (*files, *links):
            yield str((here / name).relative_to(root))
