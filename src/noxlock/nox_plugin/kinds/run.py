"""Sessions that run commands: tests, lints."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import nox

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._gpu import with_gpu
from noxlock.nox_plugin.kinds._nox import backend, install_only, locked_env
from noxlock.nox_plugin.options import read_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import Session
    from noxlock.nox_plugin.entries import Entry
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = ["register_session"]


def register_session(noxfile: Noxfile, entry: Entry) -> None:
    """Make a declared session known to nox."""
    name = entry["name"]

    def run(session: nox.Session) -> None:
        with reported():
            declared = noxfile.definitions.sessions[name]
            options = read_options(session.posargs, os.environ)
            env = locked_env(session)

            def build() -> None:
                if env is None:
                    # --no-venv, --force-venv-backend: nox's user has the last word.
                    session.warn(f"{name} runs outside its locked environment")
                else:
                    env.build(options, to_run=not install_only(session))

            with_gpu(session, noxfile.project(), declared, build)
            _run(session, name, declared, options.rest)

    run.__doc__ = entry["doc"]
    nox.session(
        name=name,
        tags=entry["tags"],
        requires=entry["requires"],
        default=entry["default"],
        allow_parallel=entry["allow_parallel"],
        **backend(entry),
    )(run)


def _run(
    session: nox.Session, name: str, declared: Session, posargs: Sequence[str]
) -> None:
    from noxlock.definitions import commands  # noqa: PLC0415 - not for `nox -l`

    folder = declared.directory
    if not os.path.isdir(folder):  # noqa: PTH112 - nox runs in the noxfile's folder
        what = f"there is no folder `{folder}` to run in"
        raise DefinitionError(what, key=f"sessions.{name}.directory")
    with nullcontext() if folder == "." else session.chdir(folder):
        for command in commands(declared):
            session.run(*command.words(posargs=posargs), env=declared.env)
