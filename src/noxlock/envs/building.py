"""Run a project's build backend: PEP 517 for wheels, PEP 660 for editable ones."""

from __future__ import annotations

import re
import subprocess
import tomllib
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from noxlock.envs.profiles import EPOCH
from noxlock.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from build import ProjectBuilder

__all__ = ["Backend", "BuildKind", "build_variables"]

BuildKind: TypeAlias = Literal["wheel", "editable"]

# PEP 517: "If the pyproject.toml file is absent, or the build-backend key is missing,
# the source tree is not using this specification, and tools should revert to the
# legacy behaviour of running setup.py".
LEGACY: Final = "setuptools.build_meta:__legacy__"
HISTORY: Final = re.compile("scm|vcs|git|version|pbr")
"""In the names of the build requirements that read git's tags."""
TAIL: Final = 25
"""Lines of a failed backend's output that the error repeats."""


def build_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what makes two builds alike; a SOURCE_DATE_EPOCH of the user stays."""
    return {
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": environ.get("SOURCE_DATE_EPOCH") or EPOCH,
        "TZ": "UTC",
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Backend:
    """The build backend of the project in a folder."""

    folder: Path
    name: str
    """As `build-backend` says it."""
    requires: tuple[str, ...]
    """Of `[build-system]`, sorted."""
    table: Mapping[str, object]
    """All of pyproject.toml."""

    @classmethod
    def of(cls, folder: Path) -> Backend:
        """Read the backend of the project in *folder*; runs nothing.

        Raises:
            BuildError: There is no project, or its pyproject.toml is not valid.
        """
        file = folder / "pyproject.toml"
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            table = {}
        except (OSError, ValueError) as error:
            raise BuildError(str(error), file=str(file)) from error
        requires = _builder(folder).build_system_requires
        system = table.get("build-system", {})
        return cls(
            folder=folder,
            name=str(system.get("build-backend", LEGACY)),
            requires=tuple(sorted(requires)),
            table=table,
        )

    @property
    def wants_history(self) -> bool:
        """Whether it may take the version from git's tags."""
        named = any(HISTORY.search(requirement) for requirement in self.requires)
        return named or self.has_dynamic_version

    @property
    def has_dynamic_version(self) -> bool:
        """Whether pyproject.toml leaves the version to the backend."""
        project = self._under("project")
        return "version" not in {**self._under("tool", "poetry"), **project}

    @property
    def is_plain_poetry(self) -> bool:
        """Whether poetry-core builds it, the same from any interpreter."""
        return (
            self.name == "poetry.core.masonry.api"
            and "backend-path" not in self._under("build-system")
            and not self._under("tool", "poetry").get("build")
        )

    @property
    def in_tree(self) -> tuple[str, ...]:
        """Folders of a backend that lies in the project itself."""
        paths = self._under("build-system").get("backend-path", [])
        return tuple(map(str, paths)) if isinstance(paths, list) else ()

    def _under(self, *keys: str) -> dict[str, object]:
        table: object = self.table
        for key in keys:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        return table if isinstance(table, dict) else {}

    def more_requirements(
        self, kind: BuildKind, python: Path, variables: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Ask the backend what else it needs; its own requirements are installed.

        Raises:
            BuildError: It cannot be imported, or fails.
        """
        from build import BuildBackendException, BuildException  # noqa: PLC0415 - slow

        builder = _builder(self.folder, python, variables)
        try:
            with _quiet():
                return tuple(sorted(builder.get_requires_for_build(kind)))
        except (BuildException, BuildBackendException) as error:
            raise self._failed(kind, error) from error

    def build(
        self, kind: BuildKind, python: Path, variables: Mapping[str, str], into: Path
    ) -> Path:
        """Build a wheel *into* a folder, in the environment of *python*.

        Args:
            kind: PEP 517's or PEP 660's wheel.
            python: Interpreter of the build environment.
            variables: All variables of the backend's process.
            into: Folder for the wheel.

        Raises:
            BuildError: It fails; the end of its output is in the message.
        """
        from build import BuildBackendException, BuildException  # noqa: PLC0415 - slow

        builder = _builder(self.folder, python, variables)
        try:
            with _quiet():
                return Path(builder.build(kind, into))
        except (BuildException, BuildBackendException) as error:
            raise self._failed(kind, error) from error

    def _failed(self, kind: BuildKind, error: Exception) -> BuildError:
        cause = getattr(error, "exception", error)
        if type(cause).__name__ == "HookMissing":
            return BuildError(
                f"the build backend {self.name} cannot make editable wheels (PEP 660)",
                hint="use `project: wheel` for this environment",
            )
        said = getattr(cause, "stdout", None) or str(error)
        last = "\n".join(f"  {line}" for line in said.rstrip().splitlines()[-TAIL:])
        return BuildError(f"building the {kind} with {self.name} failed:\n{last}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back a backend's warnings, repeated here: they are its author's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _builder(
    folder: Path,
    python: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> ProjectBuilder:
    from build import BuildException, ProjectBuilder  # noqa: PLC0415 - slow

    def run(
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        subprocess.run(  # noqa: S603 - the backend's hook is what is to run
            cmd,
            cwd=cwd,
            env={**(variables or {}), **(extra_environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            encoding="utf-8",
            errors="backslashreplace",
        )

    try:
        return ProjectBuilder(folder, str(python or "python"), run)
    except BuildException as error:
        raise BuildError(str(error), file=str(folder)) from error
