"""The record of a run: where its outputs come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from noxlock.envs import unmet
from noxlock.errors import CompareError
from noxlock.model import Record, Tolerances
from noxlock.workflows import records
from noxlock.workflows.repro.tree import Tree, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from noxlock.envs import Profile
    from noxlock.model import Noise
    from noxlock.workflows.facts import Facts
    from noxlock.workflows.inputs import Inputs
    from noxlock.workflows.repro.request import CheckRequest
    from noxlock.workflows.repro.runs import Ran

__all__ = ["Recording"]

_DIRTY = "+dirty"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What is known before the first run starts, and is of the record."""

    request: CheckRequest
    facts: Facts
    profile: Profile
    inputs: Inputs
    started: datetime

    @cached_property
    def tree(self) -> Tree:
        """The project's commit, and what was changed since."""
        request = self.request
        return read_tree(request.root, request.baselines, request.environ)

    @property
    def diff(self) -> bytes:
        """The diff of a changed tree; b"" of one that was not."""
        return self.tree.diff

    @cached_property
    def locks(self) -> dict[str, Path]:
        """The locks, by their place in the project."""
        return records.lock_files(self.request.built.plan, self.request.root)

    def record(self, first: Ran, noise: Noise | None) -> Record:
        """Return the record of the *first* run."""
        request, built = self.request, self.request.built
        plan = built.plan
        return Record(
            check=request.name,
            command=request.commands,
            created=records.timestamp(self.started),
            finished=records.timestamp(self.facts.now()),
            noxlock=_own_version(),
            locks={name: records.digest(path) for name, path in self.locks.items()},
            plan=plan.key,
            target=plan.target.name,
            selection={"groups": plan.groups, "extras": plan.extras},
            packages=tuple(sorted(built.packages, key=lambda package: package.name)),
            interpreter={
                "cache-tag": built.interpreter.cache_tag,
                "magic": built.interpreter.magic,
                "version": built.interpreter.version,
            },
            machine=self.facts.machine(),
            profile_name=self.profile.name,
            profile=records.recorded_variables(
                {**first.asked, **request.check.env}, first.env
            ),
            effective=dict(first.probed.effective),
            # Of a run that failed it need not be known.
            unmet=() if first.failed else unmet(first.asked, first.probed),
            loaded=first.probed.loaded,
            warnings=first.probed.warnings,
            inputs=self.inputs.digests,
            commit=self._commit(),
            dirty=sha256(self.diff).hexdigest() if self.diff else None,
            outputs=_digests(first.found.files),
            resources=first.resources,
            noise=noise,
            tolerances=Tolerances(
                tolerance=request.check.tolerance, outputs=request.check.outputs
            ),
        )

    def _commit(self) -> str | None:
        commit = self.tree.commit
        # Of a tree where only baselines changed, nothing that a run reads has changed.
        return f"{commit}{_DIRTY}" if commit and self.diff else commit


def _own_version() -> str:
    try:
        return version("noxlock")
    except PackageNotFoundError:  # it runs from its sources
        return "unknown"


def _digests(outputs: Mapping[str, Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, path in outputs.items():
        try:
            found |= records.output_digests({name: path})
        except (CompareError, OSError):  # the comparison says why
            continue
    return found
