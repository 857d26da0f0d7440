"""The project itself comes in editable, as a wheel, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import BuildError
from noxlock.model import ProjectInstall
from support.workshop import ask, commit_all, direct_url, git, version, write_tree

if TYPE_CHECKING:
    from support.workshop import Workshop


def test_the_project_is_editable(shop: Workshop) -> None:
    shop.make_project()
    built = shop.build(project=ProjectInstall.EDITABLE)
    assert version(built, "tiny") == "1.0"
    assert direct_url(built, "tiny") == {
        "url": shop.root.as_uri(),
        "dir_info": {"editable": True},
    }
    write_tree(shop.root, {"tiny/__init__.py": "__version__ = 'edited'"})
    assert ask(built, "__import__('tiny').__version__") == "edited"
    assert shop.build(project=ProjectInstall.EDITABLE, reuse=True).reused
    assert built.packages == ()


def test_the_project_is_a_wheel_of_what_git_does_not_ignore(shop: Workshop) -> None:
    shop.make_project()
    write_tree(shop.root, {".gitignore": ".nox\nbig\n", "big": b"\0" * 1000})
    commit_all(shop.root, shop.environ)

    def names() -> set[str]:
        return {path.name for path in shop.root.iterdir()}

    before = names()
    built = shop.build(project=ProjectInstall.WHEEL)
    assert direct_url(built, "tiny") == {"url": shop.root.as_uri(), "dir_info": {}}
    assert names() == {*before, ".nox"}
    write_tree(shop.root, {"big": "ignored", "tiny/__init__.py": "__version__ = 'x'"})
    assert ask(built, "__import__('tiny').__version__") == "1.0"
    again = shop.build(project=ProjectInstall.WHEEL, reuse=True)
    assert again.reason == "the project changed"
    assert ask(again, "__import__('tiny').__version__") == "x"
    write_tree(shop.root, {"big": "ignored again"})
    assert shop.build(project=ProjectInstall.WHEEL, reuse=True).reused


@pytest.mark.parametrize("install", ProjectInstall)
def test_a_lock_that_holds_the_project_itself_brings_it_in_as_asked_and_once(
    shop: Workshop, install: ProjectInstall
) -> None:
    shop.make_project()
    shop.lock_source("tiny", "1.0", 'type = "directory"\nurl = "."')

    built = shop.build(project=install)

    names = (
        "[d.name for d in __import__('importlib.metadata').metadata.distributions()]"
    )
    assert ask(built, names) == ([] if install is ProjectInstall.NONE else ["tiny"])
    assert built.packages == ()


POETRY_PROJECT = {
    "pyproject.toml": """
[project]
name = "tiny"
version = "1.0"
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
""",
    "src/tiny/__init__.py": "",
}


@pytest.mark.parametrize("install", [ProjectInstall.EDITABLE, ProjectInstall.WHEEL])
def test_a_poetry_project_is_built_by_our_own_poetry_core(
    shop: Workshop, install: ProjectInstall
) -> None:
    write_tree(shop.root, POETRY_PROJECT)
    built = shop.build(project=install, offline=True)
    assert version(built, "tiny") == "1.0"
    assert shop.talk.warned == []


def test_what_is_no_project_cannot_be_installed(shop: Workshop) -> None:
    write_tree(shop.root, {"pyproject.toml": "[tool.ruff]\n"})
    with pytest.raises(BuildError, match=r"neither \[build-system\] nor") as info:
        shop.build(project=ProjectInstall.EDITABLE)
    assert info.value.hint == "use `project: none` for this environment"


def test_a_backend_without_editable_wheels_is_told(shop: Workshop) -> None:
    shop.make_project()
    backend = shop.root / "_backend/tiny_backend.py"
    backend.write_text(backend.read_text().replace("def build_editable", "def no"))
    with pytest.raises(BuildError, match="cannot make editable wheels") as info:
        shop.build(project=ProjectInstall.EDITABLE)
    assert info.value.hint == "use `project: wheel` for this environment"


GIT_VERSION = """
import subprocess
said = subprocess.check_output(["git", "describe", "--tags"], text=True).strip()
CONFIG["stem"] = "tiny-" + said
CONFIG["metadata"] = CONFIG["metadata"].replace("Version: 1.0", "Version: " + said)
"""


def test_a_backend_may_take_the_version_from_git(shop: Workshop) -> None:
    shop.make_project()
    project = (shop.root / "pyproject.toml").read_text()
    backend = (shop.root / "_backend/tiny_backend.py").read_text()
    tree = {
        ".gitignore": ".nox\n",
        "pyproject.toml": project.replace('version = "1.0"', 'dynamic = ["version"]'),
        "_backend/tiny_backend.py": backend + GIT_VERSION,
    }
    write_tree(shop.root, tree)
    commit_all(shop.root, shop.environ)
    git(shop.root, shop.environ, "tag", "2.5")
    built = shop.build(project=ProjectInstall.WHEEL)
    assert version(built, "tiny") == "2.5"
    commit_all(shop.root, shop.environ)
    git(shop.root, shop.environ, "tag", "2.6")
    again = shop.build(project=ProjectInstall.WHEEL, reuse=True)
    assert version(again, "tiny") == "2.6"
    assert git(shop.root, shop.environ, "status", "--porcelain") == ""


def test_setuptools_leaves_nothing_in_the_project(shop: Workshop) -> None:
    text = '[build-system]\nrequires = []\nbuild-backend = "setuptools.own"\n'
    text += 'backend-path = ["_backend"]\n[project]\nname = "tiny"\nversion = "1.0"\n'
    shop.make_project()
    backend = (shop.root / "_backend/tiny_backend.py").read_text()
    messy = "(HERE / 'build').mkdir(); (HERE / 'tiny.egg-info').mkdir()\n"
    own = {"_backend/setuptools/__init__.py": "", "pyproject.toml": text}
    own["_backend/setuptools/own.py"] = backend.replace(
        "parent.parent", "parent.parent.parent"
    ).replace(
        "def _write(folder, members):", f"def _write(folder, members):\n    {messy}"
    )
    write_tree(shop.root, own)
    before = {path.name for path in shop.root.iterdir()}
    shop.build(project=ProjectInstall.EDITABLE)
    assert {path.name for path in shop.root.iterdir()} == before | {".nox"}
