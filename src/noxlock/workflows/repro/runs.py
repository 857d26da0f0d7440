"""One run of a check's commands, tried again where it fails."""

from __future__ import annotations

import shlex
import signal
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TextIO

from noxlock import process
from noxlock.envs import (
    Probed,
    Surroundings,
    home_variables,
    probe_variables,
    read_probe,
)
from noxlock.model import Resources
from noxlock.workflows.outputs import Collected, collect
from noxlock.workflows.repro.places import RunFolder, copied_project
from noxlock.workflows.repro.request import command_words, hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from noxlock.envs import Profile
    from noxlock.workflows.inputs import Inputs
    from noxlock.workflows.repro.request import CheckRequest

__all__ = ["SAME", "Ran", "Runner", "Wanted"]

SAME = Surroundings(axis="", value="")
"""Those of the check itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One run to make."""

    label: str
    """The name of its folder."""
    title: str
    """For people: `run 2 of 3`, `threads 2`."""
    surroundings: Surroundings = SAME


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A run that has ended, well or not."""

    wanted: Wanted
    folder: RunFolder
    env: Mapping[str, str]
    """What its commands were started with."""
    asked: Mapping[str, str]
    """The part of it that the profile and the variation asked for."""
    failed: str = ""
    """Why its commands did not end well."""
    found: Collected
    probed: Probed
    resources: Resources
    attempts: int = 1
    echoed: bool = False
    """What its commands printed was shown as it came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runner:
    """Makes the runs of one check."""

    request: CheckRequest
    profile: Profile
    inputs: Inputs
    dispatch: Collection[str] = ()
    """What the environment's NumPy chooses from; empty where no level is asked for."""
    say: Callable[[str], None]
    """Shows the line of a command that starts."""

    def run(self, wanted: Wanted, echo: TextIO | None) -> Ran:
        """Run the commands; tried again as often as the check allows.

        Raises:
            EnvError: A command cannot be started, a folder not be made.
        """
        folder = RunFolder(path=self.request.runs / wanted.label)
        ran: Ran | None = None
        for attempt in range(self.request.check.retries + 1):
            folder.empty()
            if attempt:
                _note(folder.log, f"attempt {attempt + 1}")
            ran = self._once(wanted, folder, echo)
            ran = replace(ran, attempts=attempt + 1, echoed=echo is not None)
            if not ran.failed:
                break
        assert ran is not None  # noqa: S101 - there is one attempt at least
        return ran

    def _once(self, wanted: Wanted, folder: RunFolder, echo: TextIO | None) -> Ran:
        request = self.request
        env, asked = self._variables(wanted.surroundings, folder)
        place = (
            copied_project(request.root, self.inputs.files, request.environ)
            if wanted.surroundings.random_cwd
            else nullcontext(request.root)
        )
        with place as cwd:
            failed, resources = self._commands(folder, cwd, env, echo)
        declared = () if failed else request.check.outputs
        return Ran(
            wanted=wanted,
            folder=folder,
            env=env,
            asked=asked,
            failed=failed,
            found=collect(folder.outputs, declared),
            probed=read_probe(folder.probe, request.built.prefix),
            resources=resources,
        )

    def _variables(
        self, surroundings: Surroundings, folder: RunFolder
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return all variables of a run, and those that were asked for."""
        request = self.request
        profile = self.profile.changes(request.environ, self.dispatch)
        changes: dict[str, str | None] = {
            **profile,
            **request.check.env,
            **surroundings.variables,
        }
        if surroundings.random_home:
            folder.home.mkdir(exist_ok=True)
            changes |= home_variables(folder.home)
        env = hermetic(request, changes)
        asked = {**profile, **surroundings.variables}
        env |= probe_variables(folder.probe, env)
        return env, {name: env[name] for name in asked if name in env}

    def _commands(
        self,
        folder: RunFolder,
        cwd: Path,
        env: Mapping[str, str],
        echo: TextIO | None,
    ) -> tuple[str, Resources]:
        """Return why the commands failed, or "", and what they took together."""
        request, limit = self.request, self.request.check.timeout
        seconds, memory = 0.0, None
        failed = ""
        lines = command_words(request, folder.outputs)
        for text, words in zip(request.commands, lines, strict=True):
            if echo is not None:
                self.say(shlex.join(words))
            left = None if limit is None else max(limit - seconds, 0.001)
            ended = process.measure(
                words, cwd=cwd, env=env, log=folder.log, echo=echo, timeout=left
            )
            seconds += ended.seconds
            memory = max(filter(None, (memory, ended.peak_memory)), default=None)
            failed = _failure(text, ended, limit)
            if failed:
                break
        return failed, Resources(seconds=seconds, peak_memory=memory)


def _failure(text: str, ended: process.Measured, limit: float | None) -> str:
    if ended.timed_out:
        return f"`{text}` was stopped: it did not end within {limit:g} s"
    if ended.returncode < 0:
        return f"`{text}` ended with {_signal(-ended.returncode)}"
    if ended.returncode:
        return f"`{text}` ended with exit status {ended.returncode}"
    return ""


def _signal(number: int) -> str:
    """Return its name, `SIGABRT`; of one that has none here: `signal 40`."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _note(log: Path, text: str) -> None:
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"noxlock: {text}\n")
