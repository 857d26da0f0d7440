"""What is known of a check before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from noxlock.definitions import baseline_folder
from noxlock.envs import expand, numpy_dispatch, resolve_profile
from noxlock.errors import CompareError, DefinitionError
from noxlock.workflows.inputs import Inputs, find_inputs, read_inputs
from noxlock.workflows.outputs import check_names
from noxlock.workflows.repro.request import command_words, hermetic, runs_wanted
from noxlock.workflows.repro.runs import Wanted
from noxlock.workflows.repro.varied import variation_runs, was_not_run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from noxlock.envs import Profile, Surroundings
    from noxlock.model import (
        Check,
        HistoryEntry,
        ProfileDefinition,
        Record,
        Variation,
        Vary,
    )
    from noxlock.workflows.comparison import BySample
    from noxlock.workflows.repro.request import CheckRequest

__all__ = [
    "Known",
    "Prepared",
    "prepare",
    "profile_of",
    "require_files",
    "require_sense",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the baseline says; all empty where there is none."""

    record: Record | None = None
    damage: str = ""
    """Why it cannot be read; "": it can, or is not there."""
    history: tuple[HistoryEntry, ...] = ()
    samples: BySample = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Whether accepting replaces something."""
        return self.record is not None or bool(self.damage)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A check that can be run."""

    profile: Profile
    inputs: Inputs
    dispatch: Collection[str]
    """What the environment's NumPy chooses from; empty where no level is asked for."""
    repeats: tuple[Wanted, ...]
    """The runs in the check's own surroundings."""
    varied: tuple[tuple[Wanted, ...], ...]
    """Of each variation its runs."""
    lost: tuple[Variation, ...]
    """Variations that cannot be tried here."""
    known: Known

    @property
    def wanted(self) -> list[Wanted]:
        """Every run, in order."""
        return [*self.repeats, *(run for runs in self.varied for run in runs)]


def require_sense(request: CheckRequest) -> None:
    """Raise DefinitionError for names, a command or a baseline that are no good."""
    check_names(request.check.outputs, request.name)
    request.baseline.check()
    command_words(request, request.outputs)


def require_files(root: Path, name: str, check: Check, nox_folder: Path) -> None:
    """Raise DefinitionError where a pattern of the inputs matches no file.

    It needs no environment; the files are not read.

    Args:
        root: The project's folder.
        name: The check's.
        check: As it is declared.
        nox_folder: Whose files no wildcard means.
    """
    baseline = root / baseline_folder(name, check)
    leave_out = (nox_folder, baseline)
    find_inputs(root, check.inputs, check=name, leave_out=leave_out)


def prepare(request: CheckRequest) -> Prepared:
    """Return all that is known before the first run.

    Raises:
        DefinitionError: The profile or a variation is no good, or an input is missing.
    """
    check = request.check
    at = f"checks.{request.name}"
    profile = profile_of(request.name, check, request.profiles)
    inputs = read_inputs(
        request.root,
        check.inputs,
        check=request.name,
        leave_out=(request.nox_folder, request.baseline.path),
    )
    vary = check.vary if request.vary else type(check.vary)()
    dispatch: Collection[str] = ()
    if vary.cpu_level or profile.cpu_level:
        dispatch = numpy_dispatch(request.built.prefix, hermetic(request))
    try:
        surroundings, lost = _expand(vary, profile, dispatch)
    except DefinitionError as error:
        raise error.inside(key=f"{at}.vary") from error.__cause__
    noisy = runs_wanted(check.outputs)
    return Prepared(
        profile=profile,
        inputs=inputs,
        dispatch=dispatch,
        repeats=_repeats(max(check.repeat, noisy)),
        varied=tuple(variation_runs(each, noisy) for each in surroundings),
        lost=lost,
        known=_read_baseline(request),
    )


def profile_of(
    name: str, check: Check, profiles: Mapping[str, ProfileDefinition]
) -> Profile:
    """Return the profile of the check *name*; *profiles* are the project's own.

    Raises:
        DefinitionError: It is no good.
    """
    try:
        return resolve_profile(check.profile, profiles)
    except DefinitionError as error:
        key = error.key or f"checks.{name}.profile"
        raise error.inside(key=key) from error.__cause__


def _expand(
    vary: Vary, profile: Profile, dispatch: Collection[str]
) -> tuple[tuple[Surroundings, ...], tuple[Variation, ...]]:
    """Return the variations, and those that these processors cannot have."""
    try:
        return expand(vary, profile, dispatch), ()
    except DefinitionError as error:
        if not vary.cpu_level:
            raise
        rest = msgspec.structs.replace(vary, cpu_level=())
        lost = [was_not_run("cpu-level", level, error.what) for level in vary.cpu_level]
        return expand(rest, profile, dispatch), tuple(lost)


def _repeats(count: int) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(label=f"run-{number}", title=f"run {number} of {count}")
        for number in range(1, count + 1)
    )


def _read_baseline(request: CheckRequest) -> Known:
    baseline = request.baseline
    try:
        record = baseline.read()
        return Known(
            record=record,
            history=baseline.history() if record else (),
            samples=baseline.samples() if record else {},
        )
    except CompareError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return Known(damage=f"{error}{hint}")
