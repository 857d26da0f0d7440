"""A check, from its definition to its report."""

from __future__ import annotations

import io
import os
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from noxlock.report.words import headline
from noxlock.workflows.comparison import Compared, Comparing, beside
from noxlock.workflows.facts import LIVE, Facts
from noxlock.workflows.repro.accepting import Accepting, ask_on_terminal
from noxlock.workflows.repro.alone import Own, alone
from noxlock.workflows.repro.following import attempts_note, shown_path
from noxlock.workflows.repro.judging import Evidence, make_report
from noxlock.workflows.repro.places import link_outputs
from noxlock.workflows.repro.preparing import Prepared, prepare, require_sense
from noxlock.workflows.repro.recording import Recording
from noxlock.workflows.repro.repeats import take_repeats
from noxlock.workflows.repro.runs import Runner
from noxlock.workflows.repro.schedule import run_all
from noxlock.workflows.repro.varied import judge_variation

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from noxlock.model import CheckReport, OutputReport, Variation
    from noxlock.workflows.repro.accepting import Ask
    from noxlock.workflows.repro.repeats import Repeats
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

    @property
    def is_one_place(self) -> bool:
        """Whether who reads the report has read what the commands print: one window."""
        if self.echo is None:
            return False
        try:
            both = (os.fstat(each.fileno()) for each in (self.stream, self.echo))
            return os.path.samestat(*both)
        except (OSError, ValueError):  # no files
            return self.stream is self.echo

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
        EnvError: The command cannot be started, a folder not be made, or another run
            has taken the check's folder.
        CompareError: The baseline cannot be written.
    """
    console = console or Console.of_process()
    require_sense(request)
    with alone(request.folder, console.say):
        prepared = prepare(request)
        own = Own.make(request.folder)
        recording = Recording(
            request=request,
            facts=facts,
            profile=prepared.profile,
            inputs=prepared.inputs,
            started=facts.now(),
        )
        return _Job(request, prepared, recording, console, own).run()


@dataclass(frozen=True, slots=True)
class _Job:
    request: CheckRequest
    prepared: Prepared
    recording: Recording
    console: Console
    own: Own

    def run(self) -> CheckReport:
        """Make the runs, judge them and publish what came of it."""
        request, prepared = self.request, self.prepared
        comparing = Comparing.of(request.check)
        with closing(self._runs()) as ended:
            repeats = take_repeats(comparing, ended, len(prepared.repeats))
            link_outputs(request.outputs, repeats.first.folder.outputs)
            if repeats.failed:
                return self._failed(repeats, repeats.failed)
            varied: list[tuple[Variation, list[Ran]]] = []
            for group in prepared.varied:
                runs = list(islice(ended, len(group)))
                judged = judge_variation(
                    comparing, repeats.first, runs, repeats.samples
                )
                varied.append((judged, runs))
        return self._judged(comparing, repeats, varied)

    def _runs(self) -> Generator[Ran]:
        request, prepared = self.request, self.prepared
        runner = Runner(
            request=request,
            profile=prepared.profile,
            inputs=prepared.inputs,
            dispatch=prepared.dispatch,
            say=self.console.say,
        )
        return run_all(
            runner,
            prepared.wanted,
            needed=len(prepared.repeats),
            echo=self.console.echo,
            say=self.console.say,
            meanwhile=_warm,
        )

    def _failed(self, repeats: Repeats, failed: Ran) -> CheckReport:
        """Report a run that failed: nothing is compared, its log and files stay."""
        request, first = self.request, repeats.first
        evidence = Evidence(
            request=request,
            actual=self.recording.record(first, None),
            runs=repeats.runs,
            old=self.prepared.known.record,
            history=self.prepared.known.history,
        )
        which = f"{failed.wanted.title}: " if failed is not first else ""
        log = shown_path(failed.folder.log, request.root)
        reason = f"{which}{failed.failed}{attempts_note(failed)}; its log: {log}"
        report = make_report(evidence, Compared(), reason)
        seen = failed.echoed and self.console.is_one_place
        return self._publish(report, log=failed.folder.log, log_seen=seen)

    def _judged(
        self,
        comparing: Comparing,
        repeats: Repeats,
        varied: Sequence[tuple[Variation, list[Ran]]],
    ) -> CheckReport:
        request, known, first = self.request, self.prepared.known, repeats.first
        variations = [variation for variation, _ in varied]
        evidence = Evidence(
            request=request,
            actual=self.recording.record(first, repeats.noise),
            runs=[*repeats.runs, *(run for _, runs in varied for run in runs)],
            apart=repeats.apart,
            variations=(*variations, *self.prepared.lost),
            old=known.record,
            history=known.history,
        )
        reason = repeats.reason
        if changed := self.prepared.inputs.changed():
            reason = f"changed while the check ran: the input {', '.join(changed)}"
        if request.accept:
            accepting = Accepting(
                evidence=evidence,
                comparing=comparing,
                known=known,
                recording=self.recording,
                samples=repeats.samples,
                reason=reason,
                own=self.own,
            )
            report, shown = accepting.report(self.console.ask, self.console.stream)
            return self._publish(report, shown=shown)
        reason = reason or known.damage
        if known.record is None:
            compared = Compared(reports=comparing.unfit(first.found))
            reason = reason or self._no_baseline(compared)
            return self._publish(make_report(evidence, compared, reason))
        fetched = request.baseline.fetch(known.record)
        told = beside(known.samples, repeats.samples)
        both = known.record, evidence.actual
        compared = comparing.with_baseline(first.found, fetched, both, told)
        report = make_report(evidence, compared, reason)
        return self._publish(
            report, sides=_sides(compared.reports, fetched.folder, first)
        )

    def _no_baseline(self, unfit: Compared) -> str:
        request = self.request
        what = f"there is no baseline in {request.baseline.folder}"
        if unfit.reports:
            return f"{what}, and not every output can be one"
        return f"{what}; record one with `{request.session} -- --accept`"

    def _publish(
        self,
        report: CheckReport,
        *,
        sides: dict[str, tuple[Path, Path]] | None = None,
        log: Path | None = None,
        log_seen: bool = False,
        shown: bool = False,
    ) -> CheckReport:
        from noxlock.workflows.publishing import publish  # noqa: PLC0415 - see _warm

        request = self.request
        self.own.require()
        if shown:
            said = f"{report.check}: {report.reason}" if report.reason else ""
            self.console.stream.write(f"{said or headline(report)}\n")
        publish(
            report,
            folder=request.folder,
            stream=io.StringIO() if shown else self.console.stream,
            environ=request.environ,
            verbose=request.verbose,
            sides=sides,
            log=log,
            log_seen=log_seen,
        )
        return report


def _warm() -> None:
    """Import, while the command runs, what judges and shows its outputs."""
    for name in ("noxlock.workflows.publishing", "noxlock.report.html"):
        with suppress(ImportError):  # who needs it says so
            import_module(name)


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
