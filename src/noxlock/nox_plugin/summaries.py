"""The words that `nox -l` and `nox --usage` show for what is declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import Check, Environment, LockDefinition, Session

__all__ = [
    "check_summary",
    "lock_summary",
    "repro_summary",
    "session_summary",
    "update_summary",
    "why_summary",
]

_WIDTH = 50
_POSARGS = re.compile(r"\{posargs(?::([^{}]*))?\}")


def session_summary(session: Session, environment: Environment) -> str:
    """Return one line on the session, then its commands and options."""
    texts = _texts(session)
    more = f" and {len(texts) - 1} more" if texts[1:] else ""
    where = _described(session.environment, environment)
    first = f"Run `{_short(texts[0])}`{more} in {where}"
    details = [*(f"    {text}" for text in texts), "", _OPTIONS]
    return _docstring(session.description or first, details)


def check_summary(name: str, check: Check, environment: Environment) -> str:
    """Return one line on the check, then its command, outputs and options."""
    texts = _texts(check)
    baseline = check.baseline or f"repro/{name}"
    where = _described(check.environment, environment)
    first = f"Rerun `{_short(texts[-1])}` in {where}, compare with {baseline}"
    details = [
        *(f"    {text}" for text in texts),
        "",
        f"outputs: {', '.join(check.outputs)}",
        *_declared(check),
        "-- --accept   records the outputs as the baseline; asks first",
        "-- --yes      does not ask",
        "-- --no-vary  leaves the variations out",
        "-- --verbose  shows every detail, also -v",
        _OPTIONS,
    ]
    return _docstring(check.description or first, details)


def why_summary(name: str) -> str:
    """Return one line on the search for what drifted a check, then its options."""
    first = f"Find the package changes that make {name} drift, and prove it"
    details = [
        "-- --good REV    the lock that was good; without it the baseline's",
        "-- --bad REV     the lock that is not; without it the work tree's",
        "-- --jobs N      runs side by side",
        "-- --max-runs N, --timeout SECONDS   end with what is known then",
        "-- --json, --markdown   the finding on stdout",
    ]
    return _docstring(first, details)


def _declared(check: Check) -> list[str]:
    """Return what is said of its runs, a line each."""
    vary = [
        field.replace("_", "-")
        for field in check.vary.__struct_fields__
        if getattr(check.vary, field)
    ]
    lines = {
        "inputs": ", ".join(check.inputs),
        "varied": ", ".join(vary),
        "repeats": str(check.repeat) if check.repeat > 1 else "",
    }
    return [f"{name}: {text}" for name, text in lines.items() if text]


def repro_summary(checks: Mapping[str, Check]) -> str:
    """Return one line on the session that runs all checks."""
    return f"Run every check: {', '.join(checks)}; `-- --accept` records baselines"


def lock_summary(locks: Mapping[str, LockDefinition]) -> str:
    """Return one line on the session that locks again."""
    sources = ", ".join(
        f"{name} from {' and '.join(lock.sources)}" for name, lock in locks.items()
    )
    return f"Lock again: {sources}; `-- --check` only checks, `-- --update NAME` one"


def update_summary() -> str:
    """Return one line on the session that updates the locks, then its options."""
    first = "Update the locks as far as tests pass and results hold; `-- NAME` less"
    details = [
        "-- --dry-run        leaves the locks as they are",
        "-- --only JUDGE     one check or session that has a say; may be repeated",
        "-- --no-checks, --no-sessions, --no-releases   look at less",
        "-- --advisories PATH   known vulnerabilities, in the OSV format",
        "-- --markdown FILE  where the report goes; without it .nox/update/report.md",
        "-- --json           the report on stdout",
        "-- --jobs N         runs side by side",
        "-- --max-runs N, --timeout SECONDS   end earlier",
    ]
    return _docstring(first, details)


_OPTIONS = (
    "-- --frozen   uses the lock as it is, stale or not\n"
    "-- --offline  uses the store only"
)


def _texts(entry: Session | Check) -> tuple[str, ...]:
    texts = (entry.run,) if isinstance(entry.run, str) else entry.run
    shown = (_POSARGS.sub(lambda found: found[1] or "", text) for text in texts)
    return tuple(" ".join(text.split()) for text in shown)


def _described(named: str | Environment, environment: Environment) -> str:
    name = named if isinstance(named, str) else " + ".join(environment.locks)
    pythons = environment.python
    specs = (pythons,) if isinstance(pythons, str) else pythons
    python = ", ".join(specs)
    if all(re.fullmatch(r"[\d.]+", spec) for spec in specs):
        python = f"CPython {python}"
    return f"{name} ({python}; {', '.join(environment.groups)})"


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _docstring(first: str, details: list[str]) -> str:
    return "\n".join([first, "", *details])
