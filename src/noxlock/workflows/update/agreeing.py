"""Two locks of one environment that would not agree any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.errors import NoxlockError
from noxlock.model import Environment, Layer
from noxlock.model.update import JudgeKind, Ruling
from noxlock.workflows.agreement import disagreeing
from noxlock.workflows.update.holding import Refusal, pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.model import LockChange
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.holding import Hold, Key

__all__ = ["clashing"]


def clashing(
    project: Project, changes: Mapping[Key, LockChange], holds: Mapping[Key, Hold]
) -> tuple[tuple[Hold, ...], tuple[str, ...]]:
    """Return what to hold at its old version for two locks to agree; where they do not.

    Args:
        project: With the new locks.
        changes: From the old ones to these.
        holds: What is held already.
    """
    found: dict[Key, Hold] = {}
    said: list[str] = []
    for used, environment in _layered(project):
        try:
            clashes = disagreeing(project, environment, environment.target)
        except NoxlockError:  # there is nothing here to be run in it
            continue
        for clash in clashes:
            pins = (clash.found.conda, clash.found.pypi)
            said.append(str(clash.found))
            refusal = Refusal(
                judge=used,
                kind=JudgeKind.SESSION,
                ruling=Ruling.NOT_MADE,
                difference=said[-1],
            )
            for layer, pin in zip((Layer.CONDA, Layer.PYPI), pins, strict=True):
                change = changes.get((layer, pin.name))
                if change is None or (layer, pin.name) in holds:
                    continue
                if hold := pinned(change, refusal):
                    found[hold.key] = hold
    return tuple(found.values()), tuple(said)


def _layered(project: Project) -> Iterator[tuple[str, Environment]]:
    """Yield the environments of conda packages and wheels, and who uses each."""
    for key, wanted in project.definitions.used():
        environment = project.environment(wanted)
        if environment.conda and environment.pypi:
            yield key.split(".")[1], environment
