"""What a pyproject.toml asks for, as poetry-core understands it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from poetry.core.factory import Factory
from poetry.core.pyproject.toml import PyProjectTOML

from noxlock.errors import LockError
from noxlock.locks._poetry_project import parse_project
from noxlock.model import Dependency, GroupName
from support.locks import MAIN, edge

if TYPE_CHECKING:
    from pathlib import Path

POETRY = """\
[tool.poetry]
name = "demo"
version = "1"
[tool.poetry.dependencies]
python = "^3.9"
Numpy = "^1.0"
torch = [
  {version = "^2", source = "cpu", markers = "sys_platform == 'linux'"},
  {version = "^2", markers = "sys_platform == 'darwin'"},
]
plotly = {version = "*", optional = true}
[tool.poetry.extras]
Plot_s = ["plotly", "numpy"]
[tool.poetry.dev-dependencies]
pytest = {version = "^8", extras = ["toml"], python = "<4.0"}
[tool.poetry.group.Do_cs]
optional = true
[tool.poetry.group.Do_cs.dependencies]
sphinx = {git = "https://example.org/sphinx.git", tag = "v1"}
"""
STANDARD = """\
[project]
name = "demo"
version = "1"
dependencies = ["numpy>=1", "torch (>=2,<3) ; sys_platform == 'linux'"]
[project.optional-dependencies]
Plot_s = ["plotly[Full]>=5"]
[dependency-groups]
test = ["pytest>=8", {include-group = "Ty_ping"}]
ty-ping = ["mypy"]
[tool.poetry.group.test]
optional = true
[tool.poetry.group.test.dependencies]
pytest = {version = "*", source = "mirror"}
"""


def roots(text: str) -> dict[str, tuple[Dependency, ...]]:
    return {str(k): v for k, v in parse_project(text.encode()).roots.items()}


def test_tool_poetry_is_read() -> None:
    project = parse_project(POETRY.encode())

    assert project.roots == {
        MAIN: (
            edge("numpy ^1.0"),
            edge("torch ^2; sys_platform == 'linux'", origin="cpu"),
            edge("torch ^2; sys_platform == 'darwin'"),
            edge("plotly", optional=True),
        ),
        GroupName("do-cs"): (edge("sphinx", origin="https://example.org/sphinx.git"),),
        GroupName("dev"): (edge('pytest[toml] ^8; python_version < "4.0"'),),
    }
    assert project.optional_groups == ("do-cs",)
    assert project.extras == {
        "plot-s": (edge("numpy ^1.0"), edge("plotly", optional=True))
    }


def test_the_standard_tables_are_read_and_enriched_by_poetrys() -> None:
    project = parse_project(STANDARD.encode())

    assert project.roots == {
        MAIN: (
            edge("numpy >=1"),
            edge("torch <3,>=2; sys_platform == 'linux'"),
            edge("plotly[full] >=5", optional=True),
        ),
        GroupName("test"): (
            edge("pytest >=8"),
            edge("pytest", origin="mirror"),
            edge("mypy"),
        ),
        GroupName("ty-ping"): (edge("mypy"),),
    }
    assert project.optional_groups == ("test",)
    assert project.extras == {"plot-s": (edge("plotly[full] >=5", optional=True),)}


ENRICHED = """\
[project]
name = "demo"
version = "1"
dependencies = ["torch[x]>=2 ; python_version < '4'"]
[tool.poetry.dependencies]
torch = [
  {version = "<3", source = "cpu", markers = "sys_platform == 'linux'"},
  {version = "<4", markers = "sys_platform == 'darwin'"},
]
other = "*"
"""


def test_an_enriched_dependency_applies_where_its_enrichment_does() -> None:
    python = "(python_version < '4')"
    linux, mac = "sys_platform == 'linux'", "sys_platform == 'darwin'"

    assert roots(ENRICHED)[MAIN] == (
        edge(f"torch[x] >=2; {python} and (({linux}) or ({mac}))"),
        edge(f"torch[x] <3; {python} and ({linux})", origin="cpu"),
        edge(f"torch[x] <4; {python} and ({mac})"),
    )


@pytest.mark.parametrize(
    ("dynamic", "expected"),
    [
        ("", ("b",)),
        ('dynamic = ["dependencies"]\n', ("b", "a")),
        ('dynamic = ["optional-dependencies"]\n', ("b", "a")),
    ],
)
def test_dynamic_dependencies_are_poetrys(
    dynamic: str, expected: tuple[str, ...]
) -> None:
    text = (
        f'[project]\nname = "x"\nversion = "1"\n{dynamic}'
        '[project.optional-dependencies]\ne = ["b"]\n'
        '[tool.poetry.dependencies]\na = "*"\nb = {version = "*", optional = true}\n'
    )

    names = tuple(dict.fromkeys(each.name for each in roots(text)[MAIN]))
    assert names == expected


def test_required_and_optional_together_leave_nothing_dynamic() -> None:
    text = (
        '[project]\ndynamic = ["dependencies"]\ndependencies = ["a"]\n'
        '[project.optional-dependencies]\ne = ["b"]\n'
        '[tool.poetry.dependencies]\nc = "*"\n'
    )

    assert [each.name for each in roots(text)[MAIN]] == ["a", "b"]


def test_main_may_be_written_as_a_group_and_the_project_may_name_itself() -> None:
    text = (
        '[project]\nname = "Demo"\ndependencies = ["a"]\n'
        '[project.optional-dependencies]\nx = ["b"]\nall = ["demo[x]"]\n'
        '[dependency-groups]\nmain = ["c"]\ntest = ["demo[x]", "d"]\n'
    )

    found = {
        group: [each.name for each in asked] for group, asked in roots(text).items()
    }
    assert found == {"main": ["a", "b", "c"], "test": ["d"]}


def test_an_extra_may_name_others_of_the_project() -> None:
    text = (
        '[project]\nname = "demo"\n[project.optional-dependencies]\n'
        'x = ["b"]\ny = ["demo[all]"]\nall = ["demo[x,y,z]", "c", "b"]\n'
    )
    extras = parse_project(text.encode()).extras

    found = {extra: [each.name for each in added] for extra, added in extras.items()}
    assert found == {"x": ["b"], "y": ["b", "c"], "all": ["b", "c"]}


def test_groups_of_poetry_may_include_others() -> None:
    text = (
        '[tool.poetry.group.dev]\ninclude-groups = ["Test"]\n'
        '[tool.poetry.group.test.dependencies]\npytest = "*"\n'
    )

    assert roots(text)["dev"] == (edge("pytest"),)


@pytest.mark.parametrize("text", [POETRY, STANDARD, ENRICHED], ids=["1", "2", "3"])
def test_groups_and_names_are_those_that_poetry_core_finds(
    text: str, tmp_path: Path
) -> None:
    """poetry-core reads from disk, which a pure reader may not: so here it judges."""
    file = tmp_path / "pyproject.toml"
    file.write_text(text, "utf-8")
    package = Factory.get_package("demo", "1")
    Factory.configure_package(package, PyProjectTOML(file), tmp_path)

    expected = {
        str(group): {
            dependency.name
            for dependency in package.dependency_group(group).dependencies_for_locking
        }
        for group in package.dependency_group_names(include_optional=True)
    }

    found = {
        group: {each.name for each in asked} for group, asked in roots(text).items()
    }
    assert found == expected


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[project", ":1", "not valid TOML: "),
        ("project = 1", ": project", "expected a table, found an integer"),
        (
            '[project]\ndependencies = ["a >>1"]',
            ": project.dependencies[0]",
            "not a requirement: ",
        ),
        (
            '[project]\ndependencies = ["a ; x < 1"]',
            ": project.dependencies[0]",
            "not a requirement: ",
        ),
        (
            "[dependency-groups]\na = [1]",
            ": dependency-groups.a[0]",
            "expected a requirement or a table",
        ),
        (
            "[dependency-groups]\na = [{include-group = 'b'}]",
            ": dependency-groups.a[0]",
            "group `b` is not defined",
        ),
        (
            "[dependency-groups]\na = [{include-group='b'}]\nb = [{include-group='a'}]",
            ": dependency-groups.b[0]",
            "group `a` includes itself",
        ),
        (
            "[tool.poetry.group]\na = 1",
            ": tool.poetry.group.a",
            "expected a table, found an integer",
        ),
    ],
)
def test_errors_name_the_project_and_the_key(text: str, where: str, what: str) -> None:
    with pytest.raises(LockError) as raised:
        parse_project(text.encode())

    assert raised.value.where == f"pyproject.toml{where}"
    assert raised.value.what.startswith(what)
