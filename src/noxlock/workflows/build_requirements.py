"""What a build backend needs: from the lock where it pins that, else from the index."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from noxlock.envs import (
    apply_variables,
    hermetic_variables,
    make_venv,
    venv_python,
    venv_site_packages,
)
from noxlock.errors import BuildError, PlanError
from noxlock.model import ByMarker, ExtraName, GroupName, IndexSource
from noxlock.plan import marker_environment, plan
from noxlock.process import run
from noxlock.store import LinkedWheel
from noxlock.workflows.lock_files import LockFile, lock_of
from noxlock.workflows.pip import pip_variables, pip_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from noxlock.model import Interpreter, Lock, LockedPackage, Plan
    from noxlock.workflows.supply import Supplies

__all__ = ["BuildRequirements", "Provision"]

OWN: Final = "poetry-core"
LEAVES: Final = frozenset({"flit-core", "poetry-core", "setuptools"})
"""Backends that need nothing else, for locks that do not say who needs what."""
MAIN: Final = GroupName("main")


@dataclass(frozen=True, kw_only=True, slots=True)
class Provision:
    """Where the requirements of one build come from."""

    mode: Literal["none", "locked", "own", "index"]
    """Own: noxlock's own poetry-core, which its own installation pins."""
    pins: tuple[str, ...] = ()
    """What is known of it beforehand; part of the key of what is built with it."""
    plan: Plan | None = None
    """Of the pins, where they are locked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequirements:
    """Provides build environments of one interpreter, as one lock pins them."""

    supplies: Supplies
    interpreter: Interpreter
    given: Lock | LockFile[Lock]
    """The lock of the environment that the builds are for."""
    base: Path

    @property
    def lock(self) -> Lock:
        """That lock, read."""
        return lock_of(self.given)

    def decide(self, requires: Sequence[str], *, plain_poetry: bool) -> Provision:
        """Return where *requires* come from; touches neither disk nor network.

        Args:
            requires: As pyproject.toml and the backend say them.
            plain_poetry: Whether poetry-core alone builds it, from any interpreter.
        """
        try:
            wanted = list(self._applying(map(Requirement, requires)))
        except InvalidRequirement as error:
            raise BuildError(f"a build requirement is malformed: {error}") from error
        if not wanted:
            return Provision(mode="none")
        if (locked := self._locked(wanted)) is not None:
            pins = (f"{p.name}=={p.version} {p.sha256}" for p in locked.packages)
            return Provision(mode="locked", pins=tuple(pins), plan=locked)
        if plain_poetry and (own := _own(wanted)):
            return Provision(mode="own", pins=(f"noxlock: {OWN}=={own}",))
        return Provision(mode="index")

    def _applying(self, requirements: Iterator[Requirement]) -> Iterator[Requirement]:
        environment = marker_environment(self.interpreter.target) | {"extra": ""}
        for requirement in requirements:
            if requirement.marker is None or requirement.marker.evaluate(environment):
                yield requirement

    def _locked(self, wanted: list[Requirement]) -> Plan | None:
        """Return the plan of *wanted* and of all that they need; None: not pinned."""
        chosen: dict[str, LockedPackage] = {}
        seen: set[tuple[str, str]] = set()
        queue = [(canonicalize_name(r.name), r.specifier, r.extras) for r in wanted]
        tells = any(package.dependencies for package in self.lock.packages)
        while queue:
            name, specifier, extras = queue.pop()
            package = chosen.get(name) or self._pin(name, specifier)
            if package is None or not (tells or name in LEAVES):
                return None
            if not specifier.contains(str(package.version), prereleases=True):
                return None
            chosen[name] = package
            for extra in {"", *extras}:
                if (name, extra) not in seen:
                    seen.add((name, extra))
                    queue += self._edges(package, extra)
        pins = tuple(replace(p, wanted_by={}, marker=None) for p in chosen.values())
        only = replace(
            self.lock, packages=pins, selection=ByMarker(), groups=(MAIN,), extras=()
        )
        try:
            found = plan(
                only, groups=(MAIN,), target=self.interpreter.target, only_binary=True
            )
        except PlanError:
            return None
        return found if all(package.sha256 for package in found.packages) else None

    def _edges(
        self, package: LockedPackage, extra: str
    ) -> list[tuple[NormalizedName, SpecifierSet, set[str]]]:
        environment = marker_environment(self.interpreter.target) | {"extra": extra}
        edges = [edge for edge in package.dependencies if not edge.optional]
        if extra:
            edges = list(package.extras.get(ExtraName(canonicalize_name(extra)), ()))
        return [
            (edge.name, SpecifierSet(), set(edge.extras))
            for edge in edges
            if edge.marker is None or edge.marker.evaluate(environment)
        ]

    def _pin(self, name: str, specifier: SpecifierSet) -> LockedPackage | None:
        python = self.interpreter.version
        found = [
            package
            for package in self.lock.packages
            if package.name == name
            and isinstance(package.source, IndexSource)
            and package.version is not None
            and specifier.contains(package.version, prereleases=True)
            and _accepts(package.requires_python, python)
        ]
        return max(found, key=lambda p: Version(p.version or "0"), default=None)

    def install(
        self, provision: Provision, requires: Sequence[str], prefix: Path
    ) -> tuple[str, ...]:
        """Make a build environment at *prefix*, which is absent.

        Returns:
            What was really installed there: `setuptools==80.9.0`.

        Raises:
            BuildError: pip cannot install the requirements, or noxlock is offline.
            FetchError: A pinned one cannot be had.
        """
        make_venv(prefix, self.interpreter)
        if provision.plan is not None:
            self._link(provision.plan, prefix)
        elif provision.mode == "index":
            self._pip(requires, prefix)
        return tuple(sorted(self._installed(prefix)))

    def _link(self, pins: Plan, prefix: Path) -> None:
        store = self.supplies.store
        lacking = [p for p in pins.packages if not self.supplies.is_stored(p)]
        self.supplies.fetch(pins, lacking, self.base)
        wheels = [
            LinkedWheel(sha256=package.sha256)
            for package in pins.packages
            if package.sha256 is not None
        ]
        store.link(wheels, prefix, self.interpreter)

    def _pip(self, requires: Sequence[str], prefix: Path) -> None:
        listed = ", ".join(requires)
        if self.supplies.offline:
            raise BuildError(
                f"the lock does not pin what building needs ({listed}), and noxlock is"
                " offline",
                hint="run once without --offline, or put the build requirements into"
                " a dependency group and lock",
            )
        environ = self.supplies.environ
        variables = apply_variables(environ, pip_variables(prefix, environ))
        file = prefix / "build-requirements.txt"
        file.write_text("\n".join(requires) + "\n", encoding="utf-8")
        pip = pip_wheel(self.interpreter) / "pip"
        options = ["--quiet", "--no-input", "--no-compile", "--no-warn-script-location"]
        command = [str(venv_python(prefix)), str(pip), "install", *options]
        result = run([*command, "--requirement", str(file)], cwd=prefix, env=variables)
        if not result.succeeded:
            raise BuildError(
                f"cannot install the build requirements ({listed}):\n{result.tail()}"
            )

    def _installed(self, prefix: Path) -> Iterator[str]:
        folder = venv_site_packages(prefix, self.interpreter)
        for distribution in distributions(path=[str(folder)]):
            name = canonicalize_name(distribution.metadata["Name"])
            yield f"{name}=={distribution.version}"

    def variables(self, prefix: Path, more: Mapping[str, str]) -> dict[str, str]:
        """Return all variables of a backend's process in the environment *prefix*."""
        environ = self.supplies.environ
        changes = hermetic_variables(prefix, environ)
        # The user's repository is read by some backends, and must not be written.
        changes |= {**more, "GIT_OPTIONAL_LOCKS": "0"}
        return apply_variables(environ, changes)


def _accepts(requires_python: str | None, python: str) -> bool:
    # Poetry's own constraints are no specifiers: the plan judges those.
    try:
        specifier = SpecifierSet(requires_python or "")
    except ValueError:
        return True
    return specifier.contains(python, prereleases=True)


def _own(wanted: Sequence[Requirement]) -> str | None:
    """Return the version of noxlock's poetry-core where it satisfies *wanted*."""
    try:
        own = version(OWN)
    except PackageNotFoundError:  # pragma: no cover - it is a dependency
        return None
    satisfied = all(
        canonicalize_name(requirement.name) == OWN
        and requirement.specifier.contains(own, prereleases=True)
        and not requirement.extras
        for requirement in wanted
    )
    return own if satisfied else None
