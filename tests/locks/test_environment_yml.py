"""environment.yml, read for one platform."""

from __future__ import annotations

import pytest

from noxlock.errors import SolveError
from noxlock.locks.environment_yml import Wanted, listed_platforms, read_environments
from noxlock.model import Subdir

LINUX, MAC, WINDOWS = Subdir.LINUX_64, Subdir.OSX_ARM64, Subdir.WIN_64


def read(*texts: str, platform: Subdir = LINUX) -> Wanted:
    """Read sources `0.yml`, `1.yml`, ... ."""
    named = [(f"{i}.yml", text.encode()) for i, text in enumerate(texts)]
    return read_environments(named, platform)


def test_channels_and_dependencies_are_read_with_their_lines() -> None:
    wanted = read(
        "channels: [a, nodefaults, b]\nname: demo\ndependencies:\n- numpy >=2\n- a::x"
    )
    assert wanted.channels == ("a", "b")
    assert [(s.name, s.version, s.channel, s.line) for s in wanted.conda] == [
        ("numpy", ">=2", None, 4),
        ("x", "", "a", 5),
    ]
    assert {spec.category for spec in wanted.conda} == {"main"}


def test_selectors_choose_lines_and_keep_their_numbers() -> None:
    text = (
        "channels: [a]\n# [linux]\ndependencies:\n"
        "- one # [linux]\n- two  # [osx]\n- three # [unix]\n- four # [win64]\n"
        "- five # comment\n- six # [py>=3]\n"
    )
    found = {
        platform: [(s.name, s.line) for s in read(text, platform=platform).conda]
        for platform in (LINUX, MAC, WINDOWS)
    }
    assert found[LINUX] == [("one", 4), ("three", 6), ("five", 8)]
    assert found[MAC] == [("two", 5), ("three", 6), ("five", 8)]
    assert found[WINDOWS] == [("four", 7), ("five", 8)]
    assert "`# [py>=3]` holds on no platform" in read(text).notes[0]


def test_the_last_source_that_names_a_package_is_right() -> None:
    wanted = read(
        "channels: [b]\ndependencies: [python=3.11, numpy]",
        "channels: [a, b]\ncategory: dev\ndependencies: [python=3.12]",
        "dependencies:",
    )
    assert wanted.channels == ("a", "b")
    assert {s.name: (s.version, s.category) for s in wanted.conda} == {
        "python": ("3.12.*", "dev"),
        "numpy": ("", "main"),
    }


def test_sources_whose_channels_contradict_are_refused() -> None:
    with pytest.raises(SolveError, match="a is not the end of b, c") as caught:
        read("channels: [b, c]\ndependencies: []", "channels: [a]\ndependencies: []")
    assert caught.value.file == "1.yml"


def test_a_pip_section_asks_for_pip_and_keeps_the_users_own() -> None:
    section = "- pip:\n  - Foo_X >=1 ; sys_platform == 'linux'\n  - -e .\n"
    wanted = read(f"channels: [a]\ndependencies:\n- python\n{section}")
    assert [spec.text for spec in wanted.conda] == ["python", "pip"]
    assert [spec.name for spec in wanted.pip] == ["foo-x"]
    assert "is editable" in wanted.notes[0]
    assert read(f"dependencies:\n{section}", platform=MAC).pip == ()
    own = read(f"dependencies:\n- pip >=24\n{section}")
    assert [spec.text for spec in own.conda] == ["pip >=24"]
    later = read(f"dependencies:\n{section}", "dependencies: [pip=25]")
    assert later.hashed_pip is None
    assert read("dependencies:\n- pip:\n").conda == ()


def test_platforms_are_those_of_all_sources() -> None:
    sources = [
        ("a", b"platforms: [linux-64, osx-64]"),
        ("b", b"platforms: [win-64, linux-64]"),
        ("c", b"dependencies: []"),
    ]
    assert listed_platforms(sources) == (LINUX, Subdir.OSX_64, WINDOWS)
    with pytest.raises(SolveError, match="unknown platform `linux-46`") as caught:
        listed_platforms([("a", b"platforms:\n- linux-46")])
    assert caught.value.hint == "did you mean `linux-64`?"
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("dependancies: [a]", "it lists no `dependencies`", 1),
        ("dependencies: 3", "`dependencies` is no list", 1),
        ("dependencies:\n- 3.11", "a dependency that is no string", 2),
        ("dependencies:\n- conda: [a]", "`conda:` among the dependencies", 2),
        ("dependencies:\n- {}", None, None),
        ("dependencies:\n- pip: foo", "`dependencies.pip` is no list", 2),
        ("dependencies:\n- pip:\n  - [a]", "an item that is no string", 3),
        ("channels: a\ndependencies: []", "`channels` is no list", 1),
        ("category: [a]\ndependencies: []", "`category` is no string", 1),
        ("category:\ndependencies: []", None, None),
        ("dependencies: [", "not valid YAML", 1),
        ("a: \x01", "not valid YAML", None),
        ("- a", "not a YAML mapping", None),
        ("", "the file is empty", None),
        ("a: " + "[" * 5000, "nested too deeply", None),
        ("dependencies:\n- numpy >=", "no version after `>=`", 2),
        ("dependencies:\n- '>=2'", "it has no name", 2),
        ("dependencies:\n- nu+mpy", "a name like `nu+mpy`", 2),
        ("dependencies:\n- numpy=", "what follows its name", 2),
        ("dependencies:\n- 'numpy[version=]'", "a key without a value", 2),
        ('dependencies:\n- numpy[build=""]', "a key without a value", 2),
        ("dependencies:\n- a/b-1-0.conda", "the file of a package", 2),
        ("dependencies:\n- pip:\n  - foo !!", "`foo !!` is no requirement", 3),
        ("dependencies:\n- pip:\n  - -r a.txt", "is no requirement", 3),
        ("dependencies:\n- pip:\n  - -i http://x", "is no requirement", 3),
        ("dependencies:\n- pip:\n  - foo; bar == 1", "is no requirement", 3),
        ("dependencies:\n- pip:\n  - foo @ file:///x", "lies on this machine", 3),
    ],
)
def test_what_is_malformed_is_told_with_its_line(
    text: str, what: str | None, line: int | None
) -> None:
    if what is None:
        read(text)
        return
    with pytest.raises(SolveError) as caught:
        read(text)
    assert what in caught.value.what
    assert caught.value.file == "0.yml"
    assert caught.value.line == line
