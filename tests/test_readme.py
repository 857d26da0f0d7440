"""The README is what a stranger follows: its project is made and its commands run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from noxlock.workflows.update.options import KNOWN_OPTIONS
from support.harvest import harvest
from support.index_server import serve_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", README, re.DOTALL))


def commands(section: str) -> list[str]:
    """Return the console lines of *section*, without prompts and remarks."""
    body = README.split(f"{section}\n", 1)[1].split("\n#", 1)[0]
    lines = re.findall(r"(?m)^\$ (.+)$", body)
    return [re.sub(r"\s+# .*$", "", line) for line in lines]


def run(
    command: str, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    module = {"nox": "nox", "noxlock": "noxlock"}[program]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )


def poetry_lock(files: Mapping[str, bytes], pyproject: str) -> str:
    """Return what Poetry writes for the README's project and these wheels."""
    parsed = tomllib.loads(pyproject)
    keys = ("requires-python", "dependencies", "optional-dependencies")
    relevant = {
        "project": {k: parsed["project"][k] for k in keys if k in parsed["project"]},
        "dependency-groups": parsed["dependency-groups"],
        "tool": {"poetry": {}},
    }
    digest = hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
    lines = []
    for filename, data in files.items():
        name, version = filename.split("-")[:2]
        group = "main" if name == "numpy" else "test"
        lines.append(
            f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
            f'optional = false\npython-versions = "*"\ngroups = ["{group}"]\n'
            f'files = [{{file = "{filename}", '
            f'hash = "sha256:{hashlib.sha256(data).hexdigest()}"}}]\n'
        )
    return (
        "\n".join(lines) + '\n[metadata]\nlock-version = "2.1"\n'
        f'python-versions = ">=3.11,<4.0"\ncontent-hash = "{digest}"\n'
    )


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Make the README's project, its lock, and variables that lead to its wheels."""
    folder = tmp_path_factory.mktemp("walk")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        running = "{}.{}".format(*sys.version_info)
        (folder / name).write_text(text.replace('"3.11"', f'"{running}"'), "utf-8")
    wheels = harvest("numpy", "pytest", "poetry-core")
    locked = {k: v for k, v in wheels.items() if not k.startswith("poetry_core")}
    (folder / "poetry.lock").write_text(
        poetry_lock(locked, FILES["pyproject.toml"]), "utf-8"
    )
    with serve_index(wheels) as server:
        keep = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        env = {key: os.environ[key] for key in keep if key in os.environ}
        env |= {
            "HOME": str(folder / "home"),
            "NOXLOCK_CACHE_DIR": str(folder / "cache"),
            "PIP_INDEX_URL": server.url,
            "PIP_CONFIG_FILE": os.devnull,
        }
        yield folder, env


@pytest.mark.slow
def test_the_project_of_the_readme_reaches_a_green_test_and_repro(
    project: tuple[Path, dict[str, str]],
) -> None:
    folder, env = project
    steps = commands("### 3. Lock, test, record, rerun")
    assert [step for step in steps if step.startswith("nox -s ")] == steps

    before = run("nox -s repro", folder, env)
    outcomes = [
        # Poetry itself is not here: what it would write is, and is found fresh.
        run("nox -s lock -- --check" if step == "nox -s lock" else step, folder, env)
        for step in steps
    ]

    assert before.returncode == 1
    assert 'nox -s "repro(walk)" -- --accept' in before.stdout + before.stderr
    for step, done in zip(steps, outcomes, strict=True):
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    assert (folder / "repro/walk/outputs/path.npy").exists()
    assert "identical" in outcomes[-1].stdout + outcomes[-1].stderr


def test_every_session_that_the_readme_runs_here_is_declared() -> None:
    listed = run("nox -s repro test-cpu lint lock -l --json", ROOT, os.environ)
    known = {session["name"] for session in json.loads(listed.stdout)}

    lines = re.findall(r"python3 bootstrap\.py -s ([\w -]+)", README)
    used = {name for line in lines for name in line.split()}

    assert used
    assert used <= known


def test_the_schema_beside_the_sessions_is_the_one_that_is_printed() -> None:
    printed = run("noxlock schema", ROOT, os.environ).stdout

    assert (ROOT / "sessions/schema.json").read_text("utf-8") == printed


@pytest.mark.parametrize(
    ("command", "shown"),
    re.findall(r"```console\n\$ (noxlock [^\n]*--help)\n(.*?)```", README, re.DOTALL),
)
def test_help_is_what_the_readme_shows(command: str, shown: str) -> None:
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}

    done = run(command, ROOT, env)

    assert done.stdout.split() == shown.split()


def test_the_scheduled_updates_are_yaml_and_run_what_there_is() -> None:
    body = README.split("## Update without changing results\n", 1)[1].split("\n## ")[0]
    github, gitlab = map(
        yaml.safe_load, re.findall(r"```yaml\n(.*?)```", body, re.DOTALL)
    )

    steps = github["jobs"]["update"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    commands += gitlab["update"]["script"]
    updates = [each for each in commands if each.startswith("nox ")]
    assert updates == ["nox -s update", "nox -s update"]
    report = ".nox/update/report.md"
    assert steps[-1]["with"]["body-path"] == report
    assert gitlab["update"]["artifacts"]["paths"] == [report]
    assert f"1 {report})" in gitlab["update"]["script"][-1]
    options = re.findall(r"`(?:-- )?(--[a-z-]+)", body.split("| option |")[1])
    assert set(options) == set(KNOWN_OPTIONS)


LOCKED = (
    ("numpy", "2.2.6", "main", "", "a"),
    ("pytest", "8.3.5", "test", "pluggy", "a"),
    ("pluggy", "1.5.0", "test", "", "a"),
    ("scikit-learn", "1.5.2", "main", "numpy scipy", "a"),
    ("scipy", "1.14.1", "main", "numpy", "a"),
)
LOCKED_AGAIN = (
    *LOCKED[:1],
    ("pytest", "8.3.4", "test", "pluggy", "a"),
    LOCKED[2],
    ("scikit-learn", "1.6.0", "main", "numpy scipy threadpoolctl", "a"),
    ("scipy", "1.14.1", "main", "numpy", "b"),
    ("threadpoolctl", "3.5.0", "main", "", "a"),
)


def lock_of(packages: tuple[tuple[str, str, str, str, str], ...]) -> str:
    tables = [
        f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\n'
        f'python-versions = "*"\ngroups = ["{group}"]\n'
        f'files = [{{file = "{name.replace("-", "_")}-{version}-py3-none-any.whl", '
        f'hash = "sha256:{digest * 64}"}}]\n'
        "[package.dependencies]\n" + "".join(f'{n} = "*"\n' for n in needs.split())
        for name, version, group, needs, digest in packages
    ]
    return "\n".join([*tables, '[metadata]\nlock-version = "2.1"\n'])


def test_what_a_diff_says_is_what_the_readme_shows(tmp_path: Path) -> None:
    (command, shown), *others = re.findall(
        r"```console\n\$ (noxlock diff[^\n]*)\n(.*?)```", README, re.DOTALL
    )
    assert not others
    project = FILES["pyproject.toml"].replace("numpy>=2.0", "scikit-learn")
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions/all.yml").write_text(
        "locks: {poetry.lock: {from: pyproject.toml}}\n"
    )
    (tmp_path / "poetry.lock").write_text(lock_of(LOCKED))
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "1"]):
        subprocess.run(["git", *author, *words], cwd=tmp_path, check=True)
    (tmp_path / "poetry.lock").write_text(lock_of(LOCKED_AGAIN))

    done = run(command, tmp_path, os.environ)

    assert (done.stderr, done.stdout) == ("", shown)
