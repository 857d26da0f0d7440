"""Sessions that find the package changes which make a check drift."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import nox
from nox.command import CommandFailed

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._nox import install_only, nox_folder
from noxlock.nox_plugin.options import read_options

if TYPE_CHECKING:
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
        ask_why,
    )
    from noxlock.workflows.culprit.showing import (  # noqa: PLC0415 - likewise
        Form,
        show,
        watching,
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
    form = Form.JSON if asked.json else Form.MARKDOWN if asked.markdown else Form.TEXT
    try:
        with watching(sys.stderr, os.environ) as watch:
            found = ask_why(request, parts, watch)
    except KeyboardInterrupt:
        session.warn("interrupted; the same command goes on from here")
        raise
    show(found, form, sys.stdout, os.environ)
    if found.verdict != "explained":
        raise CommandFailed(found.reason or found.verdict)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise DefinitionError(message, key=self.prog, hint=f"known are {_KNOWN}")


def _parsed(rest: Sequence[str], title: str) -> argparse.Namespace:
    """Return what follows `--` on nox's command line.

    Raises:
        DefinitionError: An option is not known, or has no value that it can have.
    """
    parser = _Parser(prog=title, add_help=False, allow_abbrev=False)
    parser.add_argument("--good", metavar="REV", default="record")
    parser.add_argument("--bad", metavar="REV", default="worktree")
    parser.add_argument("-j", "--jobs", metavar="N", type=_positive, default=1)
    parser.add_argument("--max-runs", metavar="N", type=_positive)
    parser.add_argument("--timeout", metavar="SECONDS", type=float)
    parser.add_argument("--no-releases", action="store_true")
    parser.add_argument("--python", metavar="VERSION")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--markdown", action="store_true")
    return parser.parse_args(rest)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is less than 1")
    return number
