"""`noxlock diff` says what changed between two locks: files, git revisions, all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.command import in_a_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command import Ended

    Noxlock = Callable[..., Ended]

PYPROJECT = """\
[project]
name = "demo"
version = "0"
requires-python = ">=3.11"
dependencies = ["app"]

[dependency-groups]
test = ["check"]
"""
ENVIRONMENT = "channels: [https://conda.example.org/demo]\ndependencies: [app]\n"
SESSIONS = """\
locks:
  poetry.lock: {from: pyproject.toml}
  conda-lock.cuda.yml: {from: environment.yml, targets: [linux-64-cuda, osx-arm64]}
environments:
  cpu: {python: "3.11", pypi: poetry.lock, groups: [test]}
  cuda:
    conda: conda-lock.cuda.yml
    pypi: poetry.lock
    groups: [test]
    target: linux-64-cuda
  other: {python: "3.11", pypi: locks/pylock.toml}
"""
PACKAGE = """\
[[package]]
name = "{name}"
version = "{version}"
optional = false
python-versions = "*"
groups = ["{group}"]
files = [{{file = "{name}-{version}-py3-none-any.whl", hash = "sha256:{digest}"}}]
[package.dependencies]
{needs}
"""
DIRECT = "1 upgraded; 2 unchanged"


def poetry(app: str = "1.0", lib: str = "1.0", digest: str = "a") -> str:
    packages = [
        ("app", app, "main", 'lib = "*"'),
        ("check", "1.0", "test", ""),
        ("lib", lib, "main", ""),
    ]
    tables = [
        PACKAGE.format(
            name=name, version=version, group=group, needs=needs, digest=digest * 64
        )
        for name, version, group, needs in packages
    ]
    tail = '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.11"\n'
    return "\n".join([*tables, tail])


def pylock(app: str = "1.0") -> str:
    return (
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "app"\n'
        f'version = "{app}"\n[[packages.wheels]]\nname = "app-{app}-py3-none-any.whl"\n'
        f'url = "https://example.org/app-{app}-py3-none-any.whl"\n'
        f'hashes = {{sha256 = "{"a" * 64}"}}\n'
    )


def conda(*pins: str, platforms: tuple[str, ...] = ("linux-64", "osx-arm64")) -> str:
    rows = []
    for platform in platforms:
        for pin in pins:
            name, version, build = pin.split("=")
            url = f"https://conda.example.org/demo/{platform}/{name}-{version}-{build}.conda"
            needs = {"lib": ">=1"} if name == "app" else {}
            rows.append(
                {
                    "name": name,
                    "version": version,
                    "manager": "conda",
                    "platform": platform,
                    "dependencies": needs,
                    "url": url,
                    "hash": {"sha256": "b" * 64},
                    "category": "main",
                }
            )
    metadata = {
        "content_hash": dict.fromkeys(platforms, "0" * 64),
        "channels": [{"url": "https://conda.example.org/demo", "used_env_vars": []}],
        "platforms": list(platforms),
        "sources": ["environment.yml"],
    }
    return json.dumps({"version": 1, "metadata": metadata, "package": rows})


def git(*arguments: str) -> None:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*command, *arguments], check=True, capture_output=True)


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a project in a repository: `old`, then `main`, then what is not committed.

    Each time another package is upgraded.
    """
    root = tmp_path / "project"
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("NOXLOCK_CACHE_DIR", str(tmp_path / "cache"))
    (root / "sessions").mkdir(parents=True)
    (root / "locks").mkdir()
    monkeypatch.chdir(root)
    git("init", "-q", "-b", "main")
    Path("pyproject.toml").write_text(PYPROJECT)
    Path("environment.yml").write_text(ENVIRONMENT)
    Path("sessions/all.yml").write_text(SESSIONS)
    Path("poetry.lock").write_text(poetry())
    Path("locks/pylock.toml").write_text(pylock())
    Path("conda-lock.cuda.yml").write_text(conda("app=1=h1_0", "lib=1=h1_0"))
    commit("old")
    git("tag", "old")
    Path("poetry.lock").write_text(poetry("2.0"))
    commit("main")
    Path("poetry.lock").write_text(poetry("2.0", "2.0"))
    Path("conda-lock.cuda.yml").write_text(conda("app=1=h1_0", "lib=1=h2_1"))
    return root


def summaries(ended: Ended) -> dict[str, str]:
    """Return the summary of each lock."""
    assert ended.status == 0, ended.err
    heads = (line for line in ended.out.splitlines() if not line.startswith(" "))
    return dict(line.split(": ") for line in heads)


def document(ended: Ended) -> Any:  # noqa: ANN401 - JSON
    """Return the locks of the JSON."""
    assert ended.status == 0, ended.err
    read = json.loads(ended.out)
    assert read["format"] == 1
    return read["locks"]


@pytest.mark.usefixtures("root")
def test_without_arguments_it_is_head_against_the_work_tree(noxlock: Noxlock) -> None:
    ended = noxlock("diff")
    assert ended.err == ""
    assert ended.out == (
        "poetry.lock: 1 upgraded; 2 unchanged\n"
        "  upgraded  lib  1.0 -> 2.0  main  app -> lib\n"
        "conda-lock.cuda.yml: 1 rebuilt; 1 unchanged\n"
        "  rebuilt  lib  1  main  linux-64-cuda, osx-arm64  app -> lib;"
        " build h1_0 -> h2_1\n"
        "locks/pylock.toml: no changes; 1 unchanged\n"
    )


@pytest.mark.usefixtures("root")
def test_one_revision_is_held_against_the_work_tree_and_two_against_each_other(
    noxlock: Noxlock,
) -> None:
    assert summaries(noxlock("diff", "old"))["poetry.lock"] == "2 upgraded; 1 unchanged"
    found = summaries(noxlock("diff", "old", "main"))
    assert found == {
        "poetry.lock": DIRECT,
        "conda-lock.cuda.yml": "no changes; 2 unchanged",
        "locks/pylock.toml": "no changes; 1 unchanged",
    }
    back = noxlock("diff", "main", "old", "--lock", "poetry.lock")
    assert back.out.splitlines()[1].split() == [
        "downgraded",
        "app",
        "2.0",
        "->",
        "1.0",
        "main",
        "direct",
    ]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("arguments", "old", "new", "changed"),
    [
        (("old:poetry.lock", "poetry.lock"), "old:poetry.lock", "poetry.lock", 2),
        (("poetry.lock",), "HEAD:poetry.lock", "poetry.lock", 1),
        (("old:poetry.lock",), "old:poetry.lock", "poetry.lock", 2),
        (("old", "poetry.lock"), "old:poetry.lock", "poetry.lock", 2),
        (("poetry.lock", "old"), "poetry.lock", "old:poetry.lock", 2),
        (("old:./poetry.lock", "HEAD"), "old:poetry.lock", "HEAD:poetry.lock", 1),
    ],
)
def test_a_revision_beside_a_lock_is_the_same_file_in_it(
    noxlock: Noxlock, arguments: tuple[str, ...], old: str, new: str, changed: int
) -> None:
    (found,) = document(noxlock("diff", *arguments, "--json"))
    assert (found["old"], found["new"], found["lock"]) == (old, new, "poetry.lock")
    assert len(found["changes"]) == changed


def test_paths_of_revisions_count_from_the_top_or_from_the_project(
    root: Path, noxlock: Noxlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "locks")
    Path("pylock.toml").write_text(pylock("2.0"))
    top = noxlock("diff", "HEAD:locks/pylock.toml")
    here = noxlock("diff", "HEAD:./pylock.toml")
    assert top.out.splitlines()[1] == here.out.splitlines()[1]
    assert summaries(noxlock("diff", "pylock.toml")) == {
        "pylock.toml": "1 upgraded; 0 unchanged"
    }
    ended = noxlock("diff", "HEAD:../../x")
    assert (ended.status, "leads out of the repository" in ended.err) == (2, True)
    monkeypatch.chdir(root.parent)
    assert summaries(noxlock("-C", "project", "diff", "old")).keys() == {
        "poetry.lock",
        "conda-lock.cuda.yml",
        "locks/pylock.toml",
    }


def test_two_files_of_two_formats_need_no_project(
    tmp_path: Path, noxlock: Noxlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    Path("poetry.lock").write_text(poetry())
    Path("pylock.toml").write_text(pylock("2.0"))
    (found,) = document(noxlock("diff", "poetry.lock", "pylock.toml", "--json"))
    assert found["lock"] == "poetry.lock -> pylock.toml"
    assert found["counts"] == {"upgraded": 1, "removed": 2}
    ended = noxlock("diff")
    assert (ended.status, ended.out) == (2, "")
    assert "no git repository" in ended.err
    assert "noxlock diff OLD NEW" in ended.err


def test_a_pipe_is_a_file(root: Path) -> None:
    command = (
        f"{sys.executable} -m noxlock diff <(git show old:poetry.lock) poetry.lock"
    )
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False
    )
    assert "2 upgraded; 1 unchanged" in done.stdout


@pytest.mark.usefixtures("root")
def test_json_is_the_contract(noxlock: Noxlock) -> None:
    (found,) = document(noxlock("diff", "--lock", "conda-lock.cuda.yml", "--json"))
    side = {
        "versions": ["1"],
        "files": 1,
        "sources": ["https://conda.example.org/demo"],
    }
    assert found == {
        "lock": "conda-lock.cuda.yml",
        "old": "HEAD:conda-lock.cuda.yml",
        "new": "conda-lock.cuda.yml",
        "counts": {"rebuilt": 1},
        "changes": [
            {
                "name": "lib",
                "kind": "rebuilt",
                "layer": "conda",
                "old": {**side, "builds": ["h1_0"]},
                "new": {**side, "builds": ["h2_1"]},
                "groups": ["main"],
                "direct": False,
                "path": ["app", "lib"],
                "targets": ["linux-64-cuda", "osx-arm64"],
                "details": ["build h1_0 -> h2_1"],
            }
        ],
        "unchanged": 1,
        "targets": ["linux-64-cuda", "osx-arm64"],
        "added_targets": [],
        "removed_targets": [],
        "notes": [],
    }


@pytest.mark.usefixtures("root")
def test_markdown_is_for_a_pull_request(noxlock: Noxlock) -> None:
    ended = noxlock("diff", "old", "--markdown")
    assert ended.status == 0
    assert ended.out.startswith("## Locks: 2 upgraded, 1 rebuilt\n")
    assert "| app | upgraded | 1.0 | 2.0 | main | direct |\n" in ended.out


@pytest.mark.usefixtures("root")
def test_an_environment_has_its_locks_groups_and_target(noxlock: Noxlock) -> None:
    assert summaries(noxlock("diff", "-e", "cpu")) == {
        "poetry.lock": "no changes; 1 unchanged"
    }
    ended = noxlock("diff", "-e", "cuda")
    assert summaries(ended) == {
        "conda-lock.cuda.yml": "1 rebuilt; 1 unchanged",
        "poetry.lock": "no changes; 1 unchanged",
    }
    assert "osx-arm64" not in ended.out
    assert (
        summaries(noxlock("diff", "-e", "cpu", "--groups", "main"))["poetry.lock"]
        == "1 upgraded; 1 unchanged"
    )


@pytest.mark.usefixtures("root")
def test_groups_and_target_limit_what_is_compared(noxlock: Noxlock) -> None:
    found = summaries(noxlock("diff", "poetry.lock", "--groups", "main, test"))
    assert found == {"poetry.lock": DIRECT}
    ended = noxlock("diff", "--target", "linux-64", "--python", "3.12")
    assert summaries(ended).keys() == {"poetry.lock", "locks/pylock.toml"}
    assert "conda-lock.cuda.yml: the lock is not for linux-64" in ended.err
    ended = noxlock("diff", "--lock", "conda-lock.cuda.yml", "--target", "linux-64")
    assert (ended.status, ended.out) == (2, "")


def test_a_lock_that_is_new_or_gone_is_listed_whole(
    root: Path, noxlock: Noxlock
) -> None:
    (root / "locks/pylock.toml").unlink()
    Path("new.pylock.toml").write_text(pylock())
    gone = document(noxlock("diff", "--lock", "locks/pylock.toml", "--json"))[0]
    assert (gone["new"], gone["counts"]) == (None, {"removed": 1})
    new = document(noxlock("diff", "new.pylock.toml", "--json"))[0]
    assert (new["old"], new["counts"]) == (None, {"added": 1})
    commit("gone")
    ended = noxlock("diff")
    assert "warning: locks/pylock.toml: it is neither in HEAD nor in the" in ended.err
    assert ended.status == 0


def test_a_lock_from_before_groups_is_read_with_the_project_of_its_revision(
    root: Path, noxlock: Noxlock
) -> None:
    lines = poetry().replace('"2.1"', '"2.0"').splitlines()
    text = "\n".join(line for line in lines if not line.startswith("groups"))
    (root / "poetry.lock").write_text(text)
    commit("old format")
    (root / "poetry.lock").write_text(text.replace('version = "1.0"', 'version = "2"'))
    (root / "pyproject.toml").write_text(PYPROJECT.replace('["app"]', '["app", "lib"]'))
    ended = noxlock("diff", "--lock", "poetry.lock", "--json")
    found = {each["name"]: each for each in document(ended)[0]["changes"]}
    assert found["lib"]["direct"]
    assert found["check"]["groups"] == ["test"]


def test_exit_code_is_asked_for(root: Path, noxlock: Noxlock) -> None:
    assert noxlock("diff", "--exit-code").status == 1
    commit("all")
    assert noxlock("diff", "--exit-code").status == 0
    lock = (root / "poetry.lock").read_text()
    (root / "poetry.lock").write_text(lock.replace(">=3.11", ">=3.12"))
    assert noxlock("diff", "--exit-code", "poetry.lock").status == 1


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("v9",), "v9: there is no such file, and git knows no revision `v9`"),
        (("v9:poetry.lock",), "git knows no revision `v9`"),
        (("HEAD:gone.lock",), "HEAD:gone.lock: the revision has no `gone.lock`"),
        (("HEAD:sessions",), "it is a folder"),
        (("sessions",), "it is a folder, no lock"),
        (("poetry.lok",), "poetry.lok: there is no such file"),
        (("pyproject.toml",), "not a lock file of a known format"),
        (("HEAD:pyproject.toml", "main"), "pyproject.toml: not a lock file of a known"),
        (("--lock", "poetry.lok"), "unknown lock `poetry.lok`"),
        (("-e", "gpu"), "unknown environment `gpu`"),
        (("poetry.lock", "-e", "cpu"), "a lock is named already"),
        (("--groups", "tset", "--lock", "poetry.lock"), "unknown group `tset`"),
        (("--target", "linux"), "unknown target `linux`"),
        (("--python", "3.11"), "--python"),
        (("--json", "--markdown"), "one of --json and --markdown"),
    ],
)
def test_what_is_wrong_is_one_clear_error(
    noxlock: Noxlock, arguments: tuple[str, ...], why: str
) -> None:
    ended = noxlock("diff", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert why in ended.err


def test_a_project_without_locks_or_commits_says_so(
    root: Path, noxlock: Noxlock
) -> None:
    (root / "sessions/all.yml").write_text("sessions: {}\n")
    assert summaries(noxlock("diff")) == {"poetry.lock": DIRECT}
    (root / "poetry.lock").unlink()
    ended = noxlock("diff")
    assert (ended.status, "no lock is declared" in ended.err) == (2, True)
    git("init", "-q", "-b", "main", "empty")
    ended = noxlock("-C", "empty", "diff")
    assert (ended.status, "git knows no revision `HEAD`" in ended.err) == (2, True)


@pytest.mark.usefixtures("root")
def test_it_is_quick_and_leaves_out_what_it_does_not_need(noxlock: Noxlock) -> None:
    ended = in_a_process("diff", "old:poetry.lock", "HEAD", NO_COLOR="1")
    assert ended == noxlock("diff", "old:poetry.lock", "HEAD")
    code = (
        "import sys; from noxlock.cli.app import run; run(sys.argv[1:]);"
        "print(*{'rattler', 'nox', 'numpy', 'rich', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "diff", "old", "--lock", "poetry.lock"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == ""
