"""What is asked of a check, and where everything about it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.definitions import baseline_folder, parse_command
from noxlock.envs import apply_variables, hermetic_variables
from noxlock.errors import DefinitionError
from noxlock.model import BaselineStore
from noxlock.workflows.baselines import Baseline

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from noxlock.model import Check, ProfileDefinition, Tolerance
    from noxlock.workflows.records import Built

__all__ = [
    "CheckRequest",
    "command_words",
    "folder_of",
    "hermetic",
    "report_file",
    "runs_wanted",
]

_FOLDER: Final = "repro"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRequest:
    """One check to run in an environment that is there."""

    root: Path
    """The project's folder: where the command runs."""
    name: str
    check: Check
    built: Built
    environ: Mapping[str, str]
    """The user's own variables; what may leak is removed here."""
    nox_folder: Path
    """For outputs and reports: `repro/NAME/` beneath it."""
    profiles: Mapping[str, ProfileDefinition] = field(default_factory=dict)
    """The project's own."""
    direct: Collection[str] = ()
    """The packages that the project itself asks for."""
    others: Collection[str] = ()
    """The folders of other checks' baselines, which no run reads."""
    accept: bool = False
    """Record the outputs as the new baseline."""
    yes: bool = False
    """Replace a baseline without asking."""
    vary: bool = True
    """Rerun under the variations that the check declares."""
    verbose: bool = False
    """Print every detail."""

    @property
    def folder(self) -> Path:
        """Where the runs and the reports of this check go."""
        return folder_of(self.nox_folder, self.name)

    @property
    def runs(self) -> Path:
        """Where each run has a folder."""
        return self.folder / "runs"

    @property
    def outputs(self) -> Path:
        """A link to the outputs of the first run."""
        return self.folder / "outputs"

    @property
    def commands(self) -> tuple[str, ...]:
        """Its commands, as the definition has them."""
        run = self.check.run
        return (run,) if isinstance(run, str) else run

    @property
    def baseline(self) -> Baseline:
        """Where its baseline lies."""
        store = self.check.baseline_store
        return Baseline(
            root=self.root,
            folder=baseline_folder(self.name, self.check),
            store=BaselineStore(url=store) if isinstance(store, str) else store,
            environ=self.environ,
        )

    @property
    def baselines(self) -> tuple[str, ...]:
        """The folders of all baselines."""
        return (self.baseline.folder, *self.others)

    @property
    def session(self) -> str:
        """What `nox -s` calls it."""
        return f'nox -s "repro({self.name})"'


def folder_of(nox_folder: Path, name: str) -> Path:
    """Return where the runs and the reports of the check *name* go."""
    return nox_folder / _FOLDER / name


def report_file(request: CheckRequest) -> Path:
    """Return where the report of *request* goes: `.nox/repro/NAME/report.json`."""
    return request.folder / "report.json"


def hermetic(
    request: CheckRequest, changes: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """Return the variables of the environment's commands, *changes* made over them."""
    built = request.built
    return apply_variables(
        request.environ,
        {
            **hermetic_variables(built.prefix, request.environ),
            **built.activation.variables,
            **(changes or {}),
        },
    )


def command_words(request: CheckRequest, outputs: Path) -> list[list[str]]:
    """Return the words of each command, `{outputs}` being *outputs*."""
    found = []
    for command in request.commands:
        try:
            parsed = parse_command(command, allowed=("outputs",))
        except DefinitionError as error:
            raise error.inside(key=f"checks.{request.name}.run") from error.__cause__
        found.append(list(parsed.words(values={"outputs": str(outputs)})))
    return found


def runs_wanted(outputs: Mapping[str, Tolerance]) -> int:
    """Return how many runs the distributions of *outputs* need; 1: there are none."""
    return max((_runs(tolerance) for tolerance in outputs.values()), default=1)


def _runs(tolerance: Tolerance) -> int:
    asked = tolerance.distribution
    own = 1 if asked is None else asked.runs
    return max([own, *(_runs(inner) for inner in tolerance.keys.values())])
