"""Rerun a check and compare with its baseline, or record the baseline."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from noxlock import process
from noxlock.definitions import parse_command
from noxlock.envs import apply_variables, hermetic_variables, profile_variables
from noxlock.errors import CompareError, DefinitionError, EnvError
from noxlock.model import CheckReport, OutputReport, Record, Verdict, worst
from noxlock.report import changes, terminal
from noxlock.report import json as json_form
from noxlock.workflows import records
from noxlock.workflows.baselines import RECORD, Baseline
from noxlock.workflows.comparison import compare_outputs, compare_with_itself
from noxlock.workflows.facts import LIVE, Facts
from noxlock.workflows.outputs import Collected, check_names, collect, fresh_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from noxlock.model import Check
    from noxlock.workflows.records import Built

__all__ = ["CheckRequest", "Run", "report_file", "run_check"]

_FOLDER: Final = "repro"


class Run(Protocol):
    """Runs one command, its output shown to the user."""

    def __call__(
        self, command: Sequence[str], /, *, cwd: Path, env: Mapping[str, str]
    ) -> int:
        """Return the exit status; negative: the signal that ended it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRequest:
    """One check to run in an environment that is there."""

    root: Path
    """The project's folder: where the command runs."""
    name: str
    check: Check
    built: Built
    environ: Mapping[str, str]
    """The user's own variables; what may leak is removed here."""
    nox_folder: Path
    """For outputs and reports: `repro/NAME/` beneath it."""
    accept: bool = False
    """Record the outputs as the new baseline."""

    @property
    def folder(self) -> Path:
        """Where the outputs and the report of this check go."""
        return self.nox_folder / _FOLDER / self.name

    @property
    def outputs(self) -> Path:
        """What `{outputs}` stands for."""
        return self.folder / "outputs"

    @property
    def commands(self) -> tuple[str, ...]:
        """Its commands, as the definition has them."""
        run = self.check.run
        return (run,) if isinstance(run, str) else run

    @property
    def baseline(self) -> Baseline:
        """Where its baseline lies."""
        folder = self.check.baseline or f"{_FOLDER}/{self.name}"
        return Baseline(root=self.root, folder=folder)


def report_file(request: CheckRequest) -> Path:
    """Return where the report of *request* goes: `.nox/repro/NAME/report.json`."""
    return request.folder / "report.json"


def _run(command: Sequence[str], /, *, cwd: Path, env: Mapping[str, str]) -> int:
    return process.run(command, cwd=cwd, env=env, stream=True).returncode


def run_check(
    request: CheckRequest,
    *,
    run: Run = _run,
    facts: Facts = LIVE,
    stream: TextIO | None = None,
) -> CheckReport:
    """Run the check's command and compare its outputs with the baseline.

    The report is printed to *stream* and written to `report_file`. It passes only if
    its verdict does. With `accept` the outputs become the baseline, unless the command
    failed or an output is missing, extra or cannot be compared even with itself.

    Args:
        request: What to run, where, in which environment.
        run: Runs one command.
        facts: Where the record's facts come from.
        stream: For people; None: standard error.

    Raises:
        DefinitionError: An output, the command or the baseline's folder is no good.
        EnvError: The command cannot be started, or the outputs folder not be made.
        CompareError: The baseline cannot be written.
    """
    check_names(request.check.outputs, request.name, RECORD)
    request.baseline.check()
    commands = [_words(request, command) for command in request.commands]
    fresh_folder(request.folder)
    fresh_folder(request.outputs)
    stream = sys.stderr if stream is None else stream
    job = _Job(request, run, facts, stream, _variables(request))
    report = job.report(commands)
    _write_report(report_file(request), json_form.to_json(report))
    terminal.write(report, stream, request.environ)
    return report


def _words(request: CheckRequest, command: str) -> list[str]:
    try:
        parsed = parse_command(command, allowed=("outputs",))
    except DefinitionError as error:
        raise error.inside(key=f"checks.{request.name}.run") from error.__cause__
    return list(parsed.words(values={"outputs": str(request.outputs)}))


def _variables(request: CheckRequest) -> dict[str, str]:
    changes: dict[str, str | None] = {
        **hermetic_variables(request.built.prefix, request.environ),
        **request.built.activation.variables,
        **profile_variables(request.check.profile, request.environ),
        **request.check.env,
    }
    return apply_variables(request.environ, changes)


def _write_report(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)  # noqa: PTH105 - one call, over an existing file
    except OSError as error:
        what = f"the report cannot be written: {error.strerror or error}"
        raise EnvError(what, file=str(path)) from error


@dataclass(slots=True)
class _Job:
    request: CheckRequest
    run: Run
    facts: Facts
    stream: TextIO
    env: dict[str, str]

    def report(self, commands: list[list[str]]) -> CheckReport:
        """Run the commands and return what came of them."""
        request = self.request
        failed = self._run_all(commands)
        found = collect(request.outputs, () if failed else request.check.outputs)
        actual = self._record(found)
        if failed:
            return self._report((), None, actual, failed)
        try:
            old = request.baseline.read()
        except CompareError as error:
            hint = f" ({error.hint})" if error.hint else ""
            if not request.accept:
                return self._report((), None, actual, f"{error}{hint}")
            old = None
        if request.accept:
            return self._accept(found, actual, old)
        if old is None:
            return self._report(
                tuple(found.faults.values()), None, actual, self._no_baseline()
            )
        return self._report(self._compare(found, old), old, actual)

    def _compare(self, found: Collected, old: Record) -> tuple[OutputReport, ...]:
        request = self.request
        folder = request.baseline.path
        return compare_outputs(found, request.check.outputs, folder, old)

    def _accept(
        self, found: Collected, actual: Record, old: Record | None
    ) -> CheckReport:
        """Record the outputs; what they change in the old baseline is printed."""
        request = self.request
        own = compare_with_itself(found, request.check.outputs)
        if not all(output.verdict.passed for output in own):
            reason = "nothing was recorded: not every output can be a baseline"
            return self._report(own, old, actual, reason)
        if old is not None:
            before = self._report(self._compare(found, old), old, actual)
            if before.verdict is Verdict.IDENTICAL and records.same_origin(old, actual):
                self._say(f"the baseline in {request.baseline.folder} stays as it is")
                return before
            terminal.write(before, self.stream, request.environ)
            if before.verdict.passed:
                for line in changes(old, actual):
                    self._say(line)
        request.baseline.write(actual, found.files, old)
        self._say(f"recorded the baseline in {request.baseline.folder}")
        return self._report(self._compare(found, actual), actual, actual)

    def _say(self, line: str) -> None:
        self.stream.write(f"{self.request.name}: {line}\n")

    def _run_all(self, commands: list[list[str]]) -> str:
        """Return why the commands failed, or ""."""
        for text, words in zip(self.request.commands, commands, strict=True):
            status = self.run(words, cwd=self.request.root, env=self.env)
            if status != 0:
                how = f"signal {-status}" if status < 0 else f"exit status {status}"
                return f"`{text}` ended with {how}"
        return ""

    def _no_baseline(self) -> str:
        request = self.request
        return (
            f"there is no baseline in {request.baseline.folder}; record one with"
            f' `nox -s "repro({request.name})" -- --accept`'
        )

    def _record(self, found: Collected) -> Record:
        request, built = self.request, self.request.built
        profile = profile_variables(request.check.profile, request.environ)
        return Record(
            format=records.FORMAT,
            check=request.name,
            command=request.commands,
            created=records.timestamp(self.facts.now()),
            locks=records.lock_digests(built.plan, request.root),
            plan=built.plan.key,
            target=built.plan.target.name,
            packages=tuple(sorted(built.packages, key=lambda package: package.name)),
            interpreter={
                "cache-tag": built.interpreter.cache_tag,
                "magic": built.interpreter.magic,
                "version": built.interpreter.version,
            },
            machine=self.facts.machine(),
            profile=records.recorded_variables(profile, self.env),
            effective=self.facts.effective(built.prefix, self.env, request.root),
            commit=self.facts.commit(request.root, request.baseline.folder),
            outputs={name: records.digest(path) for name, path in found.files.items()},
        )

    def _report(
        self,
        outputs: tuple[OutputReport, ...],
        baseline: Record | None,
        actual: Record,
        reason: str = "",
    ) -> CheckReport:
        verdict = worst([output.verdict for output in outputs])
        return CheckReport(
            check=self.request.name,
            verdict=Verdict.NOT_COMPARABLE if reason else verdict,
            outputs=outputs,
            baseline=baseline,
            actual=actual,
            reason=reason,
        )
