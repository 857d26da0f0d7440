"""Sessions that run commands: tests, lints."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import nox

from noxlock.definitions import commands
from noxlock.errors import DefinitionError
from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._gpu import with_gpu
from noxlock.nox_plugin.kinds._nox import backend, locked_env
from noxlock.nox_plugin.options import read_options
from noxlock.nox_plugin.summaries import session_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import Session
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = ["register_session"]


def register_session(noxfile: Noxfile, name: str, declared: Session) -> None:
    """Make a declared session known to nox."""

    def run(session: nox.Session) -> None:
        with reported():
            options = read_options(session.posargs, os.environ)
            env = locked_env(session)

            def build() -> None:
                if env is None:
                    # --no-venv, --force-venv-backend: nox's user has the last word.
                    session.warn(f"{name} runs outside its locked environment")
                else:
                    env.build(options)

            with_gpu(session, noxfile.project(), declared, build)
            _run(session, name, declared, options.rest)

    environment = noxfile.project().environment(declared.environment)
    run.__doc__ = session_summary(declared, environment)
    nox.session(
        name=name,
        tags=declared.tags,
        requires=declared.requires,
        default=declared.default,
        allow_parallel=declared.allow_parallel,
        **backend(f"session:{name}", environment),
    )(run)


def _run(
    session: nox.Session, name: str, declared: Session, posargs: Sequence[str]
) -> None:
    folder = declared.directory
    if not os.path.isdir(folder):  # noqa: PTH112 - nox runs in the noxfile's folder
        what = f"there is no folder `{folder}` to run in"
        raise DefinitionError(what, key=f"sessions.{name}.directory")
    with nullcontext() if folder == "." else session.chdir(folder):
        for command in commands(declared):
            session.run(*command.words(posargs=posargs), env=declared.env)
