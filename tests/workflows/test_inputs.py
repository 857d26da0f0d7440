"""The data files that a check reads."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError
from noxlock.workflows.inputs import find_inputs, read_inputs

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    "data/a.csv",
    "data/b.txt",
    "data/2024/c.csv",
    "data/2024/raw/d.csv",
    "data/.hidden/e.csv",
    "seeds.txt",
    ".nox/repro/x/f.csv",
    ".git/g.csv",
    "repro/x/h.csv",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with some files."""
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["seeds.txt"], ["seeds.txt"]),
        (["./seeds.txt"], ["seeds.txt"]),
        (["data/*.csv"], ["data/a.csv"]),
        (["data/?.???"], ["data/a.csv", "data/b.txt"]),
        (["data/[!b].*"], ["data/a.csv"]),
        (["data/[ab].*"], ["data/a.csv", "data/b.txt"]),
        (["data/[a].csv", "data/b+(.txt"], None),
        (["data/2024"], ["data/2024/c.csv", "data/2024/raw/d.csv"]),
        (["data/20*"], ["data/2024/c.csv", "data/2024/raw/d.csv"]),
        (["data/20*/*.csv"], ["data/2024/c.csv"]),
        (["data/20*/**/*.csv"], ["data/2024/c.csv", "data/2024/raw/d.csv"]),
        (["d*/**/raw/d.csv"], ["data/2024/raw/d.csv"]),
        (["data/2024/**"], ["data/2024/c.csv", "data/2024/raw/d.csv"]),
        (
            ["**/*.csv", "seeds.txt"],
            [
                "data/.hidden/e.csv",
                "data/2024/c.csv",
                "data/2024/raw/d.csv",
                "data/a.csv",
                "seeds.txt",
            ],
        ),
    ],
)
def test_patterns_name_files_as_a_shell_does(
    root: Path, patterns: list[str], names: list[str] | None
) -> None:
    leave_out = (root / "repro" / "x",)
    if names is None:
        with pytest.raises(DefinitionError, match="no file is there"):
            find_inputs(root, patterns, check="c", leave_out=leave_out)
        return

    found = find_inputs(root, patterns, check="c", leave_out=leave_out)

    assert list(found) == names


def test_a_missing_input_is_told_by_its_key_with_the_nearest_name(root: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        find_inputs(root, ["seeds.txt", "data/a.cvs"], check="c")

    assert str(caught.value) == (
        "checks.c.inputs[1]: no file is there for the input `data/a.cvs`"
    )
    assert caught.value.hint == "did you mean `a.csv`?"


def test_an_input_in_a_folder_that_is_not_there_is_missing(root: Path) -> None:
    for pattern, hint in (
        ("no/a.csv", None),
        ("no/*.csv", None),
        ("data/x.zip", "get"),
    ):
        with pytest.raises(DefinitionError) as caught:
            find_inputs(root, [pattern], check="c")
        said = caught.value.hint
        assert said == hint if hint is None else str(said).startswith(hint)


def test_links_to_folders_are_followed_once(root: Path) -> None:
    (root / "data" / "loop").symlink_to(root / "data")
    (root / "linked").symlink_to(root / "data" / "2024")
    (root / "data" / "gone.csv").symlink_to("nowhere")

    assert list(find_inputs(root, ["linked"], check="c")) == [
        "linked/c.csv",
        "linked/raw/d.csv",
    ]
    assert len(find_inputs(root, ["data"], check="c")) == 5


def test_inputs_have_digests_and_are_watched(root: Path) -> None:
    inputs = read_inputs(root, ["data/*.csv", "seeds.txt"], check="c")

    assert inputs.digests == {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("data/a.csv", "seeds.txt")
    }
    assert inputs.changed() == []
    os.utime(root / "seeds.txt", (1, 1))
    (root / "data" / "a.csv").unlink()
    assert inputs.changed() == ["data/a.csv", "seeds.txt"]


def test_no_inputs_are_no_files(root: Path) -> None:
    inputs = read_inputs(root, [], check="c")

    assert (inputs.files, inputs.digests, inputs.changed()) == ({}, {}, [])


def test_an_input_that_cannot_be_read_is_an_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal itself is made here."""

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("noxlock.workflows.inputs.digest", refuse)
    with pytest.raises(DefinitionError, match=r"seeds\.txt.*cannot be read") as caught:
        read_inputs(root, ["seeds.txt"], check="c")
    assert caught.value.key == "checks.c.inputs"
