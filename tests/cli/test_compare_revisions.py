"""A side of a comparison may be a file or folder of a git revision."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import CompareError
from noxlock.workflows.revisions import checked_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command import Ended

    Noxlock = Callable[..., Ended]

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n"
)


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a repository whose result changed from the first to the second commit."""
    root = tmp_path / "project"
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    (root / "repro/digits/outputs").mkdir(parents=True)
    monkeypatch.chdir(root)
    git("init", "-q", "-b", "main")
    for loss in (0.25, 0.5):
        write(loss)
        commit(f"loss {loss}")
    return root


def git(*arguments: str) -> None:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*command, *arguments], check=True, capture_output=True)


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


def write(loss: float) -> None:
    folder = Path("repro/digits/outputs")
    (folder / "m.json").write_text(json.dumps({"loss": loss}))
    (folder / "log.txt").write_text("same\n")
    Path("metrics.json").write_text(json.dumps({"loss": loss}))


@pytest.mark.usefixtures("root")
def test_a_file_of_a_revision_is_compared_with_that_of_now(noxlock: Noxlock) -> None:
    same = noxlock("compare", "HEAD:metrics.json", "metrics.json")
    assert same == (0, "identical: metrics.json, 1 value\n", "")
    ended = noxlock("compare", "main~1:metrics.json", "metrics.json")
    assert ended.status == 1
    assert "loss differs by 0.25" in ended.out
    ended = noxlock("compare", "metrics.json", "HEAD~1:metrics.json", "--json")
    assert ended.status == 1
    assert json.loads(ended.out)[0]["output"] == "metrics.json"


@pytest.mark.usefixtures("root")
def test_a_folder_of_one_revision_is_compared_with_that_of_another(
    noxlock: Noxlock,
) -> None:
    path = "repro/digits/outputs"
    ended = noxlock("compare", f"HEAD~1:{path}", f"HEAD:{path}/")
    assert ended.status == 1
    assert ended.out.startswith("drifted: 1 of 2 files: m.json: loss differs by 0.25")
    assert noxlock("compare", f"HEAD:{path}", path).status == 0
    assert noxlock("compare", "HEAD:", "HEAD:").status == 0


def test_paths_count_from_the_top_unless_they_start_with_a_dot(
    root: Path, noxlock: Noxlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "repro/digits")
    for path in ("./outputs", "repro/digits/outputs", "../digits/outputs"):
        assert noxlock("compare", f"HEAD:{path}", "outputs").status == 0
    assert noxlock("compare", "HEAD:.", ".").status == 0
    ended = noxlock("compare", "HEAD:../../../x", "outputs")
    assert ended.status == 2
    assert "leads out of the repository" in ended.err


def test_an_existing_path_of_that_name_wins(root: Path, noxlock: Noxlock) -> None:
    if os.name == "nt":
        pytest.skip("no such name on Windows")
    (root / "HEAD:metrics.json").write_text('{"loss": 7}')
    ended = noxlock("compare", "HEAD:metrics.json", "metrics.json")
    assert ended.status == 1
    assert "7" in ended.out


@pytest.mark.usefixtures("root")
def test_messages_say_what_was_typed(noxlock: Noxlock) -> None:
    ended = noxlock("compare", "HEAD:repro", "metrics.json")
    assert ended.status == 2
    assert "HEAD:repro is a folder, metrics.json is a file" in ended.err
    Path("a.json").write_text("{")
    commit("broken")
    Path("a.json").write_text("{}")
    ended = noxlock("compare", "HEAD:a.json", "a.json")
    assert ended.status == 2
    assert "the expected file HEAD:a.json is no JSON" in ended.out
    ended = noxlock("compare", ".", "HEAD:", "--json")
    reasons = {each["output"]: each.get("reason") for each in json.loads(ended.out)}
    assert "the actual file HEAD:/a.json is no JSON" in reasons["a.json"]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("v9:metrics.json", "git knows no revision `v9`"),
        ("HEAD:gone.json", "the revision has no `gone.json`"),
        ("HEAD:repro/gone", "the revision has no `repro/gone`"),
        ("HEAD~7:metrics.json", "git knows no revision `HEAD~7`"),
        ("C:metrics.json", "there is no such file or folder"),
        ("-x:metrics.json", "o such"),
        ("gone.json", "there is no such file or folder"),
    ],
)
def test_what_there_is_not_is_one_clear_error(
    noxlock: Noxlock, typed: str, why: str
) -> None:
    ended = noxlock("compare", "metrics.json", "--", typed)
    assert ended.status == 2
    assert ended.out == ""
    assert why in ended.err
    assert typed in ended.err


def test_no_repository_and_no_git_are_said(
    root: Path, noxlock: Noxlock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = noxlock("compare", "HEAD:metrics.json", "project/metrics.json")
    assert ended.status == 2
    assert "no git repository" in ended.err
    monkeypatch.setenv("PATH", str(root))
    with (
        pytest.raises(CompareError, match="`git` was not found"),
        checked_out("HEAD:metrics.json", environ=os.environ),
    ):
        pass


def test_a_pointer_of_git_lfs_is_said_without_git_lfs(
    root: Path, noxlock: Noxlock
) -> None:
    (root / "w.npy").write_text(POINTER)
    (root / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    (root / "w.bin").write_text(POINTER)
    commit("pointers")
    git("config", "filter.lfs.process", "git-lfs filter-process")
    git("config", "filter.lfs.required", "true")
    for name in ("w.npy", "w.bin"):
        (root / name).write_bytes(b"content")
        ended = noxlock("compare", f"HEAD:{name}", name)
        assert ended.status == 2
        assert f"the expected file HEAD:{name} is a pointer of Git LFS" in ended.out
        assert "git lfs pull" in ended.out


def test_files_are_written_as_a_checkout_writes_them(
    root: Path, noxlock: Noxlock
) -> None:
    (root / ".gitattributes").write_text("*.txt text eol=crlf\n*.json export-ignore\n")
    (root / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    commit("line ends")
    assert noxlock("compare", "HEAD:a.txt", "a.txt").status == 0
    assert noxlock("compare", "HEAD:metrics.json", "metrics.json").status == 0


def test_the_repository_stays_as_it_was(root: Path, noxlock: Noxlock) -> None:
    index = (root / ".git/index").read_bytes()
    before = sorted(path for path in root.rglob("*"))
    noxlock("compare", "HEAD~1:repro", "HEAD:repro")
    assert (root / ".git/index").read_bytes() == index
    assert sorted(path for path in root.rglob("*")) == before


def test_links_and_submodules_are_refused(root: Path, noxlock: Noxlock) -> None:
    if os.name == "nt":
        pytest.skip("links need a privilege on Windows")
    (root / "link.json").symlink_to("metrics.json")
    git("add", "-A")
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    git("commit", "-q", "-m", "links")
    for name, why in (("link.json", "symbolic link"), ("module", "a submodule")):
        ended = noxlock("compare", f"HEAD:{name}", "metrics.json")
        assert ended.status == 2
        assert why in ended.err


def test_a_damaged_repository_is_said(root: Path, noxlock: Noxlock) -> None:
    command = ["git", "rev-parse", "HEAD:metrics.json"]
    name = subprocess.check_output(command, text=True).strip()
    (root / ".git/objects" / name[:2] / name[2:]).unlink()
    ended = noxlock("compare", "HEAD:metrics.json", "metrics.json")
    assert ended.status == 2
    assert "git cannot read it" in ended.err
