"""Sessions that find the package changes which make a check drift."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import nox
from nox.command import CommandFailed

from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._nox import install_only, nox_folder
from noxlock.nox_plugin.options import read_options

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from noxlock.nox_plugin.entries import Entry
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = ["register_why"]

_KNOWN = (
    "--good REV, --bad REV, --jobs N, --max-runs N, --timeout SECONDS, --no-releases,"
    " --python VERSION, --json, --markdown"
)


def register_why(noxfile: Noxfile, entry: Entry) -> None:
    """Make the search for what drifted a declared check known to nox: `why(NAME)`."""
    name = entry["name"]

    def why(session: nox.Session) -> None:
        if not install_only(session):
            with reported():
                _search(session, noxfile, name)

    why.__doc__ = entry["doc"]
    nox.session(name=f"why({name})", venv_backend="none", default=False, python=False)(
        why
    )


def _search(session: nox.Session, noxfile: Noxfile, name: str) -> None:
    from noxlock.workflows.culprit.asking import (  # noqa: PLC0415 - not for `nox -l`
        WhyRequest,
    )
    from noxlock.workflows.culprit.showing import (  # noqa: PLC0415 - likewise
        Form,
        answer,
    )
    from noxlock.workflows.culprit.why import Limits  # noqa: PLC0415 - likewise
    from noxlock.workflows.parts import default_parts  # noqa: PLC0415 - likewise

    options = read_options(session.posargs, os.environ)
    asked = _parsed(options.rest, f"why({name})")
    project = noxfile.project()
    request = WhyRequest(
        project=project,
        name=name,
        good=asked.good,
        bad=asked.bad,
        python=asked.python,
        limits=Limits(
            jobs=asked.jobs,
            most_runs=asked.max_runs,
            seconds=asked.timeout,
            releases=not asked.no_releases,
        ),
        nox_folder=nox_folder(session),
        environ=os.environ,
    )
    parts = default_parts(project.root, offline=options.offline)
    form = Form.of(as_json=asked.json, markdown=asked.markdown)
    found = answer(request, parts, form, session.warn)
    if found.verdict != "explained":
        raise CommandFailed(found.reason or found.verdict)


def _parsed(rest: Sequence[str], title: str) -> argparse.Namespace:
    """Return what follows `--` on nox's command line.

    Raises:
        DefinitionError: An option is not known, or has no value that it can have.
    """
    from noxlock.workflows.posargs import (  # noqa: PLC0415 - not for `nox -l`
        PosargsParser,
    )

    parser = PosargsParser(title, f"known are {_KNOWN}")
    parser.add_argument("--good", metavar="REV", default="record")
    parser.add_argument("--bad", metavar="REV", default="worktree")
    parser.add_count("-j", "--jobs", default=1)
    parser.add_count("--max-runs")
    parser.add_argument("--timeout", metavar="SECONDS", type=float)
    parser.add_argument("--no-releases", action="store_true")
    parser.add_argument("--python", metavar="VERSION")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--markdown", action="store_true")
    return parser.parse_args(rest)
