"""`venv_backend="noxlock"`: environments made from locks, as nox sees them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nox.logger import logger
from nox.virtualenv import ALL_VENVS, ProcessEnv

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.failures import reported
from noxlock.nox_plugin.logs import quiet_libraries
from noxlock.nox_plugin.noxfile import current
from noxlock.nox_plugin.options import Options, read_options
from noxlock.workflows.parts import default_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.envs.activation import Activation
    from noxlock.model import Environment
    from noxlock.nox_plugin.noxfile import Use
    from noxlock.workflows.environments import BuiltEnvironment
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project

__all__ = ["BACKEND", "LockedEnv", "register"]

BACKEND = "noxlock"


class LockedEnv(ProcessEnv):
    """An environment made from a lock.

    Args:
        location: Where to make it.
        interpreter: The session's python, which comes before the environment's own.
        download_python: Of no use here: an interpreter is found, never downloaded.
        reuse_existing: Keep what is there, if it is what the lock says.
        venv_params: One entry, the environment's name: `venv_params=["cpu"]`.
    """

    is_sandboxed = True

    def __init__(
        self,
        location: str,
        interpreter: str | None = None,
        *,
        download_python: str = "auto",  # noqa: ARG002
        reuse_existing: bool = False,
        venv_params: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.location_name = location
        self.location = os.path.abspath(location)  # noqa: PTH100 - nox has a string
        self.interpreter = interpreter
        self.reuse_existing = reuse_existing
        self.venv_params = list(venv_params)

    def __repr__(self) -> str:
        """Return what nox's refusal of `session.install` should say."""
        names = ", ".join(self.venv_params)
        return (
            f"the locked environment `{names}`; nothing unpinned comes into it: add the"
            " package to a dependency group, lock, and name the group"
        )

    @property
    def venv_backend(self) -> str:
        """The name that selects this backend."""
        return BACKEND

    @property
    def bin_paths(self) -> list[str]:
        """The folders with the environment's programs, the first one first."""
        folder = "Scripts" if os.name == "nt" else "bin"
        return self._bin_paths or [os.path.join(self.location, folder)]  # noqa: PTH118

    def create(self) -> bool:
        """Make the environment; what is declared makes its own, knowing its posargs."""
        with reported():
            if self._use().declared:
                return True
            self.build(read_options((), os.environ))
        return not self._reused

    def build(
        self, options: Options, parts: Parts | None = None, *, to_run: bool = True
    ) -> BuiltEnvironment:
        """Make the environment, or keep it, and set the variables of its commands.

        Args:
            options: What the user asks for after `--`.
            parts: What to make it with; None: the user's own.
            to_run: Whether something waits to run in it.

        Raises:
            NoxlockError: Why it cannot be made.
        """
        from noxlock.envs import hermetic_variables  # noqa: PLC0415 - not for `nox -l`
        from noxlock.workflows.environments import (  # noqa: PLC0415 - likewise
            BuildRequest,
        )

        use, project = self._use(), current().project()
        environment = project.environment(use.environment)
        parts = parts or default_parts(project.root, offline=options.offline)
        if environment.conda:
            from noxlock.workflows.targets import (  # noqa: PLC0415 - likewise
                on_this_machine,
            )

            environment = on_this_machine(project, environment)
        _judge_locks(project, environment, options, parts)
        ignore_folder(Path(self.location).parent)
        built = parts.builder.build(
            BuildRequest(
                root=project.root,
                name=use.name,
                environment=environment,
                python=self.interpreter or _one_python(use, environment),
                prefix=Path(self.location),
                project=project.install(environment, default=use.install),
                lock=project.lock_file(environment.pypi) if environment.pypi else None,
                lock_file=environment.pypi or "",
                reuse=self.reuse_existing,
                compile_first=not to_run,
                conda=project.conda_lock_file(environment.conda)
                if environment.conda
                else None,
            )
        )
        self._reused = built.reused
        if built.reused:
            logger.info(f"Reusing {use.name} in {self.location_name}: {built.reason}")
        variables = hermetic_variables(Path(self.location), os.environ)
        # nox puts `bin_paths` first on PATH itself.
        self.env.update({k: v for k, v in variables.items() if k != "PATH"})
        self._activate(built.activation)
        return built

    def _activate(self, activation: Activation) -> None:
        self._bin_paths = list(activation.paths)
        self.env.update(activation.variables)
        if path := activation.variables.get("PATH"):
            parts = path.split(os.pathsep)[len(self._bin_paths) :]
            self.env["PATH"] = os.pathsep.join(parts)

    def _use(self) -> Use:
        match self.venv_params:
            case [str() as wanted]:
                return current().use(wanted)
            case _:
                raise DefinitionError(
                    f"venv_params must name one environment, found {self.venv_params}",
                    hint='@nox.session(venv_backend="noxlock", venv_params=["cpu"])',
                )


def _judge_locks(
    project: Project, environment: Environment, options: Options, parts: Parts
) -> None:
    for lock in environment.locks:
        _judge_freshness(project, lock, environment.target, options, parts)
    if environment.conda and environment.pypi and not options.frozen:
        from noxlock.workflows.agreement import (  # noqa: PLC0415 - not for `nox -l`
            require_agreement,
        )

        require_agreement(project, environment)


def _judge_freshness(
    project: Project, lock: str, target: str, options: Options, parts: Parts
) -> None:
    if not options.frozen:
        project.require_fresh(lock, target)
    elif why := project.staleness(lock, target):
        parts.progress.warn(f"{lock} is stale and used as it is (--frozen): {why}")


def _one_python(use: Use, environment: Environment) -> str:
    match environment.python:
        case str(spec) | (spec,):
            return spec
        case several:
            raise DefinitionError(
                f"environment {use.name} has several pythons: {', '.join(several)}",
                hint=f'say which: @nox.session(python="{several[0]}", ...)',
            )


def ignore_folder(folder: Path) -> None:
    """Make nox's folder, kept out of git and backups as nox itself does it."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = {
        ".gitignore": "*\n",
        "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
    }
    for name, text in notes.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")


def register() -> None:
    """Make the backend known to nox."""
    ALL_VENVS[BACKEND] = LockedEnv
    quiet_libraries()
