"""What a finding rests on: the runs, the ways to packages, what else has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from noxlock.locks.difference.ways import ways_of_lock, ways_of_platform
from noxlock.plan import platform_of
from noxlock.report import causes
from noxlock.search import Observation
from noxlock.workflows.culprit.seen import SeenKind, outcome
from noxlock.workflows.culprit.told import Known, Ran, paths
from noxlock.workflows.facts import machine_facts
from noxlock.workflows.lock_files import lock_of

if TYPE_CHECKING:
    from noxlock.locks.difference.ways import Ways
    from noxlock.model import Cause, Record
    from noxlock.search import Probe
    from noxlock.workflows.culprit.mixes import Mixes
    from noxlock.workflows.culprit.seen import Seen
    from noxlock.workflows.culprit.sides import Side
    from noxlock.workflows.culprit.why import Explained
    from noxlock.workflows.inputs import Inputs

__all__ = ["evidence"]


def evidence(
    check: str, mixes: Mixes, found: Explained, record: Record | None, inputs: Inputs
) -> Known:
    """Return what is known besides the conclusion.

    Args:
        check: Its name.
        mixes: Of both locks.
        found: What the search found.
        record: Of the baseline; None: the old lock's own outputs were the reference.
        inputs: Of the check, as they are now.
    """
    return Known(
        check=check,
        changes=mixes.changes,
        ran=[_ran(probe, seen, failing=found.failing) for probe, seen in found.runs],
        seconds=found.seconds,
        old=mixes.old.said,
        new=mixes.new.said,
        ways=paths(mixes.changes, *_ways(mixes.new), *_ways(mixes.old)),
        causes=() if record is None else _causes(record, inputs),
    )


def _ran(probe: Probe, seen: Seen, *, failing: bool) -> Ran:
    made = seen.kind is not SeenKind.NOT_MADE
    return Ran(
        seen=Observation(probe=probe, outcome=outcome(seen, failing=failing)),
        difference=seen.difference if made else "",
        seconds=seen.seconds + seen.overhead,
    )


def _causes(record: Record, inputs: Inputs) -> tuple[Cause, ...]:
    """Return what else than packages is not what it was when it was recorded."""
    now = replace(record, machine=machine_facts(), inputs=inputs.digests)
    return causes(record, now, ())


def _ways(side: Side) -> list[Ways]:
    """Return the ways to packages that the locks of *side* tell."""
    found = [] if side.lock is None else [ways_of_lock(side.lock)]
    if side.request.conda is not None:
        platform = platform_of(lock_of(side.request.conda), side.plan.target)
        found.append(ways_of_platform(platform))
    return found
