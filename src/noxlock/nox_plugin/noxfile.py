"""What the noxfile that nox is loading has declared so far."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import nox
import nox.registry

from noxlock.errors import DefinitionError
from noxlock.store import default_root
from noxlock.store.memo import Memo

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from nox._decorators import Func

    from noxlock.definitions import Parsed
    from noxlock.model import (
        Check,
        Definitions,
        Environment,
        ProjectInstall,
        Session,
    )
    from noxlock.workflows.project import Project

__all__ = ["Noxfile", "Use", "current", "nox_names"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """Who uses an environment: a declared session or check, or one written by hand."""

    environment: str | Environment
    declared: bool
    install: ProjectInstall
    """How the project comes in where the environment does not say it."""

    @property
    def name(self) -> str:
        """The environment's name; of one in place, its locks."""
        used = self.environment
        return used if isinstance(used, str) else " + ".join(used.locks)


class Noxfile:
    """The definitions of one noxfile; nox loads one a process."""

    current: ClassVar[Noxfile | None] = None

    def __init__(self, root: Path) -> None:
        self.root = root
        self.outcomes: dict[str, tuple[str, bool]] = {}
        """Of each check's session that ended: its headline, and whether it passed."""
        self.accepted: set[str] = set()
        """The checks whose baseline was accepted by a session of this run."""
        self._files: Mapping[str, bytes] = {}
        """Of definitions that are known to be valid, and are not parsed yet."""
        self._kept = b""
        """What these files declare, as JSON; "": nothing is known of it."""
        self._parsed: tuple[Parsed, ...] = ()
        self._definitions: Definitions | None = None
        self._gathering: dict[str, Func] = {}

    @property
    def memo(self) -> Memo:
        """Where it is remembered what files declare, and what locks say."""
        return Memo(default_root(os.environ))

    @property
    def definitions(self) -> Definitions:
        """What has been declared so far."""
        if self._definitions is None:
            from noxlock.model import Definitions  # noqa: PLC0415 - not for `nox -l`

            if self._kept:
                from msgspec import json  # noqa: PLC0415 - likewise

                self._definitions = json.decode(self._kept, type=Definitions)
            else:
                self._definitions = Definitions()
        return self._definitions

    @property
    def _parts(self) -> tuple[Parsed, ...]:
        """Files and calls that declare something, and where each entry stands."""
        from noxlock.definitions import parse_definitions  # noqa: PLC0415 - likewise

        files = self._files.items()
        self._parsed += tuple(parse_definitions(name, data) for name, data in files)
        self._files = {}
        return self._parsed

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been declared yet."""
        return not self._parsed and not self._files

    def adopt(self, files: Mapping[str, bytes], kept: bytes) -> bool:
        """Take in files of definitions of which it is known what they declare.

        Args:
            files: Name and content of each.
            kept: All that they declare, as JSON.

        Returns:
            Whether they are all that is declared; nothing is done else.
        """
        if not self.is_empty:
            return False
        self._files, self._kept = files, kept
        return True

    def add(
        self, parts: Iterable[Parsed], *, others: Collection[str] | None
    ) -> Definitions:
        """Take *parts* in and return what they declare.

        Args:
            parts: Files or calls.
            others: Sessions that `requires` may name besides; None: any.

        Raises:
            DefinitionError: They contradict themselves, or what was there before;
                nothing is taken in then.
        """
        from noxlock.definitions import merge, validate  # noqa: PLC0415 - likewise

        new = tuple(parts)
        whole = (*self._parts, *new)
        merged = merge(whole)
        validate(merged.definitions, merged.origins, others=others)
        self._refuse_overriding(new)
        self._parsed, self._definitions = whole, merged.definitions
        return merge(new).definitions

    def _refuse_overriding(self, parts: Iterable[Parsed]) -> None:
        # What noxlock registered itself is no clash: merge has judged it.
        own = {*self.definitions.sessions, "repro", "lock", "update"}
        by_hand = set(nox.registry.get()) - own
        for part in parts:
            for name in part.definitions.sessions:
                if name in by_hand:
                    path = ("sessions", name)
                    what = f"the noxfile has a session `{name}` already"
                    raise part.document.error(path, what)

    def gather(
        self,
        function: Callable[[nox.Session], None],
        name: str,
        requires: Sequence[str],
    ) -> None:
        """Make *function* the one session *name*, or update what it says and requires.

        For the sessions that stand for several entries, as `repro` for all checks.
        """
        if (known := self._gathering.get(name)) is not None:
            known.requires = list(requires)
            known.__doc__ = known.func.__doc__ = function.__doc__
            return
        self._gathering[name] = nox.session(
            name=name,
            python=False,
            venv_backend="none",
            requires=requires,
            default=False,
            allow_parallel=False,
        )(function)

    def project(self) -> Project:
        """Return the project as it is on disk now."""
        from noxlock.workflows.project import (  # noqa: PLC0415 - not for `nox -l`
            Project,
        )

        return Project.open(self.root, self.definitions, memo=self.memo)

    @contextmanager
    def placed(self, section: str, name: str) -> Iterator[None]:
        """Add to errors in using a declared entry where in the definitions they are."""
        try:
            yield
        except DefinitionError as error:
            from noxlock.definitions import locate, merge  # noqa: PLC0415 - likewise

            locate(error, merge(self._parts).origins, (section, name))
            raise

    def use(self, wanted: str) -> Use:
        """Return who asks for an environment with this `venv_params` entry.

        Args:
            wanted: `session:NAME` or `check:NAME` for what is declared; else the name
                of an environment, for a session written by hand.
        """
        from noxlock.model import ProjectInstall  # noqa: PLC0415 - likewise

        kind, colon, name = wanted.partition(":")
        if not colon:
            return Use(
                environment=wanted, declared=False, install=ProjectInstall.EDITABLE
            )
        entries: Mapping[str, Check | Session] = (
            self.definitions.checks if kind == "check" else self.definitions.sessions
        )
        if (entry := entries.get(name)) is None:
            known = ", ".join(entries) or "none"
            raise DefinitionError(f"no {kind} `{name}` is declared; known: {known}")
        install = ProjectInstall.WHEEL if kind == "check" else ProjectInstall.EDITABLE
        return Use(environment=entry.environment, declared=True, install=install)


def current() -> Noxfile:
    """Return the noxfile that is being loaded, or run.

    nox enters the noxfile's folder before it loads it, wherever it was started.
    """
    if Noxfile.current is None:
        Noxfile.current = Noxfile(Path.cwd())
    return Noxfile.current


def nox_names() -> tuple[str, ...]:
    """Return the sessions that nox knows so far, as `requires` may name them."""
    names: list[str] = []
    for name, function in nox.registry.get().items():
        pythons = function.python
        specs = (pythons,) if isinstance(pythons, str) else pythons
        more = () if specs is None or isinstance(specs, bool) else specs
        names += [name, *(f"{name}-{spec}" for spec in more)]
    return tuple(names)
