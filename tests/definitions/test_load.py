"""Definitions as people write them, in every format and as calls."""

from __future__ import annotations

import json

import pytest

from noxlock.definitions import (
    load_definitions,
    merge,
    parse_call,
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
[environments.cpu]
python = "3.11"
pypi = "poetry.lock"
groups = ["main", "test"]
project = "wheel"
[environments.lint]
python = "3.11"
pypi = "poetry.lock"
groups = ["lint"]
project = "wheel"
only-binary = true
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
profile = {hash-seed = 7}
[checks.digits.outputs]
"weights.npy" = {rtol = 1e-9}
"metrics.json" = {atol = 1, keys = {loss = {rtol = 150}}}
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
        "update",
    )


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
