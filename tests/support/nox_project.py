"""A small project with a noxfile, a lock and an index, to run the real nox in."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "HERE",
    "MANY",
    "NOXFILE",
    "PYPROJECT",
    "NoxProject",
    "Outcome",
    "poetry_lock",
    "tool_wheel",
]

HERE = ".".join(map(str, sys.version_info[:2]))
"""The python that is there in any case: the tests' own."""

NOXFILE = 'import noxlock\n\nnoxlock.load("sessions")\n'

PYPROJECT = """\
[project]
name = "sample"
version = "1.0"
requires-python = ">=3.8"
dependencies = ["tool"]
"""

MANY = """
environments:
  cpu: {pypi: poetry.lock}
  two: {pypi: poetry.lock, python: ["3.10", "3.12"], groups: [main]}
sessions:
  first: {environment: cpu, run: tool first, tags: [quick], default: false}
  second: {environment: cpu, run: [tool second, tool more], requires: [first]}
  both:
    description: Try both pythons
    environment: two
    run: tool both {posargs}
locks: {poetry.lock: {}}
checks:
  sum: {environment: cpu, run: "tool {outputs}", outputs: {a.txt: {}}, tags: [quick]}
"""
"""Definitions of every kind."""

# Says how it was called: all that sessions need to be judged by.
_TOOL = """\
import json, os, sys

__version__ = "{version}"

def main():
    shown = sorted(os.environ.items())
    shown = [n + "=" + v for n, v in shown if n.startswith(("SAMPLE", "PYTHON"))]
    said = ["tool {version}", json.dumps(sys.argv[1:])]
    said += ["in", os.path.basename(os.getcwd()), "with", ", ".join(shown)]
    print(*said, "on", "%d.%d" % sys.version_info[:2])
    if "--fail" in sys.argv:
        raise SystemExit(3)
"""


def tool_wheel(version: str = "1.0") -> tuple[str, bytes]:
    """Return a wheel with one program, `tool`, that says how it was called."""
    return make_wheel(
        "tool",
        version,
        {"tool.py": _TOOL.format(version=version)},
        entry_points={"console_scripts": {"tool": "tool:main"}},
    )


def poetry_lock(pyproject: str, wheels: Mapping[str, bytes]) -> str:
    """Return a poetry.lock, fresh for *pyproject*, of wheels that `main` wants."""
    lines = []
    for filename, data in wheels.items():
        name, version = filename.split("-")[:2]
        digest = hashlib.sha256(data).hexdigest()
        lines += [
            "[[package]]",
            f'name = "{name}"',
            f'version = "{version}"',
            'groups = ["main"]',
            'description = ""',
            "optional = false",
            'python-versions = "*"',
            f'files = [{{file = "{filename}", hash = "sha256:{digest}"}}]',
        ]
    # Poetry's content-hash of a project with [project] alone.
    project = tomllib.loads(pyproject)["project"]
    keys = ("requires-python", "dependencies", "optional-dependencies")
    relevant = {
        "project": {key: project[key] for key in keys if key in project},
        "tool": {"poetry": {}},
    }
    encoded = json.dumps(relevant, sort_keys=True).encode()
    return "\n".join(
        [
            *lines,
            "[metadata]",
            'lock-version = "2.1"',
            'python-versions = ">=3.8"',
            f'content-hash = "{hashlib.sha256(encoded).hexdigest()}"',
            "",
        ]
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One run of nox."""

    status: int
    out: str
    err: str

    @property
    def tool(self) -> list[str]:
        """What the sample tool said, line by line."""
        return [line for line in self.out.splitlines() if line.startswith("tool ")]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoxProject:
    """A project's folder, and how to run nox in it."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    """Variables for nox, besides the few that any process needs."""
    pythons: frozenset[str] = frozenset()
    """The versions, `3.12`, that are found on its PATH."""

    def write(self, files: Mapping[str, str]) -> None:
        """Write *files*, by path relative to the project."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def nox(
        self, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run nox with *args*."""
        kept = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE")}
        ran = subprocess.run(
            [sys.executable, "-m", "nox", *args],
            cwd=cwd or self.root,
            env={
                **kept,
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.root.parent),
                "NO_COLOR": "1",
                **self.environ,
                **(env or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Outcome(status=ran.returncode, out=ran.stdout, err=ran.stderr)
