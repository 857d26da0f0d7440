"""Sessions that rerun a reference command and compare what it writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nox
from nox.command import CommandFailed

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._gpu import is_skipped, with_gpu
from noxlock.nox_plugin.kinds._nox import backend, install_only, locked_env, nox_folder
from noxlock.nox_plugin.options import read_options, refuse_rest
from noxlock.nox_plugin.summaries import check_summary, repro_summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.model import Check
    from noxlock.nox_plugin.noxfile import Noxfile
    from noxlock.workflows.environments import BuiltEnvironment

__all__ = ["register_check"]

_ACCEPT: Final = "--accept"


def register_check(noxfile: Noxfile, name: str, declared: Check) -> None:
    """Make a declared check known to nox, as `repro(NAME)`, and to `repro`."""
    title = f"repro({name})"

    def rerun(session: nox.Session) -> None:
        with reported():
            options = read_options(session.posargs, os.environ, flags=(_ACCEPT,))
            refuse_rest(options, title, (_ACCEPT,))
            env = locked_env(session)
            if env is None:
                what = f"{title} needs its locked environment: else nothing is proved"
                raise DefinitionError(what, hint="run it without --no-venv")
            project = noxfile.project()
            built = with_gpu(session, project, declared, lambda: env.build(options))
            if not install_only(session):
                accept = _ACCEPT in options.flags
                _compare(session, name, declared, built, accept=accept)

    _register_repro(noxfile)
    environment = noxfile.project().environment(declared.environment)
    rerun.__doc__ = check_summary(name, declared, environment)
    nox.session(
        name=title,
        tags=declared.tags,
        default=declared.default,
        # Several pythons write to the one folder of the check: one after the other.
        allow_parallel=isinstance(environment.python, str),
        **backend(f"check:{name}", environment),
    )(rerun)


def _register_repro(noxfile: Noxfile) -> None:
    checks = noxfile.definitions.checks

    def repro(session: nox.Session) -> None:
        if not install_only(session):
            # A comparison that could not be made is not a pass.
            skipped = [name for name, check in checks.items() if is_skipped(check)]
            passed = [name for name in checks if name not in skipped]
            if passed:
                every = "every other check" if skipped else "every check"
                session.log(f"{every} passed: {', '.join(passed)}")
            if skipped:
                what = f"not run, for want of a GPU: {', '.join(skipped)}"
                session.warn(what)
                if not passed:
                    session.skip(what)

    repro.__doc__ = repro_summary(checks)
    noxfile.gather(repro, "repro", [f"repro({name})" for name in checks])


def _compare(
    session: nox.Session,
    name: str,
    declared: Check,
    built: BuiltEnvironment,
    *,
    accept: bool,
) -> None:
    from noxlock.workflows.repro import (  # noqa: PLC0415 - not for `nox -l`
        CheckRequest,
        run_check,
    )

    request = CheckRequest(
        root=Path.cwd(),
        name=name,
        check=declared,
        built=built,
        environ=os.environ,
        nox_folder=nox_folder(session),
        accept=accept,
    )
    report = run_check(request, run=_Runner(session))
    if not report.verdict.passed:
        raise CommandFailed(report.reason or report.verdict)


class _Runner:
    """Runs a check's command the way nox runs commands: logged, interruptible."""

    def __init__(self, session: nox.Session) -> None:
        self.session = session

    def __call__(
        self, command: Sequence[str], /, *, cwd: Path, env: Mapping[str, str]
    ) -> int:
        """Return the exit status; *cwd* is where nox runs sessions anyway."""
        assert cwd == Path.cwd()  # noqa: S101 - what `_compare` asked for
        try:
            self.session.run(*command, env=env, include_outer_env=False)
        except CommandFailed as error:
            return error.return_code or 1
        return 0
