"""What definitions mean to each other: names, references, commands, paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from noxlock.definitions.checks import baseline_clashes, check_problems
from noxlock.definitions.command import parse_command
from noxlock.definitions.document import Document, Problems
from noxlock.definitions.environments import environment_problems
from noxlock.definitions.locks import lock_problems
from noxlock.definitions.paths import escapes
from noxlock.definitions.profiles import (
    BUILTIN_PROFILES,
    profile_problems,
    variable_problems,
)
from noxlock.errors import DefinitionError, nearest
from noxlock.model import Check, Environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from noxlock.definitions.document import Path
    from noxlock.model import Definitions, Session

__all__ = ["Origins", "session_names", "validate"]

Origins: TypeAlias = "Mapping[tuple[str, str], Document]"
"""Where each entry comes from: its section and name to its document."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NO_DOCUMENT: Final = Document(file="", data={})


def session_names(definitions: Definitions) -> tuple[str, ...]:
    """Return every name that `requires` and `nox -s` may say for what is declared."""
    names: dict[str, None] = {}
    for name, session in definitions.sessions.items():
        names |= dict.fromkeys(_signatures(name, session, definitions))
    for name, check in definitions.checks.items():
        signatures = _signatures(f"repro({name})", check, definitions)
        names |= dict.fromkeys(("repro", *signatures))
    if definitions.locks:
        names |= dict.fromkeys(("lock", "update"))
    return tuple(names)


def _signatures(
    name: str, used: Session | Check, definitions: Definitions
) -> Iterator[str]:
    yield name
    environment = used.environment
    if isinstance(environment, str):
        environment = definitions.environments.get(environment, Environment())
    pythons = environment.python
    for python in (pythons,) if isinstance(pythons, str) else pythons:
        yield f"{name}-{python}"


def validate(
    definitions: Definitions,
    origins: Origins | None = None,
    *,
    others: Collection[str] | None = None,
) -> None:
    """Raise `DefinitionError` with everything that is wrong, or return.

    It does not check what lies in other files: that a lock exists, that it has the
    groups, that the interpreter is there.

    Args:
        definitions: Values of the right types.
        origins: For the file and line in errors.
        others: Sessions that `requires` may name besides the declared ones; None:
            any, since not all are known yet.
    """
    validator = _Validator(definitions, origins or {})
    validator.names()
    validator.environments()
    for name, session in definitions.sessions.items():
        validator.commands(("sessions", name), session)
        validator.variables(("sessions", name, "env"), session.env)
    for name, check in definitions.checks.items():
        validator.commands(("checks", name), check)
        validator.variables(("checks", name, "env"), check.env)
    validator.checks()
    validator.profiles()
    validator.files()
    if others is not None:
        validator.requires(others)
    validator.cycles()
    validator.problems.raise_any()


class _Validator:
    def __init__(self, definitions: Definitions, origins: Origins) -> None:
        self.definitions = definitions
        self.origins = origins
        self.problems = Problems()

    def report(self, path: Path, what: str, hint: str | None = None) -> None:
        section, name = str(path[0]), str(path[1])
        document = self.origins.get((section, name), _NO_DOCUMENT)
        error = document.error(path, what, hint=hint)
        error.file = error.file or None
        self.problems.add(error)

    def names(self) -> None:
        sections: dict[str, Iterable[str]] = {
            "environments": self.definitions.environments,
            "sessions": self.definitions.sessions,
            "checks": self.definitions.checks,
            "profiles": self.definitions.profiles,
        }
        for section, names in sections.items():
            for name in names:
                if not _NAME.fullmatch(name):
                    what = f"`{name}` is no valid name"
                    hint = "letters, digits, `.`, `_`, `-`; first a letter or digit"
                    self.report((section, name), what, hint)
        taken = {"repro": "checks", "lock": "locks", "update": "locks"}
        for name, section in taken.items():
            clash = name in self.definitions.sessions
            if clash and getattr(self.definitions, section):
                what = f"`{name}` is the session that runs the declared {section}"
                self.report(("sessions", name), what, "choose another name")

    def environments(self) -> None:
        known = self.definitions.environments
        for name, environment in known.items():
            self.environment(("environments", name), environment)
        for name, session in self.definitions.sessions.items():
            self.used(("sessions", name, "environment"), session.environment)
        for name, check in self.definitions.checks.items():
            self.used(("checks", name, "environment"), check.environment)

    def used(self, path: Path, environment: str | Environment) -> None:
        known = self.definitions.environments
        if isinstance(environment, Environment):
            self.environment(path, environment)
        elif environment not in known:
            listed = ", ".join(sorted(known)) or "none"
            what = f"unknown environment `{environment}`; known: {listed}"
            self.report(path, what, nearest(environment, known))

    def environment(self, path: Path, environment: Environment) -> None:
        locks = self.definitions.locks
        for keys, what, hint in environment_problems(environment, locks):
            self.report((*path, *keys), what, hint)

    def commands(self, path: Path, entry: Session | Check) -> None:
        allowed = {"outputs"} if isinstance(entry, Check) else {"posargs"}
        single = isinstance(entry.run, str)
        texts = (entry.run,) if isinstance(entry.run, str) else entry.run
        used: set[str] = set()
        for index, text in enumerate(texts):
            where = (*path, "run") if single else (*path, "run", index)
            try:
                used |= parse_command(text, allowed=allowed).placeholders
            except DefinitionError as error:
                self.report(where, error.what, error.hint)
                return
        if not texts:
            self.report((*path, "run"), "at least one command is needed")
        elif isinstance(entry, Check) and "outputs" not in used:
            what = "no command uses `{outputs}`, the folder that the check reads"
            self.report((*path, "run"), what, "for example `--out {outputs}`")

    def variables(self, path: Path, env: Mapping[str, str]) -> None:
        for keys, what, hint in variable_problems(env):
            self.report((*path, *keys), what, hint)

    def checks(self) -> None:
        checks, profiles = self.definitions.checks, self.definitions.profiles
        for name, check in checks.items():
            for keys, what, hint in check_problems(check, profiles):
                self.report(("checks", name, *keys), what, hint)
        for name, what in baseline_clashes(checks):
            self.report(("checks", name, "baseline"), what, "name another folder")

    def profiles(self) -> None:
        known = self.definitions.profiles
        for name, profile in known.items():
            if name in BUILTIN_PROFILES:
                what = f"`{name}` is the name of a built-in profile"
                self.report(("profiles", name), what, "choose another name")
            for keys, wrong, hint in profile_problems(profile, known):
                self.report(("profiles", name, *keys), wrong, hint)
        bases = {name: [one.base] for name, one in known.items() if one.base in known}
        self.refuse_cycle("profiles", "base", bases, "profiles build on each other")

    def files(self) -> None:
        for name, lock in self.definitions.locks.items():
            if (what := escapes(name)) is not None:
                hint = "name it relative to the project's folder"
                self.report(("locks", name), what, hint)
            for keys, wrong, advice in lock_problems(name, lock):
                self.report(("locks", name, *keys), wrong, advice)

    def requires(self, others: Collection[str]) -> None:
        known = {*session_names(self.definitions), *others}
        for name, session in self.definitions.sessions.items():
            for index, wanted in enumerate(session.requires):
                # nox puts the session's python in: `build-{python}`.
                if wanted in known or "{" in wanted:
                    continue
                listed = ", ".join(sorted(known - {name}))
                hint = nearest(wanted, known) or (
                    "a session written by hand must stand above what requires it"
                )
                path = ("sessions", name, "requires", index)
                self.report(path, f"unknown session `{wanted}`; known: {listed}", hint)

    def cycles(self) -> None:
        sessions = self.definitions.sessions
        bare = {
            signature: name
            for name, session in sessions.items()
            for signature in _signatures(name, session, self.definitions)
        }
        needs = {
            name: [bare[one] for one in session.requires if one in bare]
            for name, session in sessions.items()
        }
        self.refuse_cycle("sessions", "requires", needs, "sessions require each other")

    def refuse_cycle(
        self, section: str, key: str, needs: Mapping[str, Iterable[str]], what: str
    ) -> None:
        done: set[str] = set()
        for name in needs:
            cycle = _cycle(name, needs, done, ())
            if cycle:
                self.report((section, cycle[0], key), f"{what}: {' -> '.join(cycle)}")
                return


def _cycle(
    name: str,
    needs: Mapping[str, Iterable[str]],
    done: set[str],
    above: tuple[str, ...],
) -> tuple[str, ...]:
    if name in above:
        return (*above[above.index(name) :], name)
    if name in done:
        return ()
    for needed in needs.get(name, ()):
        if found := _cycle(needed, needs, done, (*above, name)):
            return found
    done.add(name)
    return ()
