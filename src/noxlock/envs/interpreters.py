"""Find the CPython that an environment asks for."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from noxlock.envs import _probe
from noxlock.envs.probing import Probes, interpreter_from, is_usable
from noxlock.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from noxlock.model import Interpreter

__all__ = ["find_interpreter"]

# `3`, `3.11`, `3.11.7`, also as `python3.11`; a pre-release only in full.
VERSION: Final = re.compile(
    r"(?:c?python-?)?(?P<version>3(?:\.[0-9]+(?:\.[0-9]+(?:(?:a|b|rc)[0-9]+)?)?)?)"
)


def find_interpreter(
    spec: str,
    *,
    cache: Path | None = None,
    environ: Mapping[str, str] | None = None,
    root: Path | None = None,
) -> Interpreter:
    """Return the CPython for *spec*: noxlock's own if it fits, else the first found.

    PATH is searched in its order, then pyenv's versions and uv's, newest first. `3`
    means the newest of all where noxlock's own does not fit.

    Args:
        spec: `3`, `3.11`, `3.11.7`, or the path of an interpreter.
        cache: Folder where answers are kept; None: each interpreter is asked anew.
        environ: PATH and the variables of pyenv and uv; None: this process's own.
        root: Folder that a relative path is relative to; None: the working directory.

    Raises:
        InterpreterError: None fits (lists those found), or *spec* is malformed.
    """
    variables = os.environ if environ is None else environ
    probes = Probes(cache=cache, environ=variables)
    if os.sep in spec or (os.altsep and os.altsep in spec) or spec.startswith("~"):
        return _at_path(spec, probes, root)
    match = VERSION.fullmatch(spec.strip().lower())
    if match is None:
        raise InterpreterError(
            f"`{spec}` names no CPython",
            hint="write a version (`3.11`), an exact version (`3.11.7`) or a path",
        )
    wanted = match["version"]
    own = _probe.facts()
    if _fits(own, wanted):
        return interpreter_from(own)
    found = probes.remembered(wanted)
    if found is None:
        found = _choose(probes.search(wanted), wanted)
        if found is None:
            raise _none_fits(spec, [own, *probes.search(None)])
        probes.remember(wanted, found)
    return interpreter_from(found)


def _fits(facts: Mapping[str, str], wanted: str) -> bool:
    version = facts["version"]
    exact = version == wanted or version.startswith(f"{wanted}.")
    return is_usable(facts) and exact


def _choose(candidates: Iterator[dict[str, str]], wanted: str) -> dict[str, str] | None:
    fitting = (facts for facts in candidates if _fits(facts, wanted))
    if "." in wanted:
        return next(fitting, None)
    return max(fitting, key=lambda facts: _numbers(facts["version"]), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", version)[:3])


def _at_path(spec: str, probes: Probes, root: Path | None) -> Interpreter:
    path = os.path.expanduser(spec)  # noqa: PTH111 - pathlib drops a leading `./`
    path = os.path.join(root or os.getcwd(), path)  # noqa: PTH109, PTH118
    if not os.path.isfile(path):  # noqa: PTH113
        raise InterpreterError(
            f"there is no interpreter at {path}",
            hint="write a version, `3.11`, to use one that is installed",
        )
    facts = probes.ask(path)
    if facts is None:
        raise InterpreterError(f"{path} does not run as a Python interpreter")
    if not is_usable(facts):
        flags = facts["abiflags"] or f"{facts['bits']} bits"
        raise InterpreterError(
            f"{path} is {facts['implementation']} {facts['version']} ({flags}),"
            " which is not supported",
            hint="64-bit CPython 3.8 or newer, with the GIL, is",
        )
    return interpreter_from(facts)


def _none_fits(spec: str, found: Iterable[Mapping[str, str]]) -> InterpreterError:
    usable = {
        facts["executable"]: facts["version"] for facts in found if is_usable(facts)
    }
    newest = sorted(usable.items(), key=lambda item: _numbers(item[1]), reverse=True)
    known = ", ".join(f"{version} ({path})" for path, version in newest)
    return InterpreterError(
        f"there is no CPython {spec} on this machine; found: {known or 'none'}",
        hint=f"install it (`pyenv install {spec}`, `uv python install {spec}`) or name"
        " one of those",
    )
