"""What a check cannot say, and what is said of it."""

from __future__ import annotations

import pytest

from noxlock.definitions import load_definitions
from noxlock.errors import DefinitionError

HEAD = "environments: {cpu: {pypi: poetry.lock}}\n"


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
            (
                'checks.c.outputs."a.npy".rtol: expected a number, found the'
                " string `1e-9`"
            ),
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
            (
                "checks.c.profile.threads: expected a whole number, found the boolean"
                " `true`"
            ),
            None,
        ),
        (
            "'x {outputs}'",
            "x",
            (
                "checks.c.run: no command uses `{outputs}`, the folder that the check"
                " reads"
            ),
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
            (
                "checks.c.run[1]: cannot split the command into words: no closing"
                " quotation"
            ),
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
            (
                "checks.c.environment.target: unknown target `linux64`; known: auto,"
                " linux-64, linux-aarch64, linux-ppc64le, osx-64, osx-arm64, win-64"
            ),
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
