"""What determinism profiles and variations may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from noxlock.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.definitions.locks import Problem
    from noxlock.model import ProfileDefinition, Vary

__all__ = [
    "BUILTIN_PROFILES",
    "CPU_LEVELS",
    "profile_problems",
    "variable_problems",
    "vary_problems",
]

BUILTIN_PROFILES: Final = ("default", "portable", "gpu")
"""The profiles that need no declaration."""

# The x86-64 psABI's levels, and the least that the libraries were compiled for.
CPU_LEVELS: Final = ("baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4")

_RANDOM: Final = "random"
# POSIX: a colon or a name with an offset, `UTC0`; tzdata: `Area/City`, `UTC`.
_ZONE: Final = re.compile(r"[A-Za-z:<][A-Za-z0-9_+\-/:,.<>]*")
# POSIX: language[_territory][.codeset][@modifier].
_LOCALE: Final = re.compile(
    r"[A-Za-z]{1,8}(?:_[A-Za-z0-9]{2,3})?(?:\.[A-Za-z0-9-]+)?(?:@\w+)?"
)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]+")


def variable_problems(variables: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the names that no environment variable can have."""
    for name in variables:
        if not name or "=" in name or "\0" in name:
            yield (name,), "no valid name of a variable", None


def profile_problems(
    profile: str | ProfileDefinition, profiles: Mapping[str, ProfileDefinition]
) -> Iterator[Problem]:
    """Yield what is wrong with a profile, named or in place.

    Args:
        profile: As a check has it, or as it is declared.
        profiles: Those that the project declares.
    """
    if isinstance(profile, str):
        yield from _unknown((), profile, profiles)
        return
    yield from _unknown(("base",), profile.base, profiles)
    for keys, what, hint in variable_problems(profile.env):
        yield ("env", *keys), what, hint


def _unknown(
    path: tuple[str, ...], name: str, profiles: Mapping[str, ProfileDefinition]
) -> Iterator[Problem]:
    known = [*BUILTIN_PROFILES, *profiles]
    if name not in known:
        what = f"unknown profile `{name}`; known: {', '.join(known)}"
        yield path, what, nearest(name, known)


def vary_problems(vary: Vary) -> Iterator[Problem]:
    """Yield what is wrong with the variations of a check.

    Not checked: that this machine has the zone, the locale, the level or the kernel;
    the run itself finds out, and says so.
    """
    for axis, given in (("cwd", vary.cwd), ("home", vary.home)):
        for path, value in _listed(axis, given):
            if value != _RANDOM:
                yield path, f"`{value}` cannot be varied to", f"write {_RANDOM}"
    for axis, values, pattern, example in (
        ("tz", vary.tz, _ZONE, "Asia/Kathmandu"),
        ("locale", vary.locale, _LOCALE, "de_DE.UTF-8"),
        ("blas-core", vary.blas_core, _WORD, "Haswell"),
    ):
        for path, value in _listed(axis, values):
            if not pattern.fullmatch(value):
                yield path, f"`{value}` is no {_KIND[axis]}", f"for example {example}"
    for path, value in _listed("cpu-level", vary.cpu_level):
        if value not in CPU_LEVELS:
            what = f"unknown level `{value}`; known: {', '.join(CPU_LEVELS)}"
            yield path, what, nearest(value, CPU_LEVELS)
    yield from _doubles(vary)


_KIND: Final = {"tz": "time zone", "locale": "locale", "blas-core": "BLAS kernel"}


def _listed(
    axis: str, given: str | Sequence[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(given, str):
        yield (axis,), given
        return
    for index, value in enumerate(given):
        yield (axis, index), value


def _doubles(vary: Vary) -> Iterator[Problem]:
    for field in vary.__struct_fields__:
        values = getattr(vary, field)
        if isinstance(values, str):
            continue
        for index, value in enumerate(values):
            if value in values[:index]:
                path = (field.replace("_", "-"), index)
                yield path, f"`{value}` stands twice", None
