"""Keys and values that do not fit, and what is said of each."""

from __future__ import annotations

import pytest

from noxlock.definitions import load_definitions
from noxlock.errors import DefinitionError

HEAD = "environments: {cpu: {pypi: poetry.lock}}\n"


@pytest.mark.parametrize(
    ("file", "text", "message", "hint"),
    [
        pytest.param(
            "a.yml",
            "sesions: {}",
            "a.yml:1: sesions: unknown key; known here: checks, environments, locks,"
            " profiles, sessions",
            "did you mean `sessions`?",
            id="unknown section",
        ),
        pytest.param(
            "a.yml",
            "environments:\n  cpu:\n    pypi: poetry.lock\n    grups: [main]",
            "a.yml:4: environments.cpu.grups: unknown key; known here: allow-md5,"
            " conda, extras, groups, link-scripts, only-binary, project, pypi, python,"
            " target",
            "did you mean `groups`?",
            id="unknown key",
        ),
        pytest.param(
            "a.yml",
            "sessions:\n  test: {environment: cpu}",
            "a.yml:2: sessions.test: `run` is missing",
            None,
            id="missing key",
        ),
        pytest.param(
            "a.yml",
            "environments:\n  cpu:\n    pypi: poetry.lock\n    python: 3.10",
            "a.yml:4: environments.cpu.python: expected a string or a list of strings,"
            " found the number `3.10`",
            'quote it: "3.10"',
            id="python is a number to YAML",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: poetry.lock, python: [3.10]}}",
            "a.yml:1: environments.cpu.python[0]: expected a string, found the number"
            " `3.10`",
            'quote it: "3.10"',
            id="python in a list is a number to YAML",
        ),
        pytest.param(
            "a.toml",
            "[environments.cpu]\npypi = 'x'\npython = 3.10",
            "a.toml: environments.cpu.python: expected a string or a list of strings,"
            " found the number `3.1`",
            None,
            id="python is a number to TOML",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: poetry.lock, groups: main}}",
            "a.yml:1: environments.cpu.groups: expected a list of strings, found the"
            " string `main`",
            "write [main]",
            id="a string for a list",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: poetry.lock, groups: }}",
            "a.yml:1: environments.cpu.groups: expected a list of strings, found"
            " nothing",
            None,
            id="nothing for a list",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: [poetry.lock]}}",
            "a.yml:1: environments.cpu.pypi: expected a string, found a list",
            None,
            id="a list for a string",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: {poetry: lock}}}",
            "a.yml:1: environments.cpu.pypi: expected a string, found a table",
            None,
            id="a table for a string",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: poetry.lock, only-binary: 'yes'}}",
            "a.yml:1: environments.cpu.only-binary: expected true or false, found the"
            " string `yes`",
            "write true or false, without quotes",
            id="a string for a boolean",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: poetry.lock, project: edit}}",
            "a.yml:1: environments.cpu.project: unknown value `edit`; known: editable,"
            " wheel, none",
            "did you mean `editable`?",
            id="unknown choice",
        ),
        pytest.param(
            "a.yml",
            "environments: {cpu: {pypi: poetry.lock, project: false}}",
            "a.yml:1: environments.cpu.project: expected one of editable, wheel, none,"
            " found the boolean `false`",
            None,
            id="a boolean for a choice",
        ),
        pytest.param(
            "a.yml",
            HEAD + "sessions: {t: {environment: cpu, run: x, env: {A: yes}}}",
            "a.yml:2: sessions.t.env.A: expected a string, found the boolean `yes`",
            'quote it: "yes"',
            id="a boolean for a variable",
        ),
        pytest.param(
            "a.yml",
            HEAD + "sessions: {t: {environment: cpu, run: x, env: {A: 2024-01-01}}}",
            "a.yml:2: sessions.t.env.A: expected a string, found `2024-01-01`",
            'quote it: "2024-01-01"',
            id="a date for a variable",
        ),
        pytest.param(
            "a.yml",
            HEAD + "sessions: {t: {environment: cpu, run: x, env: {A=B: c}}}",
            'a.yml:2: sessions.t.env."A=B": no valid name of a variable',
            None,
            id="bad name of a variable",
        ),
    ],
)
def test_errors_say_where_what_and_what_to_do(
    file: str, text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_definitions({file: text.encode()}, others=())

    assert str(caught.value) == message
    assert caught.value.hint == hint


def test_all_problems_are_told_at_once_in_the_order_of_lines() -> None:
    text = (
        "sessions: {t: {environment: 1}}\nenvironments: {cpu: {pypi: x, groups: main}}"
    )

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"b.yml": text.encode(), "a.yml": b"x: 1"})

    assert str(caught.value).splitlines() == [
        "4 problems in the definitions",
        (
            "  a.yml:1: x: unknown key; known here: checks, environments, locks,"
            " profiles, sessions"
        ),
        (
            "  b.yml:1: sessions.t.environment: expected a string or a table, found the"
            ' number `1` (quote it: "1")'
        ),
        "  b.yml:1: sessions.t: `run` is missing",
        (
            "  b.yml:2: environments.cpu.groups: expected a list of strings, found the"
            " string `main` (write [main])"
        ),
    ]
