"""Two locks of one environment that would not agree any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.errors import NoxlockError
from noxlock.model import Environment, Layer
from noxlock.model.update import JudgeKind, Ruling
from noxlock.workflows.agreement import disagreeing
from noxlock.workflows.update.holding import Hold, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.model import LockChange
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.holding import Key

__all__ = ["clashing"]


def clashing(
    project: Project, changes: Mapping[Key, LockChange], holds: Mapping[Key, Hold]
) -> tuple[Hold, ...]:
    """Return what to hold at its old version so that two locks agree, as they did.

    Args:
        project: With the new locks.
        changes: From the old ones to these.
        holds: What is held already.
    """
    found: dict[Key, Hold] = {}
    for used, environment in _layered(project):
        try:
            clashes = disagreeing(project, environment, environment.target)
        except NoxlockError:  # there is nothing here to be run in it
            continue
        for clash in clashes:
            pins = (clash.found.conda, clash.found.pypi)
            said = f"conda and poetry.lock would pin {clash.name} differently"
            refusal = Refusal(
                judge=used,
                kind=JudgeKind.SESSION,
                ruling=Ruling.NOT_MADE,
                difference=said,
            )
            for layer, pin in zip((Layer.CONDA, Layer.PYPI), pins, strict=True):
                change = changes.get((layer, pin.name))
                if change is None or not change.old or (layer, pin.name) in holds:
                    continue
                found[layer, pin.name] = Hold(
                    name=pin.name,
                    layer=layer,
                    bounds=f"=={change.old.versions[-1]}",
                    refusal=refusal,
                    path=change.path,
                )
    return tuple(found.values())


def _layered(project: Project) -> Iterator[tuple[str, Environment]]:
    """Yield the environments of conda packages and wheels, and who uses each."""
    for key, wanted in project.definitions.used():
        environment = project.environment(wanted)
        if environment.conda and environment.pypi:
            yield key.split(".")[1], environment
