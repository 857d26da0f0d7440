"""The session that updates the locks as far as everything passes."""

from __future__ import annotations

import os
import sys
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

__all__ = ["register_update"]

_REPORT = "report.md"


def register_update(noxfile: Noxfile, entry: Entry) -> None:
    """Make `update` known to nox, for whatever the noxfile declares in the end."""

    def update(session: nox.Session) -> None:
        with reported():
            if not install_only(session):
                _update(session, noxfile)

    update.__doc__ = entry["doc"]
    noxfile.gather(update, "update", ())


def _update(session: nox.Session, noxfile: Noxfile) -> None:
    from noxlock.errors import SolveError  # noqa: PLC0415 - not for `nox -l`
    from noxlock.model.update import UpdateVerdict  # noqa: PLC0415 - likewise
    from noxlock.workflows.update.options import (  # noqa: PLC0415 - likewise
        parse_options,
    )
    from noxlock.workflows.update.showing import (  # noqa: PLC0415 - likewise
        show,
        watched,
        write_report,
    )
    from noxlock.workflows.update.updating import (  # noqa: PLC0415 - likewise
        UpdateRequest,
        run_update,
    )

    common = read_options(session.posargs, os.environ)
    options = parse_options(common.rest)
    if common.offline:
        raise SolveError("an update needs an index", hint="run it without --offline")
    project = noxfile.project()
    request = UpdateRequest(
        project=project,
        options=options,
        nox_folder=nox_folder(session),
        environ=os.environ,
    )
    parts = default_parts(project.root)
    report = run_update(request, parts, watched(sys.stderr, os.environ))
    path = options.markdown or request.folder / _REPORT
    write_report(report, path, os.environ)
    show(report, sys.stderr, sys.stdout, as_json=options.json)
    session.log(f"report: {os.path.relpath(path)}")
    if report.verdict is UpdateVerdict.FAILED:
        raise CommandFailed(report.reason)
