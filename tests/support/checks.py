"""A small project with one check, and the environment that it runs in."""

from __future__ import annotations

import io
import json
import os
import sys
import sysconfig
import venv
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from noxlock.envs.activation import Activation
from noxlock.model import (
    Check,
    CheckReport,
    Interpreter,
    PackageRecord,
    Plan,
    PlanKey,
    ProfileDefinition,
    Record,
    Subdir,
    Target,
    Tolerance,
)
from noxlock.workflows.facts import Facts
from noxlock.workflows.repro import CheckRequest, Console, run_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.workflows.repro.accepting import Ask

__all__ = [
    "FACTS",
    "SCIPY",
    "VERSION",
    "BuiltHere",
    "Project",
    "make_prefix",
    "make_project",
    "reasons",
]

VERSION = ".".join(map(str, sys.version_info[:3]))
TARGET = Target(subdir=Subdir.LINUX_64, python=VERSION)
SCIPY = PackageRecord(
    name="scipy",
    version="1.14.1",
    kind="wheel",
    artifact="scipy-1.14.1-py3-none-any.whl",
    sha256="1" * 64,
)
FACTS = Facts(
    machine=lambda: {"cpu": "a small one"},
    now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
# What the check's command does: one value a line, in one file a format.
SCRIPT = """
import json, os, pathlib, struct, sys
folder = pathlib.Path(sys.argv[1])
values = json.loads(pathlib.Path("values.json").read_text())
def save(descr, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }"
    header = (header % (descr, len(values))).ljust(117).encode() + b"\\n"
    start = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header))
    (folder / "weights.npy").write_bytes(start + header + data)
save("<f8", struct.pack("<%dd" % len(values), *values))
(folder / "deep").mkdir()
(folder / "deep" / "metrics.json").write_text(json.dumps({"loss": sum(values)}))
"""


def user_variables() -> dict[str, str]:
    """Return this process's variables without those that shape what is printed."""
    shaping = {"COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"}
    return {name: value for name, value in os.environ.items() if name not in shaping}


@dataclass(frozen=True, kw_only=True)
class BuiltHere:
    """What the builder returns, of an environment that the test made."""

    prefix: Path
    interpreter: Interpreter
    plan: Plan
    packages: tuple[PackageRecord, ...] = (SCIPY,)
    activation: Activation = field(default_factory=Activation)


@dataclass
class Project:
    """A project on disk with one check, which the methods run."""

    root: Path
    built: BuiltHere
    check: Check = field(
        default_factory=lambda: Check(
            environment="cpu",
            run="python script.py {outputs}",
            outputs={
                "weights.npy": Tolerance(rtol=1e-6),
                "deep/metrics.json": Tolerance(keys={"loss": Tolerance(atol=1e-3)}),
            },
        )
    )
    environ: Mapping[str, str] = field(default_factory=user_variables)
    printed: str = ""

    profiles: Mapping[str, ProfileDefinition] = field(default_factory=dict)

    def request(self, **flags: bool) -> CheckRequest:
        """Return the request, with `accept`, `yes`, `vary`, `verbose` as in *flags*."""
        return CheckRequest(
            root=self.root,
            name="digits",
            check=self.check,
            built=self.built,
            environ=self.environ,
            nox_folder=self.root / ".nox",
            profiles=self.profiles,
            accept=flags.get("accept", False),
            yes=flags.get("yes", False),
            vary=flags.get("vary", True),
            verbose=flags.get("verbose", False),
        )

    def run(
        self, *, facts: Facts = FACTS, ask: Ask | None = None, **flags: bool
    ) -> CheckReport:
        """Run the check, and keep what it prints; a baseline is replaced unasked."""
        stream = io.StringIO()
        console = Console.on(stream)
        if ask is not None:
            console = replace(console, ask=ask)
        elif flags.get("accept"):
            flags.setdefault("yes", True)
        try:
            return run_check(self.request(**flags), facts=facts, console=console)
        finally:
            self.printed = stream.getvalue()

    def values(self, *values: float) -> None:
        """Set what the check computes."""
        (self.root / "values.json").write_text(json.dumps(values))

    def script(self, text: str) -> None:
        """Let the command do *text* at its end."""
        (self.root / "script.py").write_text(f"{SCRIPT}\n{text}\n")

    @property
    def baseline(self) -> Path:
        """Where the baseline lies."""
        return self.root / "repro" / "digits"

    @property
    def record(self) -> Record:
        """The baseline's record."""
        found = self.request().baseline.read()
        assert found is not None
        return found

    def tree(self) -> dict[str, bytes]:
        """Every file of the project's `repro` folder, leftovers included."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in (self.root / "repro").rglob("*")
            if path.is_file()
        }

    def change(self, **changes: object) -> None:
        """Change the definition."""
        self.check = msgspec.structs.replace(self.check, **changes)


def reasons(report: CheckReport) -> dict[str, str]:
    """Return the reason of each output."""
    return {output.output: output.reason for output in report.outputs}


def make_prefix(folder: Path) -> Path:
    """Make a real environment that sees the NumPy of the tests' own."""
    venv.create(folder, symlinks=os.name != "nt")
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def make_project(root: Path, prefix: Path) -> Project:
    """Make a project whose check writes three numbers and their sum."""
    (root / "poetry.lock").write_text("# a lock\n")
    interpreter = Interpreter(
        executable=Path(sys.executable),
        version=VERSION,
        target=TARGET,
        cache_tag=sys.implementation.cache_tag or "",
        magic="a70d0d0a",
    )
    plan = Plan(
        key=PlanKey("plan-v1-" + "0" * 64),
        target=TARGET,
        groups=(),
        extras=(),
        lock="poetry.lock",
        lock_format="poetry",
        indexes=(),
        packages=(),
    )
    built = BuiltHere(prefix=prefix, interpreter=interpreter, plan=plan)
    made = Project(root, built)
    made.script("")
    made.values(1.0, 2.0, 3.0)
    return made
