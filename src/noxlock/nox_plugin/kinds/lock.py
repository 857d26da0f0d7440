"""The session that regenerates every declared lock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nox.command import CommandFailed

from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._nox import install_only, nox_folder
from noxlock.nox_plugin.options import read_options
from noxlock.workflows.parts import default_parts

if TYPE_CHECKING:
    import nox

    from noxlock.nox_plugin.entries import Entry
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = ["register_lock"]


def register_lock(noxfile: Noxfile, entry: Entry) -> None:
    """Make `lock` known to nox, for whatever locks the noxfile declares in the end."""

    def lock(session: nox.Session) -> None:
        from noxlock.workflows.lock import (  # noqa: PLC0415 - not for `nox -l`
            parse_options,
            run_lock,
        )

        with reported():
            options = read_options(session.posargs, os.environ)
            wanted = parse_options(options.rest)
            if install_only(session):
                return
            project = noxfile.project()
            parts = default_parts(project.root, offline=options.offline)
            folder = nox_folder(session) / "noxlock"
            outcomes = run_lock(project, wanted, parts, folder=folder)
        if stale := [one.lock for one in outcomes if one.stale]:
            raise CommandFailed(f"stale: {', '.join(stale)}")
        if failed := [
            f"{one.lock} ({', '.join(one.failed)})" for one in outcomes if one.failed
        ]:
            what = f"not locked: {'; '.join(failed)}"
            session.error(what)

    lock.__doc__ = entry["doc"]
    noxfile.gather(lock, "lock", ())
