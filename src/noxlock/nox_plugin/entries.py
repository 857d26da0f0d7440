"""What nox is told of declared sessions, as plain values that can be kept as JSON.

`nox -l` is typed all day, and reading definitions took it longer than nox takes itself
(measured: 0.13 s after 0.26 s; YAML, msgspec and the modules of the definitions). So
that is done where they have changed, and else nox is told what it was told before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Check, Definitions, Environment, Session

__all__ = ["Entry", "describe"]


class Entry(TypedDict):
    """One session of nox."""

    kind: Literal["session", "check", "why", "repro", "lock", "update"]
    name: str
    """As declared."""
    doc: str
    """What `nox -l` says of it, and `nox --usage`."""
    python: str | list[str] | None
    tags: list[str]
    requires: list[str]
    default: bool
    allow_parallel: bool


def describe(new: Definitions, whole: Definitions) -> Iterator[Entry]:
    """Yield the sessions of what was declared.

    Args:
        new: What was declared just now.
        whole: That, and all that was declared before: the sessions that stand for
            several entries speak of all of them.
    """
    from noxlock.nox_plugin.summaries import (  # noqa: PLC0415 - see above
        lock_summary,
        repro_summary,
        update_summary,
    )

    for name, session in new.sessions.items():
        yield _of_session(name, session, _environment(session.environment, whole))
    if new.checks:
        names = [f"repro({name})" for name in whole.checks]
        yield _gathering("repro", repro_summary(whole.checks), names)
    for name, check in new.checks.items():
        yield _of_check(name, check, _environment(check.environment, whole))
    yield from map(_of_why, new.checks)
    if new.locks:
        yield _gathering("lock", lock_summary(whole.locks), [])
        yield _gathering("update", update_summary(), [])


def _of_session(name: str, session: Session, environment: Environment) -> Entry:
    from noxlock.nox_plugin.summaries import session_summary  # noqa: PLC0415

    return {
        "kind": "session",
        "name": name,
        "doc": session_summary(session, environment),
        "python": _python(environment),
        "tags": list(session.tags),
        "requires": list(session.requires),
        "default": session.default,
        "allow_parallel": session.allow_parallel,
    }


def _of_check(name: str, check: Check, environment: Environment) -> Entry:
    from noxlock.nox_plugin.summaries import check_summary  # noqa: PLC0415

    return {
        "kind": "check",
        "name": name,
        "doc": check_summary(name, check, environment),
        "python": _python(environment),
        "tags": list(check.tags),
        "requires": [],
        "default": check.default,
        # Several pythons write to the one folder of the check: one after the other.
        "allow_parallel": isinstance(environment.python, str),
    }


def _of_why(name: str) -> Entry:
    from noxlock.nox_plugin.summaries import why_summary  # noqa: PLC0415

    return {
        "kind": "why",
        "name": name,
        "doc": why_summary(name),
        # It makes its own environments, many of them.
        "python": None,
        "tags": [],
        "requires": [],
        "default": False,
        "allow_parallel": False,
    }


def _gathering(
    kind: Literal["repro", "lock", "update"], doc: str, requires: list[str]
) -> Entry:
    return {
        "kind": kind,
        "name": kind,
        "doc": doc,
        "python": None,
        "tags": [],
        "requires": requires,
        "default": False,
        "allow_parallel": False,
    }


def _environment(wanted: str | Environment, whole: Definitions) -> Environment:
    return whole.environments[wanted] if isinstance(wanted, str) else wanted


def _python(environment: Environment) -> str | list[str] | None:
    """Return the python that becomes part of a session's name: what is said, is."""
    fields = type(environment).__struct_fields__
    any_python = type(environment).__struct_defaults__[fields.index("python")]
    python = environment.python
    if python == any_python:
        return None
    return python if isinstance(python, str) else list(python)
