"""What the definition of an environment may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from noxlock.definitions.locks import subdir_of, unknown_target
from noxlock.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.definitions.locks import Problem
    from noxlock.model import Environment, LockDefinition

__all__ = ["environment_problems"]

_AUTO: Final = "auto"
_VERSION: Final = re.compile(r"3(?:\.\d+){0,2}")
_INTERPRETER: Final = re.compile(
    r"(?:c?python-?)?3(?:\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?)?"
)
"""What names an interpreter that is looked for."""


def environment_problems(
    environment: Environment, locks: Mapping[str, LockDefinition]
) -> Iterator[Problem]:
    """Yield what is wrong with one environment.

    Not checked: that its locks exist, nor that they have its groups.

    Args:
        environment: Declared by name, or in place.
        locks: The locks that are declared.
    """
    if environment.conda is None and environment.pypi is None:
        what = "a lock is needed: `pypi`, `conda`, or both"
        yield (), what, "for example `pypi: poetry.lock`"
    for key, lock in (("conda", environment.conda), ("pypi", environment.pypi)):
        if lock == "":
            yield (key,), "the name of a lock file is needed", None
    yield from _python(environment)
    yield from _target(environment, locks)
    if environment.conda is None:
        for key, given in (
            ("allow-md5", environment.allow_md5),
            ("link-scripts", environment.link_scripts),
        ):
            if given:
                yield (key,), "is for environments with `conda`", "leave it out"


def _python(environment: Environment) -> Iterator[Problem]:
    pythons = environment.python
    specs = (pythons,) if isinstance(pythons, str) else pythons
    key, brings = ("python",), "with `conda`, the lock brings the python"
    if not specs or not all(spec.strip() for spec in specs):
        yield key, "a python is needed", "for example 3.11"
    elif environment.conda is None:
        for spec in specs:
            if not (_INTERPRETER.fullmatch(spec.strip().lower()) or _is_path(spec)):
                what = f"`{spec}` is no version and no path"
                yield key, what, "write 3.11, 3.11.7 or the path of an interpreter"
    elif not all(map(_VERSION.fullmatch, specs)):
        what = f"{brings}: only its version can be said"
        yield key, what, "leave it out, or write 3.11"
    elif len(specs) > 1:
        what = f"{brings}: there is but one"
        yield key, what, "declare an environment for each lock"


def _is_path(spec: str) -> bool:
    return spec.startswith("~") or any(one in spec for one in "/\\")


def _target(
    environment: Environment, locks: Mapping[str, LockDefinition]
) -> Iterator[Problem]:
    target, conda = environment.target, environment.conda
    if target == _AUTO:
        return
    if subdir_of(target) is None:
        yield (("target",), *unknown_target(target, _AUTO))
    elif conda is not None and conda in locks and locks[conda].targets:
        known = locks[conda].targets
        if target not in known:
            what = f"{conda} is not for {target}, only for {', '.join(known)}"
            yield ("target",), what, nearest(target, known)
