"""What is different in each rerun."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import (
    Profile,
    Surroundings,
    copy_tracked,
    elsewhere,
    expand,
    home_variables,
)
from noxlock.errors import DefinitionError, EnvError
from noxlock.model import FileOrder, Vary
from support.workshop import git, write_tree

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = Profile(name="default")


def values(found: tuple[Surroundings, ...]) -> list[tuple[str, str]]:
    return [(each.axis, each.value) for each in found]


def test_every_axis_is_expanded_in_its_order() -> None:
    vary = Vary(
        threads=(1, 2),
        hash_seed=(0, 1),
        cwd="random",
        home=("random",),
        tz=("UTC", "Asia/Kathmandu"),
        locale=("C.UTF-8", "de_DE.UTF-8"),
        file_order=(FileOrder.SORTED, FileOrder.REVERSED),
        cpu_level=("baseline",),
        blas_core=("Haswell", "Prescott", "Haswell"),
    )
    found = expand(vary, PROFILE, ("ONE",))
    assert values(found) == [
        ("threads", "2"),
        ("hash-seed", "1"),
        ("cwd", "random"),
        ("home", "random"),
        ("tz", "Asia/Kathmandu"),
        ("locale", "de_DE.UTF-8"),
        ("file-order", "sorted"),
        ("file-order", "reversed"),
        ("cpu-level", "baseline"),
        ("blas-core", "Haswell"),
        ("blas-core", "Prescott"),
    ]
    by_axis = {each.axis: each for each in found}
    assert by_axis["threads"].variables["OMP_NUM_THREADS"] == "2"
    assert by_axis["hash-seed"].variables == {"PYTHONHASHSEED": "1"}
    assert by_axis["tz"].variables == {"TZ": "Asia/Kathmandu"}
    assert by_axis["locale"].variables == {"LC_ALL": "de_DE.UTF-8"}
    assert by_axis["file-order"].variables == {"NOXLOCK_FILE_ORDER": "reversed"}
    assert by_axis["blas-core"].variables == {"OPENBLAS_CORETYPE": "Prescott"}
    assert by_axis["cpu-level"].variables["NPY_DISABLE_CPU_FEATURES"] == "ONE"
    assert by_axis["cwd"].random_cwd
    assert by_axis["home"].random_home


def test_what_the_run_itself_has_is_left_out() -> None:
    profile = Profile(
        name="own",
        threads=4,
        hash_seed=3,
        env={"TZ": "CET", "OPENBLAS_CORETYPE": "Zen"},
    )
    vary = Vary(threads=(4, 1), hash_seed=(3,), tz=("CET", "UTC"), blas_core=("Zen",))
    assert values(expand(vary, profile)) == [("threads", "1"), ("tz", "UTC")]
    assert expand(Vary(), profile) == ()


def test_the_level_of_the_profile_is_no_variation_of_it() -> None:
    portable = Profile(name="portable", cpu_level="baseline")
    vary = Vary(cpu_level=("baseline",))
    assert expand(vary, portable, ("ONE",)) == ()


@pytest.mark.parametrize(
    ("vary", "key"),
    [
        (Vary(cwd="other"), "cwd"),
        (Vary(home=("random", "mine")), "home"),
        (Vary(cpu_level=("x99",)), "cpu-level"),
    ],
)
def test_an_unknown_value_is_an_error_of_its_axis(vary: Vary, key: str) -> None:
    with pytest.raises(DefinitionError) as info:
        expand(vary, PROFILE)
    assert info.value.key == key
    assert info.value.hint


def test_a_random_folder_has_another_name_and_depth_each_time(tmp_path: Path) -> None:
    found = {elsewhere(tmp_path) for _ in range(8)}
    assert len(found) == 8
    assert all(path.is_dir() and not list(path.iterdir()) for path in found)
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvError, match="the folder cannot be made"):
        elsewhere(tmp_path / "file")


def test_a_home_is_all_within_its_folder(tmp_path: Path) -> None:
    found = home_variables(tmp_path)
    assert {"HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} <= found.keys()
    assert all(value.startswith(str(tmp_path)) for value in found.values())


def test_a_repository_is_copied_without_what_git_ignores(tmp_path: Path) -> None:
    root, copy = tmp_path / "project", tmp_path / "copy"
    write_tree(
        root,
        {
            ".gitignore": "data/\n",
            "a.py": "1",
            "run.sh": "",
            "deep/b.py": "",
            "data/large.bin": "",
            "gone.py": "",
        },
    )
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("deep")
    (root / "broken").symlink_to("nowhere")
    git(root, dict(os.environ), "init", "--quiet")
    git(root, dict(os.environ), "add", "--all")
    (root / "gone.py").unlink()
    (root / "new.py").write_text("")
    (root / "a.py").write_text("2")
    assert copy_tracked(root, copy) == 7
    names = {str(path.relative_to(copy)) for path in copy.rglob("*")}
    files = {".gitignore", "a.py", "run.sh", "deep/b.py", "new.py", "link", "broken"}
    assert names == files | {"deep"}
    assert (copy / "a.py").read_text() == "2"
    assert os.access(copy / "run.sh", os.X_OK)
    assert (copy / "link").readlink().name == "deep"


def test_what_is_no_repository_is_copied_without_environments(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write_tree(
        root,
        {
            "a.py": "",
            "data/b.csv": "",
            ".nox/cpu/pyvenv.cfg": "",
            "env/pyvenv.cfg": "",
            "conda/conda-meta/history": "",
            "pkg/__pycache__/x.pyc": "",
            "pkg/__init__.py": "",
        },
    )
    (root / "link").symlink_to("data")
    copy = root / "inside" / "copy"
    copy.mkdir(parents=True)
    # Its own repository is none of the folder's: git looks no higher.
    environ = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    assert copy_tracked(root, copy, environ) == 4
    names = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    assert names == {"a.py", "data/b.csv", "pkg/__init__.py"}
    assert (copy / "link").is_symlink()


def test_a_copy_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    write_tree(tmp_path / "root", {"a.py": ""})
    (tmp_path / "file").write_text("")
    environ = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    with pytest.raises(EnvError, match="the project cannot be copied"):
        copy_tracked(tmp_path / "root", tmp_path / "file" / "copy", environ)
