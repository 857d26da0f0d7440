"""Errors that are found when a definition is used say where it stands."""

from __future__ import annotations

import pytest

from noxlock.definitions import locate, merge, parse_call, parse_definitions
from noxlock.errors import DefinitionError

TEXT = b"""\
environments: {cpu: {pypi: poetry.lock}}
checks:
  one:
    environment: cpu
    run: x {outputs}
    inputs:
    - a.csv
    - b.csv
    outputs:
      a.txt: {}
  one.more: {environment: cpu, run: x, outputs: {b: {}}}
"""


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("checks.one.inputs[1]", "a.yml:8: checks.one.inputs[1]: wrong"),
        ("inputs[0]", "a.yml:7: checks.one.inputs[0]: wrong"),
        ("checks.one.inputs[7]", "a.yml:6: checks.one.inputs[7]: wrong"),
        ("checks.one.outputs.a.txt", "a.yml:10: checks.one.outputs.a.txt: wrong"),
        ('checks.one.outputs."a.txt"', 'a.yml:10: checks.one.outputs."a.txt": wrong'),
        ("checks.one", "a.yml:3: checks.one: wrong"),
        ("checks.one.more.run", "a.yml:11: checks.one.more.run: wrong"),
        ("checks.other.run", "checks.other.run: wrong"),
        ("", "wrong"),
    ],
)
def test_a_key_has_its_file_and_line(key: str, said: str) -> None:
    origins = merge([parse_definitions("a.yml", TEXT)]).origins
    error = DefinitionError("wrong", key=key)
    locate(error, origins, ("checks", "one"))
    assert str(error) == said


def test_a_call_in_the_noxfile_has_its_own() -> None:
    fields = {"environment": {"pypi": "x"}, "run": "x", "outputs": {"b": {}}}
    call = parse_call("checks", "two", fields, file="noxfile.py", line=5)
    error = DefinitionError("wrong", key="inputs[0]")
    locate(error, merge([call]).origins, ("checks", "two"))
    assert str(error) == "noxfile.py:5: checks.two.inputs[0]: wrong"


def test_an_error_that_has_a_file_keeps_it() -> None:
    error = DefinitionError("wrong", file="pyproject.toml", key="inputs[0]")
    locate(error, merge([parse_definitions("a.yml", TEXT)]).origins, ("checks", "one"))
    assert str(error) == "pyproject.toml: inputs[0]: wrong"
