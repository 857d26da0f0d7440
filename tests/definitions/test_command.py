"""Commands: how they split, and what their placeholders become."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.definitions import commands, parse_command
from noxlock.errors import DefinitionError
from noxlock.model import Check, Session, Tolerance


@pytest.mark.parametrize(
    ("text", "posargs", "words"),
    [
        ("pytest -q 'a b'", (), ("pytest", "-q", "a b")),
        ("pytest {posargs}", (), ("pytest",)),
        ("pytest {posargs}", ("-k", "a b"), ("pytest", "-k", "a b")),
        ("pytest {posargs:-q 'a b'}", (), ("pytest", "-q", "a b")),
        ("pytest {posargs:-q tests}", ("x",), ("pytest", "x")),
        ("pytest {posargs:}", (), ("pytest",)),
        ("{posargs:python}", (), ("python",)),
        ("bash -c 'pytest {posargs}'", ("a b", "c"), ("bash", "-c", "pytest 'a b' c")),
        ("bash -c 'x {posargs:-q y}'", (), ("bash", "-c", "x -q y")),
        ("pytest --opt={posargs}", (), ("pytest", "--opt=")),
        ("awk '{{print $1}}' {posargs}", (), ("awk", "{print $1}")),
        ("a ''", (), ("a", "")),
        ("a 'b > c' '|' x>y \\;", (), ("a", "b > c", "|", "x>y", ";")),
        ("a\n  b\n", (), ("a", "b")),
    ],
)
def test_words(text: str, posargs: tuple[str, ...], words: tuple[str, ...]) -> None:
    command = parse_command(text, allowed={"posargs"})

    assert command.words(posargs=posargs) == words
    assert command.text == text


def test_outputs_is_one_word_even_with_spaces() -> None:
    command = parse_command("x --out={outputs}/a {outputs}", allowed={"outputs"})

    words = command.words(values={"outputs": "/mnt/a b"})

    assert words == ("x", "--out=/mnt/a b/a", "/mnt/a b")
    assert command.placeholders == {"outputs"}


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("", "the command is empty", None),
        (" \n", "the command is empty", None),
        (
            "{posargs}",
            "nothing is left of the command where nothing follows `--`",
            "give it a default: `{posargs:python}`",
        ),
        (
            "a 'b",
            "cannot split the command into words: no closing quotation",
            "close the quote, or write a backslash before a quote that is meant",
        ),
        (
            "a \\",
            "cannot split the command into words: no escaped character",
            "close the quote, or write a backslash before a quote that is meant",
        ),
        (
            "a {posargs:'b}",
            "cannot split the command into words: no closing quotation",
            "close the quote, or write a backslash before a quote that is meant",
        ),
        (
            "a {posarg}",
            "unknown placeholder `{posarg}`; known here: `{posargs}`",
            "did you mean `posargs`?",
        ),
        (
            "a {}",
            "unknown placeholder `{}`; known here: `{posargs}`",
            "write `{{` and `}}` for braces",
        ),
        *(
            (
                f"a 'b && c' {sign} d",
                f"`{sign}` is for a shell, and none runs the command",
                "write a list of commands, or quote it where it is meant as it is",
            )
            for sign in ("&&", "||", "|", ";", "&", ">", "2>", ">>", "<", "2>&1")
        ),
        ("a {b", "a `{` stands alone", "write `{{` and `}}` for braces"),
        ("a }", "a `}` stands alone", "write `{{` and `}}` for braces"),
    ],
)
def test_commands_that_cannot_be_meant(text: str, what: str, hint: str | None) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_command(text, allowed={"posargs"})

    assert caught.value.what == what
    assert caught.value.hint == hint


def test_outputs_has_no_default() -> None:
    with pytest.raises(DefinitionError, match=r"unknown placeholder `\{outputs:x\}`"):
        parse_command("a {outputs:x}", allowed={"outputs"})


def test_the_commands_of_sessions_and_checks() -> None:
    session = Session(environment="cpu", run=("a {posargs}", "b"))
    check = Check(environment="cpu", run="c {outputs}", outputs={"d": Tolerance()})

    assert [one.text for one in commands(session)] == ["a {posargs}", "b"]
    assert [one.placeholders for one in commands(check)] == [{"outputs"}]


_PLAIN = st.text(
    st.characters(exclude_categories=["Cs", "Co", "Cc"], exclude_characters="{}"),
)


@settings(deadline=None)
@given(words=st.lists(_PLAIN, min_size=1), posargs=st.lists(_PLAIN))
def test_no_word_is_ever_split_or_lost(words: list[str], posargs: list[str]) -> None:
    command = parse_command(f"{shlex.join(words)} {{posargs}}", allowed={"posargs"})

    assert command.words(posargs=posargs) == (*words, *posargs)


@settings(deadline=None)
@given(text=st.text())
def test_any_text_is_a_command_or_one_clear_error(text: str) -> None:
    try:
        command = parse_command(text, allowed={"posargs"})
    except DefinitionError as error:
        assert error.what  # noqa: PT017 - both ends are fine
    else:
        assert command.words()
