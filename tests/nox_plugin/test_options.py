"""What is noxlock's and what is the command's, after `--` and in variables."""

from __future__ import annotations

import pytest

from noxlock.errors import DefinitionError
from noxlock.nox_plugin.options import read_options, refuse_rest


@pytest.mark.parametrize(
    ("posargs", "flags", "rest"),
    [
        ([], set(), ()),
        (["-k", "a b"], set(), ("-k", "a b")),
        (["--frozen", "-k", "x", "--offline"], {"--frozen", "--offline"}, ("-k", "x")),
        (["--", "--offline"], set(), ("--offline",)),
        (["--frozen", "--", "--offline"], {"--frozen"}, ("--offline",)),
        (["build", "--", "--offline"], set(), ("build", "--", "--offline")),
        (["--accept"], set(), ("--accept",)),
    ],
)
def test_posargs(posargs: list[str], flags: set[str], rest: tuple[str, ...]) -> None:
    options = read_options(posargs, {})

    assert options.flags == flags
    assert options.rest == rest
    assert options.frozen == ("--frozen" in flags)
    assert options.offline == ("--offline" in flags)


@pytest.mark.parametrize(
    ("environ", "flags"),
    [
        ({"NOXLOCK_FROZEN": "1"}, {"--frozen"}),
        ({"NOXLOCK_OFFLINE": "yes", "NOXLOCK_FROZEN": "0"}, {"--offline"}),
        ({"NOXLOCK_OFFLINE": "False", "NOXLOCK_FROZEN": ""}, set()),
    ],
)
def test_variables(environ: dict[str, str], flags: set[str]) -> None:
    assert read_options([], environ).flags == flags


def test_a_kind_may_have_flags_of_its_own() -> None:
    options = read_options(["--accept", "x"], {}, flags=("--accept",))

    assert options.flags == {"--accept"}
    with pytest.raises(DefinitionError) as caught:
        refuse_rest(options, "repro", ("--accept",))
    assert str(caught.value) == (
        "session repro knows no `x`; known: --accept, --frozen, --offline"
    )
