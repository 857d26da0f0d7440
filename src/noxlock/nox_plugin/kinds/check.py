"""Sessions that rerun a reference command and compare what it writes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import nox

from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.kinds._nox import backend, locked_env
from noxlock.nox_plugin.options import read_options, refuse_rest
from noxlock.nox_plugin.summaries import check_summary, repro_summary

if TYPE_CHECKING:
    from noxlock.model import Check
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = ["register_check"]

_ACCEPT: Final = "--accept"


def register_check(noxfile: Noxfile, name: str, declared: Check) -> None:
    """Make a declared check known to nox, as `repro(NAME)`, and to `repro`."""
    title = f"repro({name})"

    def rerun(session: nox.Session) -> None:
        with reported():
            options = read_options(session.posargs, os.environ, flags=(_ACCEPT,))
            refuse_rest(options, title, (_ACCEPT,))

    checks = noxfile.definitions.checks

    def repro(session: nox.Session) -> None:
        session.log(f"{len(checks)} checks passed: {', '.join(checks)}")

    repro.__doc__ = repro_summary(checks)
    noxfile.gather(repro, "repro", [f"repro({one})" for one in checks])

    environment = noxfile.project().environment(declared.environment)
    rerun.__doc__ = check_summary(name, declared, environment)
    nox.session(
        name=title,
        tags=declared.tags,
        default=declared.default,
        **backend(f"check:{name}", environment),
    )(rerun)
