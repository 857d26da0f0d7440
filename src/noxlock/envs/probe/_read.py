"""Put the probe where a run finds it, and read what it wrote."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from noxlock.envs.probe._distributions import distributions_of
from noxlock.errors import EnvError
from noxlock.model import Warned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Probed", "probe_variables", "read_probe"]

_FILES: Final = {
    "site/sitecustomize.py": "_inject.py",
    "inside/_noxlock_pools.py": "_pools.py",
    "inside/_noxlock_state.py": "_state.py",
}
_FOUND: Final = "found"
_LIBRARIES: Final = "libraries"
"""The fact that is a list: of the libraries of all processes together."""
# A path of two names or more; what stands in a URL is none.
_PATH: Final = re.compile(
    r"(?<![\w:/.])(?:[A-Za-z]:)?(?:[/\\][\w.+@~-]+)+[/\\]([\w.+@~-]+)"
)
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """What a run was, as its own processes say."""

    ran: bool
    """Whether one of the environment's pythons came to its end with the probe.

    One with `-I`, `-E` or `-S` bypasses it, and so does one that is killed or calls
    os._exit.
    """
    effective: Mapping[str, str]
    """By fact: `numpy openblas core`; where processes differ, all values: `1 | 2`."""
    loaded: tuple[str, ...]
    """The distributions whose modules were imported, or libraries of conda loaded."""
    warnings: tuple[Warned, ...]


def probe_variables(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Make the probe ready in *folder*; return the variables that make a run use it.

    Args:
        folder: Of this run alone; it is made, and what is in it removed.
        env: The run's variables: a PYTHONPATH in them stays behind the probe's.

    Raises:
        EnvError: The folder cannot be written.
    """
    folder = folder.absolute()
    try:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / _FOUND).mkdir(parents=True)
        for name, source in _FILES.items():
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(Path(__file__).with_name(source).read_bytes())
    except OSError as error:
        what = f"the probe cannot be written: {error.strerror or error}"
        raise EnvError(what, file=str(folder)) from error
    paths = (str(folder / "site"), env.get("PYTHONPATH", ""))
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def read_probe(folder: Path, prefix: Path) -> Probed:
    """Return what the processes of a run wrote.

    Args:
        folder: As given to `probe_variables`.
        prefix: The environment; processes of other pythons are left out.
    """
    home = os.path.realpath(prefix)
    answers = [
        answer
        for answer in _answers(folder / _FOUND)
        if os.path.realpath(answer["prefix"]) == home
    ]
    modules = {name for answer in answers for name in answer["modules"]}
    effective = _merged(answer["effective"] for answer in answers)
    libraries = effective.get(_LIBRARIES, "").split()
    return Probed(
        ran=bool(answers),
        effective=effective,
        loaded=distributions_of(modules, libraries, prefix) if answers else (),
        warnings=_warned(each for answer in answers for each in answer["warnings"]),
    )


def _answers(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(json.loads(path.read_bytes()))
        except (OSError, ValueError):  # the disk was full
            continue
    return found


def _merged(states: Iterable[Mapping[str, str]]) -> dict[str, str]:
    values: dict[str, set[str]] = {}
    for state in states:
        for fact, value in state.items():
            each = value.split() if fact == _LIBRARIES else [value]
            values.setdefault(fact, set()).update(each)
    return {
        fact: (" " if fact == _LIBRARIES else " | ").join(sorted(values[fact]))
        for fact in sorted(values)
    }


def _warned(each: Iterable[tuple[str, str, int]]) -> tuple[Warned, ...]:
    counts: dict[tuple[str, str], int] = {}
    for kind, message, count in each:
        key = kind, _PATH.sub(r"\1", _ADDRESS.sub("0x...", message))
        counts[key] = counts.get(key, 0) + count
    return tuple(
        Warned(category=kind, message=message, count=count)
        for (kind, message), count in sorted(counts.items())
    )
