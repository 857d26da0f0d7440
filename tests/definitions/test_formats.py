"""Files that cannot be read, and what is said of each."""

from __future__ import annotations

import pytest

from noxlock.definitions import load_definitions, parse_definitions
from noxlock.errors import DefinitionError


@pytest.mark.parametrize(
    ("file", "text", "message", "hint"),
    [
        pytest.param(
            "a.ini",
            "",
            "a.ini: unknown kind of file `.ini`; known: .yml, .yaml, .toml, .json",
            None,
            id="unknown suffix",
        ),
        pytest.param(
            "a.yml",
            "sessions:\n\ttest: 1",
            "a.yml:2: not YAML: found character '\\t' that cannot start any token",
            "YAML is indented by spaces, never by tabs",
            id="tab in YAML",
        ),
        pytest.param(
            "a.yml",
            "sessions: [",
            "a.yml:1: not YAML: expected the node content, but found '<stream end>'",
            None,
            id="open bracket in YAML",
        ),
        pytest.param(
            "a.yml",
            "run: {posargs} x",
            "a.yml:1: not YAML: expected <block end>, but found '<scalar>'",
            None,
            id="unquoted braces in YAML",
        ),
        pytest.param(
            "a.yml",
            "a: \x01",
            "a.yml:1: not YAML: the character '\\x01' may not stand in it",
            None,
            id="control character in YAML",
        ),
        pytest.param(
            "a.yml",
            "a: 1\n---\nb: 1",
            "a.yml:2: not YAML: but found another document",
            None,
            id="two YAML documents",
        ),
        pytest.param(
            "a.toml",
            "a = 1\na = 2\nb = 3",
            "a.toml:2: not TOML: Cannot overwrite a value",
            None,
            id="duplicate key in TOML",
        ),
        pytest.param(
            "a.toml",
            "a = ",
            "a.toml:1: not TOML: Invalid value",
            None,
            id="bad TOML at the end",
        ),
        pytest.param(
            "a.json",
            '{\n "a": }',
            "a.json:2: not JSON: Expecting value",
            None,
            id="bad JSON",
        ),
        pytest.param(
            "a.json",
            '{"a": 1, "a": 2}',
            "a.json: a: the key stands twice",
            None,
            id="duplicate key in JSON",
        ),
        pytest.param(
            "a.json",
            '{\n "sessions": {\n  "x": 1}}',
            "a.json:3: sessions.x: expected a table, found the number `1`",
            None,
            id="JSON errors have lines",
        ),
        pytest.param(
            "a.json",
            '{"a\\/b":\n\t1}',
            'a.json: "a/b": unknown key; known here: checks, environments, locks,'
            " profiles, sessions",
            None,
            id="JSON that YAML cannot read has no lines",
        ),
        pytest.param(
            "a.yml",
            "- a",
            "a.yml: the file holds no table of definitions",
            "begin with `sessions:`, `environments:`, `checks:` or `locks:`",
            id="a list",
        ),
        pytest.param(
            "a.yml",
            "a: &a\n  b: *a",
            "a.yml:1: a.b: an alias that contains itself",
            None,
            id="endless alias",
        ),
        pytest.param(
            "a.yml",
            "environments:\n  a: {pypi: x}\n  b: {pypi: x}\n  a: {pypi: y}",
            "a.yml:4: environments.a: the key stands twice, first on line 2",
            None,
            id="duplicate key in YAML",
        ),
        pytest.param(
            "a.yml",
            "environments:\n  3.10: {}",
            'a.yml:2: environments."3.10": a lock is needed: `pypi`, `conda`, or both',
            "for example `pypi: poetry.lock`",
            id="a key that looks like a number is a string",
        ),
        pytest.param(
            "a.yml",
            "? [a]\n: 1",
            "a.yml:1: a key must be a string",
            None,
            id="list as a key",
        ),
        pytest.param(
            "a.yml",
            "a: !!python/name:os.system x",
            "a.yml:1: a: the tag `!!python/name:os.system` is not supported",
            None,
            id="python tag",
        ),
        pytest.param(
            "a.yml",
            "a: !!binary aGk=",
            "a.yml:1: a: the tag `!!binary` is not supported",
            None,
            id="binary tag",
        ),
        pytest.param(
            "a.yml",
            "a: 2024-13-01",
            "a.yml:1: a: cannot read `2024-13-01`",
            'quote it: "2024-13-01"',
            id="impossible date",
        ),
    ],
)
def test_text_that_cannot_be_read(
    file: str, text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_definitions({file: text.encode()}, others=())

    assert str(caught.value) == message
    assert caught.value.hint == hint


def test_bytes_that_are_no_text_have_a_line() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_definitions("a.yml", b"# fine\n\xff")

    assert str(caught.value) == "a.yml:2: not UTF-8"
