"""Files of definitions, as people write them, and the errors for what they get wrong."""

from __future__ import annotations

import json

import pytest

from noxlock.definitions import (
    load_definitions,
    merge,
    parse_call,
    parse_definitions,
    session_names,
    validate,
)
from noxlock.errors import DefinitionError
from noxlock.model import (
    Check,
    Definitions,
    Environment,
    LockDefinition,
    ProfileDefinition,
    ProjectInstall,
    Session,
    Tolerance,
)

WHOLE = b"""
# yaml-language-server: $schema=schema.json
locks:
  poetry.lock: {from: pyproject.toml}
environments:
  cpu: &cpu {python: "3.11", pypi: poetry.lock, groups: [main, test], project: wheel}
  lint: {<<: *cpu, groups: [lint], only-binary: true}
sessions:
  test:
    environment: cpu
    run: "pytest {posargs:-q tests}"
    requires: [lint, docs]
    env: {MODE: "1"}
    allow-parallel: false
  lint: {environment: {pypi: pylock.toml, python: ["3.10", "3.11"]}, run: [a, b c]}
checks:
  digits:
    environment: cpu
    run: python -m digits --out {outputs}
    outputs:
      weights.npy: {rtol: 1e-9}
      metrics.json: {atol: 1, keys: {loss: {rtol: 1.5e+2}}}
    profile: {hash-seed: 7}
"""

EXPECTED = Definitions(
    locks={"poetry.lock": LockDefinition(source="pyproject.toml")},
    environments={
        "cpu": Environment(
            python="3.11",
            pypi="poetry.lock",
            groups=("main", "test"),
            project=ProjectInstall.WHEEL,
        ),
        "lint": Environment(
            python="3.11",
            pypi="poetry.lock",
            groups=("lint",),
            project=ProjectInstall.WHEEL,
            only_binary=True,
        ),
    },
    sessions={
        "test": Session(
            environment="cpu",
            run="pytest {posargs:-q tests}",
            requires=("lint", "docs"),
            env={"MODE": "1"},
            allow_parallel=False,
        ),
        "lint": Session(
            environment=Environment(pypi="pylock.toml", python=("3.10", "3.11")),
            run=("a", "b c"),
        ),
    },
    checks={
        "digits": Check(
            environment="cpu",
            run="python -m digits --out {outputs}",
            outputs={
                "weights.npy": Tolerance(rtol=1e-9),
                "metrics.json": Tolerance(atol=1, keys={"loss": Tolerance(rtol=150)}),
            },
            profile=ProfileDefinition(hash_seed=7),
        )
    },
)

TOML = b"""
[locks]
"poetry.lock" = {from = "pyproject.toml"}
[environments]
cpu = {python = "3.11", pypi = "poetry.lock", groups = ["main", "test"], project = "wheel"}
lint = {python = "3.11", pypi = "poetry.lock", groups = ["lint"], project = "wheel", only-binary = true}
[sessions.test]
environment = "cpu"
run = "pytest {posargs:-q tests}"
requires = ["lint", "docs"]
env = {MODE = "1"}
allow-parallel = false
[sessions.lint]
environment = {pypi = "pylock.toml", python = ["3.10", "3.11"]}
run = ["a", "b c"]
[checks.digits]
environment = "cpu"
run = "python -m digits --out {outputs}"
outputs = {"weights.npy" = {rtol = 1e-9}, "metrics.json" = {atol = 1, keys = {loss = {rtol = 150}}}}
profile = {hash-seed = 7}
"""

JSON = json.dumps(
    {
        "$schema": "schema.json",
        "locks": {"poetry.lock": {"from": "pyproject.toml"}},
        "environments": {
            "cpu": {
                "python": "3.11",
                "pypi": "poetry.lock",
                "groups": ["main", "test"],
                "project": "wheel",
            },
            "lint": {
                "python": "3.11",
                "pypi": "poetry.lock",
                "groups": ["lint"],
                "project": "wheel",
                "only-binary": True,
            },
        },
        "sessions": {
            "test": {
                "environment": "cpu",
                "run": "pytest {posargs:-q tests}",
                "requires": ["lint", "docs"],
                "env": {"MODE": "1"},
                "allow-parallel": False,
            },
            "lint": {
                "environment": {"pypi": "pylock.toml", "python": ["3.10", "3.11"]},
                "run": ["a", "b c"],
            },
        },
        "checks": {
            "digits": {
                "environment": "cpu",
                "run": "python -m digits --out {outputs}",
                "outputs": {
                    "weights.npy": {"rtol": 1e-9},
                    "metrics.json": {"atol": 1, "keys": {"loss": {"rtol": 150}}},
                },
                "profile": {"hash-seed": 7},
            }
        },
    },
    indent="\t",
).encode()


@pytest.mark.parametrize(
    ("file", "data"),
    [("a.yml", WHOLE), ("a.yaml", WHOLE), ("a.toml", TOML), ("a.json", JSON)],
)
def test_every_format_says_the_same(file: str, data: bytes) -> None:
    assert load_definitions({file: data}, others=["docs"]) == EXPECTED


@pytest.mark.parametrize(
    "data", [b"", b"\n# nothing yet\n", b"sessions:\n", b"\xef\xbb\xbfchecks:\n"]
)
def test_a_file_may_declare_nothing(data: bytes) -> None:
    assert load_definitions({"a.yml": data}) == Definitions()


def test_a_json_file_may_be_empty() -> None:
    assert load_definitions({"a.json": b" \n"}) == Definitions()


def test_files_declare_together() -> None:
    files = {
        "b.yml": b"sessions: {test: {environment: cpu, run: pytest}}",
        "a.toml": b"[environments]\ncpu = {pypi = 'poetry.lock'}",
    }

    found = load_definitions(files, others=())

    assert found.sessions["test"].environment == "cpu"
    assert found.environments["cpu"].pypi == "poetry.lock"


def test_the_names_that_requires_may_say() -> None:
    assert session_names(EXPECTED) == (
        "test",
        "test-3.11",
        "lint",
        "lint-3.10",
        "lint-3.11",
        "repro",
        "repro(digits)",
        "repro(digits)-3.11",
        "lock",
    )


HEAD = "environments: {cpu: {pypi: poetry.lock}}\n"


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
            "a.toml: not TOML: Invalid value",
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
            " sessions",
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
            "environments:\n  1: {pypi: x}",
            "a.yml:2: environments: a key must be a string",
            'quote it: "1"',
            id="number as a key",
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
        pytest.param(
            "a.yml",
            "sesions: {}",
            "a.yml:1: sesions: unknown key; known here: checks, environments, locks,"
            " sessions",
            "did you mean `sessions`?",
            id="unknown section",
        ),
        pytest.param(
            "a.yml",
            "environments:\n  cpu:\n    pypi: poetry.lock\n    grups: [main]",
            "a.yml:4: environments.cpu.grups: unknown key; known here: extras, groups,"
            " only-binary, project, pypi, python, target",
            "did you mean `groups`?",
            id="unknown key",
        ),
        pytest.param(
            "a.yml",
            "environments:\n  cpu: {}",
            "a.yml:2: environments.cpu: `pypi` is missing",
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
            "a.yml:1: environments.cpu.project: expected one of editable, wheel, none"
            " or null, found the boolean `false`",
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


CHECK = (
    HEAD + "checks: {c: {environment: cpu, run: 'x {outputs}', outputs: {a.npy: {}}}}"
)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            "{a.npy: {}}",
            "{}",
            "checks.c.outputs: at least one is needed",
            None,
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {rtol: -1}}",
            'checks.c.outputs."a.npy".rtol: expected 0 or more, found -1',
            None,
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {rtol: .inf}}",
            'checks.c.outputs."a.npy".rtol: expected a finite number, found inf',
            None,
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {rtol: '1e-9'}}",
            ('checks.c.outputs."a.npy".rtol: expected a number or null, found the'
            " string `1e-9`"),
            "write a number, without quotes",
        ),
        (
            "{a.npy: {}}",
            "{a.npy: }",
            'checks.c.outputs."a.npy": expected a table, found nothing',
            None,
        ),
        (
            "{a.npy: {}}",
            "{../a.npy: {}}",
            'checks.c.outputs."../a.npy": `../a.npy` leaves its folder',
            "name it relative to `{outputs}`",
        ),
        (
            "{a.npy: {}}",
            "{/tmp/a.npy: {}}",
            'checks.c.outputs."/tmp/a.npy": `/tmp/a.npy` is not relative',
            "name it relative to `{outputs}`",
        ),
        (
            "{a.npy: {}}",
            "{'C:\\a.npy': {}}",
            'checks.c.outputs."C:\\a.npy": `C:\\a.npy` is not relative',
            "name it relative to `{outputs}`",
        ),
        (
            "{a.npy: {}}",
            "{'.': {}}",
            'checks.c.outputs.".": the name of a file is needed',
            "name it relative to `{outputs}`",
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {}, ./a.npy: {}}",
            'checks.c.outputs."./a.npy": the same file as `a.npy`',
            None,
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {}}, baseline: ../b",
            "checks.c.baseline: `../b` leaves its folder",
            "name it relative to the project's folder",
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {}}, profile: {hash-seed: 4294967296}",
            "checks.c.profile.hash-seed: expected 4294967295 or less, found 4294967296",
            None,
        ),
        (
            "{a.npy: {}}",
            "{a.npy: {}}, profile: {threads: true}",
            ("checks.c.profile.threads: expected a whole number, found the boolean"
            " `true`"),
            None,
        ),
        (
            "'x {outputs}'",
            "x",
            ("checks.c.run: no command uses `{outputs}`, the folder that the check"
            " reads"),
            "for example `--out {outputs}`",
        ),
        (
            "'x {outputs}'",
            "'x {outputs} {posargs}'",
            "checks.c.run: unknown placeholder `{posargs}`; known here: `{outputs}`",
            "write `{{` and `}}` for braces",
        ),
        (
            "'x {outputs}'",
            "[]",
            "checks.c.run: at least one command is needed",
            None,
        ),
        (
            "'x {outputs}'",
            "['x {outputs}', 'y ''z']",
            ("checks.c.run[1]: cannot split the command into words: no closing"
            " quotation"),
            "close the quote, or write a backslash before a quote that is meant",
        ),
        (
            "{c:",
            "{c d:",
            'checks."c d": `c d` is no valid name',
            "letters, digits, `.`, `_`, `-`; first a letter or digit",
        ),
        (
            "environment: cpu",
            "environment: cpus",
            "checks.c.environment: unknown environment `cpus`; known: cpu",
            "did you mean `cpu`?",
        ),
        (
            "environment: cpu",
            "environment: {pypi: ''}",
            "checks.c.environment.pypi: the name of a lock file is needed",
            None,
        ),
        (
            "environment: cpu",
            "environment: {pypi: x, python: []}",
            "checks.c.environment.python: a python is needed",
            "for example 3.11",
        ),
        (
            "environment: cpu",
            "environment: {pypi: x, target: linux64}",
            ("checks.c.environment.target: unknown target `linux64`; known: auto,"
            " linux-64, linux-aarch64, linux-ppc64le, osx-64, osx-arm64, win-64"),
            "did you mean `linux-64`?",
        ),
    ],
)
def test_what_a_check_cannot_say(
    old: str, new: str, message: str, hint: str | None
) -> None:
    assert CHECK.count(old) == 1
    load_definitions({"a.yml": CHECK.encode()})

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": CHECK.replace(old, new).encode()})

    assert str(caught.value) == f"a.yml:2: {message}"
    assert caught.value.hint == hint


MORE_CHECKS = "\nchecks: {c: {environment: cpu, run: 'x {outputs}', outputs: {a: {}}}}"


@pytest.mark.parametrize(
    ("requires", "more", "message", "hint"),
    [
        (
            {"a": ["bb"], "bbb": []},
            "",
            ("a.yml:2: sessions.a.requires[0]: unknown session `bb`; known: a-3, bbb,"
            " bbb-3, docs"),
            "did you mean `bbb`?",
        ),
        (
            {"a": ["zzz"]},
            "",
            "a.yml:2: sessions.a.requires[0]: unknown session `zzz`; known: a-3, docs",
            "a session written by hand must stand above what requires it",
        ),
        (
            {"a": ["b"], "b": ["docs", "c-3"], "c": ["a"]},
            "",
            ("a.yml:2: sessions.a.requires: sessions require each other: a -> b -> c"
            " -> a"),
            None,
        ),
        (
            {"a": ["a"]},
            "",
            "a.yml:2: sessions.a.requires: sessions require each other: a -> a",
            None,
        ),
        (
            {"repro": []},
            MORE_CHECKS,
            ("a.yml:2: sessions.repro: `repro` is the session that runs the declared"
            " checks"),
            "choose another name",
        ),
        (
            {"lock": []},
            "\nlocks: {poetry.lock: {}}",
            ("a.yml:2: sessions.lock: `lock` is the session that runs the declared"
            " locks"),
            "choose another name",
        ),
        (
            {},
            "\nlocks: {../poetry.lock: {}}",
            'a.yml:3: locks."../poetry.lock": `../poetry.lock` leaves its folder',
            "name it relative to the project's folder",
        ),
    ],
)
def test_names_and_what_they_require(
    requires: dict[str, list[str]], more: str, message: str, hint: str | None
) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": sessions(requires, more)}, others=["docs"])

    assert str(caught.value) == message
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("requires", "more"),
    [
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, ""),
        ({"a": ["docs", "a-{python}"]}, ""),
        ({"a": ["repro", "repro(c)"]}, MORE_CHECKS),
        ({"lock": [], "repro": []}, ""),
    ],
)
def test_what_may_be_required(requires: dict[str, list[str]], more: str) -> None:
    load_definitions({"a.yml": sessions(requires, more)}, others=["docs"])


def sessions(requires: dict[str, list[str]], more: str) -> bytes:
    declared = {
        name: {"environment": "cpu", "run": "x", "requires": required}
        for name, required in requires.items()
    }
    return f"{HEAD}sessions: {json.dumps(declared)}{more}".encode()


def test_what_is_required_is_not_judged_before_all_sessions_are_known() -> None:
    text = HEAD + "sessions: {a: {environment: cpu, run: x, requires: [zzz]}}"

    load_definitions({"a.yml": text.encode()}, others=None)


def test_all_problems_are_told_at_once_in_the_order_of_lines() -> None:
    text = (
        "sessions: {t: {environment: 1}}\nenvironments: {cpu: {pypi: x, groups: main}}"
    )

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"b.yml": text.encode(), "a.yml": b"x: 1"})

    assert str(caught.value).splitlines() == [
        "4 problems in the definitions",
        "  a.yml:1: x: unknown key; known here: checks, environments, locks, sessions",
        ("  b.yml:1: sessions.t.environment: expected a string or a table, found the"
        ' number `1` (quote it: "1")'),
        "  b.yml:1: sessions.t: `run` is missing",
        ("  b.yml:2: environments.cpu.groups: expected a list of strings, found the"
        " string `main` (write [main])"),
    ]


def test_a_name_is_declared_once() -> None:
    one = b"\nenvironments: {cpu: {pypi: poetry.lock}}"
    two = b"environments: {cpu: {pypi: pylock.toml}}"

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": one, "b.toml": b"", "c.yml": two})

    assert str(caught.value) == (
        "c.yml:1: environments.cpu: `cpu` is declared in a.yml:2 already"
    )


def test_a_name_is_declared_once_where_lines_are_not_known() -> None:
    data = b"[environments.cpu]\npypi = 'x'"

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.toml": data, "b.toml": data})

    assert str(caught.value) == (
        "b.toml: environments.cpu: `cpu` is declared in a.toml already"
    )


def test_bytes_that_are_no_text_have_a_line() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_definitions("a.yml", b"# fine\n\xff")

    assert str(caught.value) == "a.yml:2: not UTF-8"


def test_a_call_is_held_to_the_same_schema() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_call(
            "environments",
            "cpu",
            {"pypi": "x", "groups": {1, 2}},
            file="noxfile.py",
            line=7,
        )

    assert str(caught.value) == (
        "noxfile.py:7: environments.cpu.groups: expected a list of strings, found"
        " `{1, 2}`"
    )


def test_a_call_without_a_line_and_with_a_number_as_key() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_call(
            "sessions",
            "t",
            {"environment": "cpu", "run": ("a", "b"), "env": {1: "x"}},
            file="noxfile.py",
            line=None,
        )

    assert (
        str(caught.value) == "noxfile.py: sessions.t.env: a key must be a string, not 1"
    )


def test_objects_of_the_model_may_stand_in_calls() -> None:
    parsed = parse_call(
        "sessions",
        "t",
        {"environment": Environment(pypi="x", only_binary=True), "run": ["a"]},
        file="noxfile.py",
        line=1,
    )

    assert parsed.definitions.sessions["t"] == Session(
        environment=Environment(pypi="x", only_binary=True), run=("a",)
    )
    assert merge([parsed]).definitions == parsed.definitions


def test_definitions_made_in_code_are_validated_without_a_place() -> None:
    definitions = Definitions(sessions={"t": Session(environment="cpu", run="x")})

    with pytest.raises(DefinitionError) as caught:
        validate(definitions)

    assert str(caught.value) == (
        "sessions.t.environment: unknown environment `cpu`; known: none"
    )
