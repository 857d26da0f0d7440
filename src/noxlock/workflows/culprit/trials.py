"""Run the check in mixes of two locks, and say what each run came to."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.envs import numpy_dispatch
from noxlock.errors import EnvError, FetchError, NoxlockError, StoreError
from noxlock.report.words import plain, shortened
from noxlock.search import Probe
from noxlock.workflows.comparison import Comparing
from noxlock.workflows.culprit.reference import read_reference, write_reference
from noxlock.workflows.culprit.seen import Ledger, Seen, SeenKind
from noxlock.workflows.repro.request import hermetic, runs_wanted
from noxlock.workflows.repro.runs import Runner, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from noxlock.envs import Profile
    from noxlock.model import Check
    from noxlock.search import Candidate, ChangeId
    from noxlock.workflows.culprit.mixes import Mixes
    from noxlock.workflows.culprit.reference import Reference
    from noxlock.workflows.environments import Builder, BuiltEnvironment
    from noxlock.workflows.inputs import Inputs
    from noxlock.workflows.repro.request import CheckRequest
    from noxlock.workflows.repro.runs import Ran

__all__ = ["OLD", "Trials"]

OLD: Final = Probe()
"""The old lock itself."""
_PASSING: Final = (FetchError, StoreError)
"""What may be otherwise a minute later: such a run is not kept."""


@dataclass(kw_only=True)
class Trials:
    """Makes the environment of a mix, runs the check there, and compares.

    Safe for several threads, each with a slot of its own.
    """

    check: Check
    mixes: Mixes
    builder: Builder
    folder: Path
    """Of this check's searches."""
    ledger: Ledger
    kept: Path
    """Where the reference that `begin` makes is kept, for the same as the ledger."""
    request: Callable[[BuiltEnvironment, Path], CheckRequest]
    """Returns what is asked of the check in an environment, its files in a folder."""
    profile: Profile
    inputs: Inputs
    reference: Reference | None
    """None: the old lock's own outputs, which `begin` makes."""
    releases: dict[ChangeId, dict[str, Candidate]] = field(default_factory=dict)
    """Those that probes may name, by version."""
    fresh: int = 0
    """Runs that were made, and not known from an earlier search."""
    _stopped: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> Seen | None:
        """Have something to compare with; returns the run of the old lock that made it.

        Where the check fails with the old lock there is nothing then, and every run
        says so.
        """
        if self.reference is not None:
            return None
        key, said = self.mixes.old.plan.key, self.mixes.old.said
        self.reference = read_reference(self.kept, said)
        if self.reference is not None:
            return None
        known = self.ledger.take(key)
        if known is not None and known.kind is not SeenKind.SAME:
            return known
        attempt = self._attempt(OLD, 0)
        found = [ran.found for ran in attempt.runs]
        failed = attempt.failed
        if failed is None and found[0].faults:
            name, fault = next(iter(found[0].faults.items()))
            what = f"{name}: {fault.reason}"
            failed = attempt.seen(SeenKind.FAILED, what)
        if failed is None:
            comparing = Comparing.of(self.check)
            self.reference = write_reference(self.kept, said, comparing, found)
        self.fresh += 1
        return self._keep(key, attempt, failed or attempt.seen(SeenKind.SAME))

    def run(self, probe: Probe, slot: int) -> Seen:
        """Return what one run of *probe* came to.

        Args:
            probe: The mix.
            slot: A number that no other thread has now.
        """
        key = self.mixes.plan(probe, self.releases).key
        if (known := self.ledger.take(key)) is not None:
            return known
        self.fresh += 1
        attempt = self._attempt(probe, slot)
        seen = attempt.failed
        if seen is None:
            kind, difference = SeenKind.FAILED, "there is nothing to compare with"
            if self.reference is not None:
                found = [ran.found for ran in attempt.runs]
                comparing = Comparing.of(self.check)
                kind, difference = self.reference.judge(comparing, found)
            seen = attempt.seen(kind, difference)
        return self._keep(key, attempt, seen)

    def _keep(self, key: str, attempt: _Attempt, seen: Seen) -> Seen:
        if attempt.lasting and not self._stopped.is_set():
            self.ledger.add(key, seen)
        return seen

    def stop(self) -> None:
        """Keep no run any more that ends from here on: it did not end by itself."""
        self._stopped.set()

    def clean(self) -> None:
        """Remove the environments; what their runs came to stays."""
        for folder in self.folder.glob("slot-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _attempt(self, probe: Probe, slot: int) -> _Attempt:
        """Make the environment and run the check, as often as its outputs ask for."""
        attempt = _Attempt()
        folder = self.folder / f"slot-{slot}"
        shutil.rmtree(folder, ignore_errors=True)
        plan = self.mixes.plan(probe, self.releases)
        try:
            built = self.mixes.build(self.builder, probe, plan, folder / "env")
            runner = self._runner(built, folder)
            count = runs_wanted(self.check.outputs)
            for number in range(1, count + 1):
                if self._stopped.is_set():
                    raise EnvError("the search was ended")
                title = f"run {number} of {count}"
                ran = runner.run(Wanted(label=f"run-{number}", title=title), None)
                attempt.runs.append(ran)
                if ran.failed:
                    why = f"{ran.failed}{_last_line(ran.folder.log)}"
                    attempt.failed = attempt.seen(SeenKind.FAILED, why)
                    break
        except NoxlockError as error:
            attempt.lasting = not isinstance(error, _PASSING)
            attempt.failed = attempt.seen(SeenKind.NOT_MADE, str(error))
        return attempt

    def _runner(self, built: BuiltEnvironment, folder: Path) -> Runner:
        request = self.request(built, folder)
        dispatch: Collection[str] = ()
        if self.profile.cpu_level:
            dispatch = numpy_dispatch(built.prefix, hermetic(request))
        return Runner(
            request=request,
            profile=self.profile,
            inputs=self.inputs,
            dispatch=dispatch,
            say=_silent,
        )


@dataclass(kw_only=True, slots=True)
class _Attempt:
    """Runs of the check in one environment."""

    started: float = field(default_factory=time.perf_counter)
    runs: list[Ran] = field(default_factory=list)
    failed: Seen | None = None
    """What it came to where a run did not end well, or there was none."""
    lasting: bool = True
    """Whether it would come to the same a minute later."""

    def seen(self, kind: SeenKind, difference: str = "") -> Seen:
        """Return what it came to; the clock is read."""
        seconds = sum(ran.resources.seconds for ran in self.runs)
        loaded = {name for ran in self.runs for name in ran.probed.loaded}
        return Seen(
            kind=kind,
            difference=difference,
            loaded=tuple(sorted(loaded)),
            seconds=seconds,
            overhead=time.perf_counter() - self.started - seconds,
        )


def _silent(_: str) -> None:
    """Say nothing: what mixes do is told by the search."""


def _last_line(log: Path) -> str:
    """Return the last line that the command printed, which often says why."""
    try:
        text = log.read_text("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f": {shortened(plain(lines[-1]), 160)}" if lines else ""
