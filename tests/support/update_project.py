"""A project whose index gets newer releases: some drift a check, some break a test.

with open_update_project(tmp_path) as project:
    project.release("beta", "2.0", "value = 2.0\n")
    assert project.update().status == 0
    project.pins()["beta"]  # 1.0
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from noxlock.model.update import UpdateReport
from support import small_poetry
from support.drift_project import run_nox, user_environ
from support.index_server import serve_index
from support.nox_project import HERE, NOXFILE, Outcome
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from support.index_server import IndexServer, Options

__all__ = ["UpdateProject", "open_update_project"]

PYPROJECT = """\
[project]
name = "sample"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["alpha", "gamma", "delta"]

[dependency-groups]
lock = ["poetry"]
"""
REFERENCE = """\
import json, pathlib, sys
import alpha
result = {"value": alpha.value()}
pathlib.Path(sys.argv[1], "result.json").write_text(json.dumps(result))
"""
TEST = """\
import gamma
print("1 test")
assert gamma.works, "gamma does not work"
"""
SESSIONS = """\
locks: {{poetry.lock: {{from: pyproject.toml}}}}
environments:
  cpu: {{python: "{python}", pypi: poetry.lock, project: none}}
sessions:
  test: {{environment: cpu, run: "python test.py {{posargs}}"}}
checks:
  reference:
    environment: cpu
    run: python reference.py {{outputs}}
    outputs: {{result.json: {{rtol: 1.0e-9}}}}
"""
ALPHA = "import beta\n\ndef value():\n    return beta.value\n"
STUB = """\
import json, os, sys

def main():
    words = json.loads(os.environ["POETRY_REQUESTS_COMMAND"])
    os.execv(words[0], [*words, *sys.argv[1:]])
"""


@dataclass(frozen=True, kw_only=True)
class UpdateProject:
    """The project's folder, its index, and how it is updated."""

    root: Path
    index: IndexServer
    environ: Mapping[str, str]
    catalogue: dict[str, dict[str, dict[str, object]]]

    def release(
        self, name: str, version: str, text: str = "", requires: Sequence[str] = ()
    ) -> None:
        """Put a release of one module on the index."""
        file, data = make_wheel(name, version, {f"{name}.py": text}, requires=requires)
        self._list(name, version, file, data, requires)

    def _list(
        self, name: str, version: str, file: str, data: bytes, requires: Sequence[str]
    ) -> None:
        self.index.files[file] = data
        self.catalogue.setdefault(name, {})[version] = {
            "file": file,
            "sha256": hashlib.sha256(data).hexdigest(),
            "requires": list(requires),
        }
        path = Path(self.environ[small_poetry.CATALOGUE])
        path.write_text(json.dumps(self.catalogue), encoding="utf-8")

    def tool(self) -> None:
        """Put the lock tool on the index."""
        scripts = {"console_scripts": {"poetry": "stub:main"}}
        file, data = make_wheel(
            "poetry", "9.9", {"stub.py": STUB}, entry_points=scripts
        )
        self._list("poetry", "9.9", file, data, ())

    def nox(self, *args: str) -> Outcome:
        """Run nox."""
        return run_nox(self.root, self.environ, *args)

    def first(self) -> None:
        """Lock, and record the baseline."""
        # A project that pins its tool has a lock to make the tool from.
        words = [sys.executable, small_poetry.__file__, "lock"]
        subprocess.run(words, cwd=self.root, env=dict(self.environ), check=True)
        for args in (["-s", "lock"], ["-s", "repro", "--", "--accept"]):
            ran = self.nox(*args)
            assert ran.status == 0, ran.err + ran.out

    def update(self, *posargs: str) -> Outcome:
        """Run `nox -s update -- POSARGS`."""
        return self.nox("-s", "update", "--", *posargs)

    def report(self, ran: Outcome) -> UpdateReport:
        """Return what a run with `--json` printed."""
        return msgspec.json.decode(ran.out, type=UpdateReport)

    def pins(self) -> dict[str, str]:
        """Return the versions in the lock, without the tool."""
        document = tomllib.loads((self.root / "poetry.lock").read_text("utf-8"))
        found = {each["name"]: each["version"] for each in document["package"]}
        found.pop("poetry", None)
        return found

    def markdown(self) -> str:
        """Return the report of the last run."""
        return (self.root / ".nox/update/report.md").read_text("utf-8")


@contextmanager
def open_update_project(
    tmp: Path, *, poetry: Path | None = None, index: Options | None = None
) -> Iterator[UpdateProject]:
    """Write the project into *tmp* and serve its first releases on loopback.

    Args:
        tmp: An empty folder.
        poetry: The real Poetry; None: a small one.
        index: How the index behaves.
    """
    root = tmp / "sample"
    (root / "sessions").mkdir(parents=True)
    files = {
        "noxfile.py": NOXFILE,
        "pyproject.toml": PYPROJECT,
        "reference.py": REFERENCE,
        "test.py": TEST,
        "sessions/all.yml": SESSIONS.format(python=HERE),
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    small = [sys.executable, small_poetry.__file__]
    with serve_index({}, **(index or {})) as server:
        environ = {
            **user_environ(tmp, tmp / "cache"),
            "PIP_INDEX_URL": server.url,
            "POETRY_REQUESTS_COMMAND": json.dumps([str(poetry)] if poetry else small),
            small_poetry.CATALOGUE: str(tmp / "catalogue.json"),
        }
        project = UpdateProject(root=root, index=server, environ=environ, catalogue={})
        project.tool()
        project.release("alpha", "1.0", ALPHA, ["beta"])
        project.release("beta", "1.0", "value = 1.0\n")
        project.release("gamma", "1.0", "works = True\n")
        project.release("delta", "1.0")
        yield project
