"""Make what a check wrote its baseline: shown first, and asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TextIO

from msgspec import structs

from noxlock.model import Verdict
from noxlock.workflows import records
from noxlock.workflows.baselines import Accepted
from noxlock.workflows.comparison import Compared, beside
from noxlock.workflows.history import make_entry
from noxlock.workflows.repro.following import commit_commands
from noxlock.workflows.repro.judging import make_report, worst_of
from noxlock.workflows.repro.repeats import incomparable

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import CheckReport, Record
    from noxlock.workflows.comparison import BySample, Comparing
    from noxlock.workflows.repro.alone import Own
    from noxlock.workflows.repro.judging import Evidence
    from noxlock.workflows.repro.preparing import Known
    from noxlock.workflows.repro.recording import Recording

    Ask = Callable[[str], bool | None]
    """Asks a question; None: there is nobody to answer."""

__all__ = ["Accepting", "Ask", "ask_on_terminal"]


def ask_on_terminal(stream: TextIO) -> Ask:
    """Return what asks on *stream* and reads the answer from standard input."""

    def ask(question: str) -> bool | None:
        if not (stream.isatty() and sys.stdin is not None and sys.stdin.isatty()):
            return None
        stream.write(f"{question} [y/N] ")
        stream.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    return ask


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepting:
    """One call with `accept`, all runs having ended well."""

    evidence: Evidence
    comparing: Comparing
    known: Known
    recording: Recording
    samples: BySample
    reason: str
    """Why the runs are not comparable at all; ""."""
    own: Own
    """The folder that the runs wrote to."""

    def report(self, ask: Ask, stream: TextIO) -> tuple[CheckReport, bool]:
        """Record the outputs, where they can be a baseline and it is confirmed.

        Returns:
            The report, and whether all but its first line was shown already.
        """
        request, known = self.evidence.request, self.known
        compared = Compared()
        if known.record is not None and not self.reason:
            compared = self._compared(known.record)
        if why := self._why_not():
            return self._refused(compared, why), False
        if known.record is not None:
            before = make_report(self.evidence, compared)
            if self._changes_nothing(known.record, compared):
                stream.write(
                    f"{request.name}: the baseline in {request.baseline.folder} stays"
                    " as it is\n"
                )
                commit = commit_commands(request)
                return structs.replace(before, next=(*commit, *before.next)), False
            self._show(before, stream)
        elif known.damage:
            stream.write(f"{request.name}: {known.damage}\n")
        if known.is_there and not request.yes and (why := self._unconfirmed(ask)):
            shown_before = known.record is not None
            return self._refused(compared, why), shown_before
        self.own.require()
        self._write(compared)
        return self._recorded(), False

    def _show(self, before: CheckReport, stream: TextIO) -> None:
        # Imported while the command ran.
        from noxlock.report import Shown, terminal  # noqa: PLC0415
        from noxlock.report.suspects import cause_line  # noqa: PLC0415

        request = self.evidence.request
        shown = Shown(report=structs.replace(before, next=()))
        terminal.write_report(shown, stream, request.environ, verbose=request.verbose)
        if before.verdict.passed:  # else the report has named them
            stream.writelines(f"  {cause_line(cause)}\n" for cause in before.causes)

    def _refused(self, compared: Compared, why: str) -> CheckReport:
        """Report that nothing was recorded; what was found keeps its verdict."""
        note = f"nothing was recorded: {why}"
        bad = self.comparing.unfit(self.evidence.runs[0].found)
        if not compared.reports and (bad or not self.reason):
            compared = Compared(reports=bad)
        return make_report(self.evidence, compared, self.reason, note=note)

    def _why_not(self) -> str:
        if self.reason:
            return self.reason
        if self.comparing.unfit(self.evidence.runs[0].found):
            return "not every output can be a baseline"
        noise = self.evidence.noise
        if noise is not None and not noise.verdict.passed:
            return (
                incomparable(noise)
                or "runs in the same surroundings differ by more than is tolerated"
            )
        return ""

    def _compared(self, record: Record) -> Compared:
        request = self.evidence.request
        return self.comparing.with_baseline(
            self.evidence.runs[0].found,
            request.baseline.fetch(record),
            (record, self.evidence.actual),
            beside(self.known.samples, self.samples),
        )

    def _changes_nothing(self, record: Record, compared: Compared) -> bool:
        same = worst_of(compared.reports) is Verdict.IDENTICAL
        settled = self.evidence.request.baseline.is_settled(record)
        return same and settled and records.same_origin(record, self.evidence.actual)

    def _unconfirmed(self, ask: Ask) -> str:
        folder = self.evidence.request.baseline.folder
        match ask(f"replace the baseline in {folder}?"):
            case True:
                return ""
            case None:
                return (
                    "nobody is there to ask; `-- --accept --yes` replaces the baseline"
                    f" in {folder}"
                )
            case _:
                return "it was not confirmed"

    def _write(self, compared: Compared) -> None:
        evidence, actual = self.evidence, self.evidence.actual
        evidence.request.baseline.write(
            Accepted(
                record=actual,
                outputs=evidence.runs[0].found.files,
                locks=self.recording.locks,
                dirty=self.recording.diff or None,
                samples=self.samples,
                entry=make_entry(self.known.record, actual, compared.reports),
            )
        )

    def _recorded(self) -> CheckReport:
        """Return the report of the new baseline, compared as it now lies there."""
        request, actual = self.evidence.request, self.evidence.actual
        evidence = replace(
            self.evidence, old=actual, history=request.baseline.history()
        )
        compared = self.comparing.with_baseline(
            evidence.runs[0].found,
            request.baseline.fetch(actual),
            (actual, actual),
            beside(self.samples, self.samples),
        )
        report = make_report(evidence, compared, accepted=True)
        # What is new is so beside what was replaced, not beside itself.
        before = make_report(self.evidence, compared)
        return structs.replace(
            report,
            new_warnings=before.new_warnings,
            gone_warnings=before.gone_warnings,
        )
