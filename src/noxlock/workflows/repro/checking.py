"""A check, from its definition to its report."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from noxlock.errors import CompareError
from noxlock.report.words import headline
from noxlock.workflows.comparison import Comparing, beside, samples_of
from noxlock.workflows.facts import LIVE, Facts
from noxlock.workflows.outputs import fresh_folder
from noxlock.workflows.publishing import publish
from noxlock.workflows.repro.accepting import Accepting, ask_on_terminal
from noxlock.workflows.repro.judging import (
    Evidence,
    attempts_note,
    make_report,
    shown_path,
)
from noxlock.workflows.repro.places import link_outputs
from noxlock.workflows.repro.preparing import Prepared, prepare
from noxlock.workflows.repro.recording import Recording
from noxlock.workflows.repro.repeats import incomparable, measure_noise
from noxlock.workflows.repro.runs import Runner
from noxlock.workflows.repro.schedule import run_all
from noxlock.workflows.repro.varied import judge_variation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from noxlock.model import CheckReport, OutputReport, Variation
    from noxlock.workflows.comparison import BySample
    from noxlock.workflows.repro.accepting import Ask
    from noxlock.workflows.repro.request import CheckRequest
    from noxlock.workflows.repro.runs import Ran

__all__ = ["Console", "run_check"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """Where a check speaks, and is answered."""

    stream: TextIO
    """For people: the report."""
    echo: TextIO | None = None
    """What the commands print; None: it goes to their logs alone."""
    say: Callable[[str], None]
    """Says a line of progress."""
    ask: Ask

    @classmethod
    def of_process(cls) -> Console:
        """Return this process's own."""
        return cls.on(sys.stderr, echo=sys.stdout)

    @classmethod
    def on(cls, stream: TextIO, echo: TextIO | None = None) -> Console:
        """Return one that says everything on *stream*."""

        def say(line: str) -> None:
            stream.write(f"{line}\n")

        return cls(stream=stream, echo=echo, say=say, ask=ask_on_terminal(stream))


def run_check(
    request: CheckRequest, *, facts: Facts = LIVE, console: Console | None = None
) -> CheckReport:
    """Run the check's command and compare its outputs with the baseline.

    It runs as often as repeats, distributions and variations ask for. The report is
    printed, and written in every form to the check's folder. It passes only if its
    verdict does. With `accept` the outputs of the first run become the baseline,
    unless a run failed, runs in the same surroundings do not agree, or an output is
    missing, extra or cannot be compared even with itself.

    Args:
        request: What to run, where, in which environment.
        facts: Where the record's facts come from.
        console: For people; None: this process's own.

    Raises:
        DefinitionError: The definition is no good, or an input is missing.
        EnvError: The command cannot be started, or a folder not be made.
        CompareError: The baseline cannot be written.
    """
    prepared = prepare(request)
    fresh_folder(request.folder)
    recording = Recording(
        request=request,
        facts=facts,
        profile=prepared.profile,
        inputs=prepared.inputs,
        started=facts.now(),
    )
    console = console or Console.of_process()
    return _Job(request, prepared, recording, console).run()


@dataclass(frozen=True, slots=True)
class _Job:
    request: CheckRequest
    prepared: Prepared
    recording: Recording
    console: Console

    def run(self) -> CheckReport:
        """Make the runs, judge them and publish what came of it."""
        request, prepared = self.request, self.prepared
        runner = Runner(
            request=request,
            profile=prepared.profile,
            inputs=prepared.inputs,
            dispatch=prepared.dispatch,
            say=self.console.say,
        )
        runs = run_all(
            runner,
            prepared.wanted,
            needed=len(prepared.repeats),
            echo=self.console.echo,
            say=self.console.say,
        )
        link_outputs(request.outputs, runs[0].folder.outputs)
        failed = next((run for run in self._repeats(runs) if run.failed), None)
        return self._failed(runs, failed) if failed else self._judged(runs)

    def _repeats(self, runs: Sequence[Ran]) -> list[Ran]:
        return [run for run in runs if not run.wanted.surroundings.axis]

    def _failed(self, runs: Sequence[Ran], failed: Ran) -> CheckReport:
        """Report a run that failed: nothing is compared, its log and files stay."""
        request = self.request
        evidence = Evidence(
            request=request,
            actual=self.recording.record(runs[0], None),
            runs=runs,
            old=self.prepared.known.record,
            history=self.prepared.known.history,
        )
        which = f"{failed.wanted.title}: " if failed is not runs[0] else ""
        log = shown_path(failed.folder.log, request.root)
        reason = f"{which}{failed.failed}{attempts_note(failed)}; its log: {log}"
        report = make_report(evidence, (), reason)
        return self._publish(report, log=failed.folder.log)

    def _judged(self, runs: Sequence[Ran]) -> CheckReport:
        request, known = self.request, self.prepared.known
        comparing = Comparing.of(request.check)
        repeats = self._repeats(runs)
        first = repeats[0]
        reason, samples = self._samples(comparing, repeats)
        noise = measure_noise(comparing, repeats)
        evidence = Evidence(
            request=request,
            actual=self.recording.record(first, noise),
            runs=runs,
            variations=self._variations(comparing, runs, samples),
            old=known.record,
            history=known.history,
        )
        if not first.found.faults:
            reason = reason or incomparable(noise)
        if changed := self.prepared.inputs.changed():
            reason = f"changed while the check ran: the input {', '.join(changed)}"
        if request.accept:
            accepting = Accepting(
                evidence=evidence,
                comparing=comparing,
                known=known,
                recording=self.recording,
                samples=samples,
                reason=reason,
            )
            report, shown = accepting.report(self.console.ask, self.console.stream)
            return self._publish(report, shown=shown)
        reason = reason or known.damage
        if known.record is None:
            faults = tuple(first.found.faults.values())
            return self._publish(
                make_report(evidence, faults, reason or self._no_baseline())
            )
        fetched = request.baseline.fetch(known.record)
        told = beside(known.samples, samples)
        both = known.record, evidence.actual
        outputs = comparing.with_baseline(first.found, fetched, both, told)
        report = make_report(evidence, outputs, reason)
        return self._publish(report, sides=_sides(outputs, fetched.folder, first))

    def _samples(
        self, comparing: Comparing, repeats: Sequence[Ran]
    ) -> tuple[str, BySample]:
        """Return the noisy numbers of the runs, or why there are none."""
        try:
            runs = [run.found for run in repeats]
            return "", samples_of(comparing.tolerances, runs)
        except CompareError as error:
            return f"{error}{f' ({error.hint})' if error.hint else ''}", {}

    def _variations(
        self, comparing: Comparing, runs: Sequence[Ran], samples: BySample
    ) -> tuple[Variation, ...]:
        varied = [run for run in runs if run.wanted.surroundings.axis]
        groups = groupby(varied, key=lambda run: run.wanted.surroundings)
        judged = [
            judge_variation(comparing, runs[0], list(group), samples)
            for _, group in groups
        ]
        return (*judged, *self.prepared.lost)

    def _no_baseline(self) -> str:
        request = self.request
        return (
            f"there is no baseline in {request.baseline.folder}; record one with"
            f" `{request.session} -- --accept`"
        )

    def _publish(
        self,
        report: CheckReport,
        *,
        sides: dict[str, tuple[Path, Path]] | None = None,
        log: Path | None = None,
        shown: bool = False,
    ) -> CheckReport:
        request = self.request
        if shown:
            self.console.stream.write(f"{headline(report)}\n")
        publish(
            report,
            folder=request.folder,
            stream=io.StringIO() if shown else self.console.stream,
            environ=request.environ,
            verbose=request.verbose,
            sides=sides,
            log=log,
        )
        return report


def _sides(
    outputs: Sequence[OutputReport], baseline: Path, first: Ran
) -> dict[str, tuple[Path, Path]]:
    """Return, of each output that can be looked at, both sides."""
    found = {}
    for output in outputs:
        pair = baseline / output.output, first.folder.outputs / output.output
        if all(path.exists() for path in pair):
            found[output.output] = pair
    return found
