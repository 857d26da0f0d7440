"""A project with one check in a git repository, to search what made it drift.

    with open_why_project(tmp_path, store) as project:
        project.lock(*pins(20))
        project.commit("old")
        project.lock(*pins(20, "2.0"))
        project.rule('2.0 if v["p07"] == "2.0" else 1.0')
        found = project.bisect("--good", "HEAD").report
        found["culprits"][0]["packages"][0]["name"]  # p07

What the check computes is an expression of `v`, the versions of what is installed; or
anything else that Python can do, so that it fails, hangs or draws at random.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.index_server import serve_index
from support.nox_project import HERE, NOXFILE
from support.why_locks import lock_text, requirements_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.index_server import IndexServer
    from support.why_locks import Pin

__all__ = ["Asked", "WhyProject", "open_why_project", "processes_of"]

_SECONDS = 300
_CHECK = """\
environments:
  cpu: {{python: "{python}", pypi: {lock}, project: none}}
checks:
  sum:
    environment: cpu
    run: python reference.py {{outputs}}
{outputs}"""
_OUTPUTS = "    outputs: {result.json: {}}\n"
_REFERENCE = """\
import importlib.metadata as metadata
import json
import os
import pathlib
import random
import sys
import time

v = {each.name: each.version for each in metadata.distributions()}
v["python"] = "%d.%d" % sys.version_info[:2]
with open(os.environ["SAMPLE_RUNS"], "a") as runs:
    runs.write(json.dumps(v) + "\\n")
RULE
pathlib.Path(sys.argv[1], "result.json").write_text(json.dumps({"value": value}))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """How `noxlock bisect` ended."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """What it printed as JSON, and nothing besides."""
        assert self.out, self.err
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def blamed(self) -> list[list[str]]:
        """The names of each culprit's packages, sorted."""
        culprits = [
            sorted(each["name"] for each in culprit["packages"])
            for culprit in self.report["culprits"]
        ]
        return sorted(culprits)


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyProject:
    """The project's folder, its index, and how it is asked."""

    root: Path
    index: IndexServer
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> list[dict[str, str]]:
        """What was installed in each run of the check that was begun, in order."""
        file = Path(self.environ["SAMPLE_RUNS"])
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text().splitlines()]

    @property
    def kept(self) -> list[dict[str, Any]]:
        """What searches have written down, run by run, in no order."""
        files = self.root.glob(".nox/why/sum/seen/*/*.jsonl")
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    def lock(self, *packages: Pin) -> None:
        """Write a lock of exactly *packages*, and put them on the index."""
        self.serve(*(each for each in packages if each.kind != "lost"))
        text = lock_text(packages)
        (self.root / "poetry.lock").write_text(text, encoding="utf-8")

    def hashes(self, *packages: Pin) -> None:
        """Write a requirements.txt of *packages*: it does not say what they need."""
        self.serve(*packages)
        text = requirements_text(packages)
        (self.root / "requirements.txt").write_text(text, encoding="utf-8")

    def serve(self, *packages: Pin) -> None:
        """Put *packages* on the index."""
        self.index.files.update(each.made() for each in packages)

    def wants(self, *names: str) -> None:
        """Let the project itself ask for *names* and nothing else."""
        (self.root / "pyproject.toml").write_text(_pyproject(names), encoding="utf-8")

    def rule(self, expression: str, *before: str) -> None:
        """Let the check compute *expression*, after the lines of *before*."""
        lines = "\n".join([*before, f"value = {expression}"])
        text = _REFERENCE.replace("RULE", lines)
        (self.root / "reference.py").write_text(text, encoding="utf-8")

    def check(
        self,
        more: str = "",
        python: str = HERE,
        outputs: str = _OUTPUTS,
        lock: str = "poetry.lock",
    ) -> None:
        """Declare the check, with *more* lines of YAML."""
        text = _CHECK.format(python=python, outputs=outputs, lock=lock) + more
        (self.root / "sessions/repro.yml").write_text(text, encoding="utf-8")

    def commit(self, tag: str) -> None:
        """Commit all that there is as *tag*."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", tag)
        self.git("tag", tag)

    def git(self, *arguments: str) -> None:
        """Run git."""
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(
            [*command, *arguments],
            cwd=self.root,
            env=self.environ,
            check=True,
            capture_output=True,
        )

    def accept(self) -> None:
        """Record what the check gives now."""
        ran = self.run("nox", "-s", "repro(sum)", "--", "--accept", "--yes")
        assert ran.status == 0, ran.out + ran.err
        Path(self.environ["SAMPLE_RUNS"]).unlink()

    def bisect(self, *arguments: str) -> Asked:
        """Run `noxlock bisect sum --json` with *arguments*."""
        return self.run("noxlock", "bisect", "sum", "--json", *arguments)

    def run(self, module: str, *arguments: str) -> Asked:
        """Run a module of the tests' own python."""
        ran = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        return Asked(status=ran.returncode, out=ran.stdout, err=ran.stderr)


@contextmanager
def open_why_project(tmp: Path, store: Path) -> Iterator[WhyProject]:
    """Write the project into *tmp*, an empty lock too, and serve its index."""
    root = tmp / "sample"
    (root / "sessions").mkdir(parents=True)
    with serve_index({}) as index:
        project = WhyProject(
            root=root, index=index, environ=_environ(tmp, store, index.url)
        )
        (root / "noxfile.py").write_text(NOXFILE, encoding="utf-8")
        (root / ".gitignore").write_text(".nox/\n", encoding="utf-8")
        project.wants()
        project.check()
        project.rule("1.0")
        project.git("init", "--quiet", "--initial-branch", "main")
        yield project


def _environ(tmp: Path, store: Path, url: str) -> dict[str, str]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = sorted(pyenv.glob("versions/3.1[0-9].*/bin"))
    own = Path(sys.base_prefix, "bin")
    return {
        **{k: v for k, v in os.environ.items() if k.startswith("COVERAGE")},
        "PATH": os.pathsep.join(map(str, (own, *folders, "/usr/bin", "/bin"))),
        "HOME": str(tmp),
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "NOXLOCK_CACHE_DIR": str(store),
        "NOXLOCK_FROZEN": "1",
        "PIP_INDEX_URL": url,
        "PIP_CONFIG_FILE": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(tmp),
        "SAMPLE_RUNS": str(tmp / "runs.txt"),
    }


def processes_of(root: Path) -> list[str]:
    """Return the commands of all processes that have *root* in their command."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # it has ended
            continue
        if str(root) in command:
            found.append(command)
    return found


def _pyproject(names: Sequence[str]) -> str:
    return (
        '[project]\nname = "sample"\nversion = "1.0"\nrequires-python = ">=3.8"\n'
        f"dependencies = {json.dumps(list(names))}\n"
    )
