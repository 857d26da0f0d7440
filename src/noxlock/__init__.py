"""Reproducible ML builds on nox.

What a noxfile uses is here: `load`, or the same definitions as Python values. Imports
go down only, and neighbours in a row never import each other; import-linter holds it.

    cli         nox_plugin                  what a person types
    workflows                               the verbs, over parts that are given to them
    envs  store  index  solvers  process    effects: disk, network, subprocesses
    locks  plan  compare  search  report  definitions      values in, values out
    model                                   the values, all frozen
    errors                                  one base: where, what, and a hint

A folder is an axis, a file in it one implementation, its `__init__` the Protocol and
the registry: a new lock format is a file in `locks` and a line in its `FORMATS` (or
`CONDA_FORMATS`), a new format of outputs one in `compare.formats`, a new form of a
report one in `report`, a new lock tool one in `solvers`. What a file is called and
opened is for `workflows.project` to know; readers get bytes. What pure functions
returned for such bytes is remembered in `store.memo`, and packages import their modules
when a name of theirs is asked for: a warm session needs few of them. `search` is asked
which mix of two locks to try next, and has no state; `workflows.culprit` tries it, and
`workflows.update` holds back what it finds.

A fresh environment where an older one lies is that one, put right: `store._recycling`
keeps what wheels would be linked to, `store.imprints` what rattler made. What comes out
is the same as if nothing had been there, which `tests/store/test_recycling.py` and
`tests/workflows/test_conda_again.py` hold against every alteration we know of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.nox_plugin import (
        Environment,
        check,
        environment,
        load,
        lock,
        profile,
        session,
    )

__all__ = ["Environment", "check", "environment", "load", "lock", "profile", "session"]


def __getattr__(name: str) -> object:
    """Import the plugin, and nox with it, only where a noxfile asks for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from noxlock import nox_plugin  # noqa: PLC0415 - see above

    return getattr(nox_plugin, name)


def __dir__() -> list[str]:
    return sorted(__all__)
