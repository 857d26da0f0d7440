"""Build what has no wheel: source distributions, commits, folders, the project."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from noxlock.envs import venv_python
from noxlock.envs.building import Backend, build_variables
from noxlock.envs.leftovers import without_leftovers
from noxlock.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable

    from packaging.utils import NormalizedName

    from noxlock.envs.building import BuildKind
    from noxlock.model import Interpreter
    from noxlock.store import BuiltWheel
    from noxlock.workflows.build_requirements import BuildRequirements, Provision
    from noxlock.workflows.supply import Supplies

__all__ = ["Source", "SourceBuilder", "build_note"]

KEY_VERSION: Final = "build-v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Something to be built into a wheel."""

    title: str
    """For messages: `scipy 1.14.1`."""
    identity: tuple[str, ...]
    """All that reaches the wheel, besides interpreter and build requirements."""
    unpack: Callable[[Path], Path]
    """Puts it at a path that is absent; returns the folder of the project."""
    kind: BuildKind = "wheel"
    name: NormalizedName | None = None
    """What the wheel must be of; None: whatever it is."""
    version: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceBuilder:
    """Builds sources with one interpreter, each once, into the store."""

    supplies: Supplies
    interpreter: Interpreter
    requirements: BuildRequirements

    def find(self, source: Source) -> BuiltWheel | None:
        """Return the wheel that was built from *source* as it would be built now.

        What a source requires is known once it was built: the first key leads there.
        """
        store = self.supplies.store
        built = store.built(self._key(source))
        if built is None:
            return None
        requires = json.loads(built.notes["requires"])
        plain = built.notes["plain-poetry"] == "yes"
        provision = self.requirements.decide(requires, plain_poetry=plain)
        then = [built.notes["mode"], *json.loads(built.notes["pins"])]
        if [provision.mode, *provision.pins] == then:
            return built
        return store.built(self._key(source, provision))

    def _key(self, source: Source, provision: Provision | None = None) -> str:
        one, target = self.interpreter, self.interpreter.target
        facts = [KEY_VERSION, source.kind, *source.identity]
        facts += [one.version, one.cache_tag, one.magic, target.subdir]
        facts += [build_variables(self.supplies.environ)["SOURCE_DATE_EPOCH"]]
        facts += [provision.mode, *provision.pins] if provision is not None else ()
        return f"{KEY_VERSION}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()}"

    def build(self, source: Source) -> BuiltWheel:
        """Build *source* in an environment of its own; returns what the store keeps.

        Raises:
            BuildError: It does not build, or into something else than was locked.
        """
        store = self.supplies.store
        self.supplies.progress.say(f"building {source.title}")
        try:
            with self.supplies.scratch() as scratch:
                folder = source.unpack(scratch / "source")
                build = _Build(
                    kind=source.kind,
                    backend=Backend.of(folder),
                    requirements=self.requirements,
                    scratch=scratch,
                )
                with without_leftovers(folder):
                    wheel, provision, notes = build.run()
                _require(wheel.name, source)
                key = self._key(source)
                if store.built(key) is not None:
                    key = self._key(source, provision)
                return store.add_built(key, wheel, notes=notes)
        except BuildError as error:
            raise error.inside(key=source.title) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class _Build:
    """One build, in a scratch folder."""

    kind: BuildKind
    backend: Backend
    requirements: BuildRequirements
    scratch: Path

    def run(self) -> tuple[Path, Provision, dict[str, str]]:
        """Return the wheel, where its requirements came from, and notes on both."""
        requires = self.backend.requires
        provision = self._decide(requires)
        python, installed = self._provide(provision, requires, "env")
        variables = self._variables(python)
        if provision.mode != "own":  # poetry-core asks for nothing more
            more = self.backend.more_requirements(self.kind, python, variables)
            if not set(more) <= set(requires):
                requires = tuple(sorted({*requires, *more}))
                provision = self._decide(requires)
                python, installed = self._provide(provision, requires, "env-more")
                variables = self._variables(python)
        into = self.scratch / "wheel"
        wheel = self.backend.build(self.kind, python, variables, into)
        notes = {
            "backend": self.backend.name,
            "installed": json.dumps(installed),
            "mode": provision.mode,
            "pins": json.dumps(provision.pins),
            "plain-poetry": "yes" if self.backend.is_plain_poetry else "no",
            "requires": json.dumps(requires),
        }
        return wheel, provision, notes

    def _decide(self, requires: tuple[str, ...]) -> Provision:
        plain = self.backend.is_plain_poetry
        return self.requirements.decide(requires, plain_poetry=plain)

    def _provide(
        self, provision: Provision, requires: tuple[str, ...], name: str
    ) -> tuple[Path, tuple[str, ...]]:
        if provision.mode == "own":
            return Path(sys.executable), provision.pins
        prefix = self.scratch / name
        installed = self.requirements.install(provision, requires, prefix)
        return venv_python(prefix), installed

    def _variables(self, python: Path) -> dict[str, str]:
        environ = self.requirements.supplies.environ
        prefix = python.parent.parent
        return self.requirements.variables(prefix, build_variables(environ))


def _require(filename: str, source: Source) -> None:
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise BuildError(f"the backend made no wheel: {error}") from error
    expected = Version(source.version) if source.version else version
    if (source.name or name) != name or version != expected:
        raise BuildError(
            f"it built into {name} {version}, where {source.name} {source.version}"
            " was locked"
        )


def build_note(built: BuiltWheel) -> str:
    """Return what a record says of a build; "" where the lock pins all of it."""
    installed = ", ".join(json.loads(built.notes["installed"]))
    match built.notes["mode"]:
        case "index":
            return f"build requirements not locked: {installed}"
        case "own":
            return f"built with {installed}"
        case _:
            return ""
