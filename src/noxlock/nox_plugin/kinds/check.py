"""Sessions that rerun a reference command and compare what it writes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nox
from nox.command import CommandFailed
from nox.logger import logger

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.failures import MissingInterpreter, reported
from noxlock.nox_plugin.kinds._gpu import is_skipped, with_gpu
from noxlock.nox_plugin.kinds._nox import backend, install_only, locked_env, nox_folder
from noxlock.nox_plugin.options import read_options, refuse_rest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import Check
    from noxlock.nox_plugin.entries import Entry
    from noxlock.nox_plugin.noxfile import Noxfile
    from noxlock.nox_plugin.options import Options
    from noxlock.workflows.environments import BuiltEnvironment
    from noxlock.workflows.project import Project

__all__ = ["register_check", "register_repro"]

_FLAGS: Final = ("--accept", "--yes", "--no-vary", "--verbose", "-v")


def register_check(noxfile: Noxfile, entry: Entry) -> None:
    """Make a declared check known to nox, as `repro(NAME)`."""
    name = entry["name"]

    def rerun(session: nox.Session) -> None:
        failed = False
        declared = noxfile.definitions.checks[name]
        try:
            _rerun(session, noxfile, name, declared)
        except CommandFailed as error:
            failed = True
            line = f"{name}: {error.reason}"
            noxfile.outcomes.setdefault(session.name, (line, False))
            raise
        except MissingInterpreter as error:
            line = f"{name}: not run: {error}"
            noxfile.outcomes[session.name] = line, False
            raise
        finally:
            stops = session._runner.global_config.stop_on_first_error  # noqa: SLF001 - no public way
            left = _left(session)
            if not left or (failed and stops):
                _summarise(noxfile, left)

    rerun.__doc__ = entry["doc"]
    nox.session(
        name=_title(name),
        tags=entry["tags"],
        default=entry["default"],
        allow_parallel=entry["allow_parallel"],
        **backend(entry),
    )(rerun)


def _title(name: str) -> str:
    return f"repro({name})"


def _rerun(session: nox.Session, noxfile: Noxfile, name: str, declared: Check) -> None:
    from noxlock.workflows.repro import (  # noqa: PLC0415 - not for `nox -l`
        alone,
        folder_of,
        require_files,
    )

    with reported(), noxfile.placed("checks", name):
        options = read_options(session.posargs, os.environ, flags=_FLAGS)
        refuse_rest(options, _title(name), _FLAGS)
        env = locked_env(session)
        if env is None:
            what = (
                f"{_title(name)} needs its locked environment: else nothing is proved"
            )
            raise DefinitionError(what, hint="run it without --no-venv")
        project = noxfile.project()
        # A run beside this one would make the environment anew under it.
        with alone(folder_of(nox_folder(session), name), session.log):

            def build() -> BuiltEnvironment:
                if not install_only(session):
                    # Found out before minutes are spent on the environment.
                    require_files(Path.cwd(), name, declared, nox_folder(session))
                return env.build(options, to_run=not install_only(session))

            built = with_gpu(session, project, declared, build)
            if not install_only(session):
                _compare(session, noxfile, (name, declared), built, options)


def _compare(
    session: nox.Session,
    noxfile: Noxfile,
    check: tuple[str, Check],
    built: BuiltEnvironment,
    options: Options,
) -> None:
    from noxlock.report.words import headline, passed  # noqa: PLC0415 - not for `nox -l`
    from noxlock.workflows.repro import (  # noqa: PLC0415 - likewise
        CheckRequest,
        Console,
        run_check,
    )

    name, declared = check
    flags = options.flags
    accept = "--accept" in flags
    if accept and name in noxfile.accepted:
        session.log("compares with the baseline that another python has accepted")
        accept = False
    report = run_check(
        CheckRequest(
            root=Path.cwd(),
            name=name,
            check=declared,
            built=built,
            environ=os.environ,
            nox_folder=nox_folder(session),
            profiles=noxfile.definitions.profiles,
            direct=_direct(noxfile.project(), declared, built.plan.target.name),
            others=_others(noxfile, name),
            accept=accept,
            yes="--yes" in flags,
            vary="--no-vary" not in flags,
            verbose=not {"--verbose", "-v"}.isdisjoint(flags),
        ),
        console=replace(Console.of_process(), say=session.log),
    )
    # What was asked for was not done: that is no success, whatever the results are.
    refused = accept and not report.accepted and bool(report.reason)
    good = passed(report) and not refused
    noxfile.outcomes[session.name] = headline(report), good
    if report.accepted or (accept and good):
        noxfile.accepted.add(name)
    if not good:
        raise CommandFailed(report.reason or report.verdict)


def _others(noxfile: Noxfile, name: str) -> list[str]:
    """Return the folders of the baselines of all checks but *name*."""
    from noxlock.definitions import baseline_folder  # noqa: PLC0415 - as above

    checks = noxfile.definitions.checks.items()
    return [baseline_folder(other, one) for other, one in checks if other != name]


def _direct(project: Project, declared: Check, target: str) -> frozenset[str]:
    """Return the packages that the project itself asks for in the check's environment.

    Args:
        project: The definitions and the locks.
        declared: The check.
        target: What its environment was made for.
    """
    from noxlock.workflows.asked import asked_of_conda  # noqa: PLC0415 - as above

    environment = project.environment(declared.environment)
    found = asked_of_conda(project, environment, target)
    if environment.pypi is None:
        return found
    roots = getattr(project.read_lock(environment.pypi).selection, "roots", {})
    return found.union(
        root.name for group in environment.groups for root in roots.get(group, ())
    )


def register_repro(noxfile: Noxfile, entry: Entry) -> None:
    """Make `repro` known to nox, which requires every check."""

    def repro(session: nox.Session) -> None:
        if not install_only(session):
            with reported():
                _judge_all(session, noxfile)

    repro.__doc__ = entry["doc"]
    noxfile.gather(repro, "repro", entry["requires"])


def _judge_all(session: nox.Session, noxfile: Noxfile) -> None:
    """Say which checks passed, none having failed: a skipped one has not.

    Without a GPU it is declared that a check is skipped; without its python it is not.
    """
    checks = noxfile.definitions.checks
    skipped = [name for name, check in checks.items() if is_skipped(check)]
    wanted = {name: one for name, one in checks.items() if name not in skipped}
    from noxlock.nox_plugin.kinds._pythons import (  # noqa: PLC0415 - as above
        missing_pythons,
    )

    lacking = missing_pythons(noxfile.project(), wanted)
    passed = [name for name in wanted if name not in lacking]
    if passed:
        every = "every other check" if len(passed) < len(checks) else "every check"
        session.log(f"{every} passed: {', '.join(passed)}")
    gpu = f"not run, for want of a GPU: {', '.join(skipped)}"
    if skipped:
        session.warn(gpu)
    if lacking:
        each = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        session.error(f"not run, and so not passed: {each}")
    if skipped and not passed:
        session.skip(gpu)


def _left(session: nox.Session) -> list[str]:
    """Return the sessions of checks that are still to come in this run."""
    manifest = session._runner.manifest  # noqa: SLF001 - no public way
    return [
        each.friendly_name
        for each, waits in manifest.list_all_sessions()
        if waits and each.name.startswith("repro(")
    ]


def _summarise(noxfile: Noxfile, left: Sequence[str]) -> None:
    """Say in one place what became of all checks that were to run, if of several."""
    if len(noxfile.outcomes) + len(left) < 2:  # noqa: PLR2004 - several
        return
    for session, (line, passed) in noxfile.outcomes.items():
        mark = "pass" if passed else "FAIL"
        # Of a check with several pythons, each is a session: `repro(NAME)-3.12`.
        which = session.rpartition(")")[2]
        (logger.info if passed else logger.error)(f"{mark}{which}  {line}")
    if left:
        logger.warning(f"not run: {', '.join(left)}")
