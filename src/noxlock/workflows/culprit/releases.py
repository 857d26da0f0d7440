"""Which releases lie between the two versions of one change, asked of its index.

PyPI: every version between both, as PEP 440 orders them, that has a file which is not
yanked, has a sha256, and fits the target's tags and python. Pre-releases are in where
one of both ends is one; local versions (`+cu118`) where an end has the same. An sdist
is in only where one of both ends is one itself, which shows that it can be built here.

conda: every version between both, as conda orders them, that the new end's channel has
for the target's subdir or noarch with a sha256: of the builds that go with the new
lock's python the one whose build string is nearest to the new end's, as cuda118_py311
is to cuda120_py311, then the one whose requirements the new lock meets best, then the
latest. What it asks of virtual packages (`__cuda`) is not among its requirements.

What is found is kept in the store: a search that is resumed asks nothing twice, and
offline it is all there is, as far as the files are stored too. A release that was
yanked since then is still in. That there is none is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from noxlock.errors import FetchError
from noxlock.model import CondaPackage
from noxlock.search import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from noxlock.model import Plan
    from noxlock.search import Candidate, Change
    from noxlock.workflows.culprit.sides import Side
    from noxlock.workflows.supply import Supplies

__all__ = ["find_releases", "listed_releases", "satisfies"]


def find_releases(
    change: Change,
    plan: Plan,
    supplies: Supplies,
    *,
    base: Path,
    conda_files: Sequence[Path] | None = None,
) -> tuple[Candidate, ...]:
    """Return the releases between the ends of *change*, from the old towards the new.

    None are between where an end is missing, both are one version, an end is no release
    (git, a folder, a fixed address), or it is the interpreter. Not checked: that a
    release goes with the rest of a lock.

    Args:
        change: What the old and the new lock have otherwise.
        plan: Of the new lock: its target, and the indexes that it names.
        supplies: Where artifacts come from, and where they are kept.
        base: Folder of the lock.
        conda_files: Configuration files of rattler; None: those of this machine and
            user.

    Raises:
        FetchError: No index, or no channel, answers.
    """
    if not change.old or not change.new or change.rebuilt:
        return ()
    match change.layer:
        case Layer.PYPI:
            from noxlock.workflows.culprit._pypi_releases import (  # noqa: PLC0415
                PypiReleases,
            )

            return PypiReleases(plan, supplies, base).between(change.old, change.new)
        case Layer.CONDA:
            from noxlock.workflows.culprit._conda_releases import (  # noqa: PLC0415
                CondaReleases,
            )

            releases = CondaReleases(plan, supplies, files=conda_files)
            return releases.between(change.old, change.new)
        case Layer.INTERPRETER:
            return ()
        case _:
            assert_never(change.layer)


def listed_releases(
    change: Change, *, new: Side, supplies: Supplies, warn: Callable[[str], None]
) -> Sequence[Candidate] | None:
    """Return those between, or None, and a warning, where no index tells."""
    try:
        found = find_releases(change, new.plan, supplies, base=new.base)
    except FetchError as error:
        warn(f"the first bad release is not looked for: {error}")
        return None
    # Offline it is not known that there are none.
    return None if supplies.offline and not found else found


def satisfies(spec: str, candidate: Candidate) -> bool:
    """Return whether a conda package is what a match spec asks for.

    For `noxlock.search.Compatibility`. A spec that cannot be read forbids nothing, nor
    does one of what is no conda package.
    """
    if not isinstance(candidate.package, CondaPackage):
        return True
    from noxlock.solvers.conda_releases import meets  # noqa: PLC0415 - rattler

    return meets(spec, candidate.package)
