"""What definitions allow is what the running knows, row by row."""

from __future__ import annotations

import pytest

from noxlock.compare.distributions import smallest_p
from noxlock.definitions import BUILTIN_PROFILES, CPU_LEVELS
from noxlock.definitions.checks import least_runs
from noxlock.envs import resolve_profile
from noxlock.envs.cpu import check_level
from noxlock.envs.profiles import BUILTIN
from noxlock.errors import DefinitionError


def test_the_builtin_profiles_are_the_same() -> None:
    assert BUILTIN_PROFILES == BUILTIN
    for name in BUILTIN_PROFILES:
        assert resolve_profile(name, {}).name == name


def test_the_levels_of_processors_are_the_same() -> None:
    for level in CPU_LEVELS:
        check_level(level, "x86_64")
    with pytest.raises(DefinitionError) as caught:
        check_level("x86-64-v9", "x86_64")
    assert caught.value.hint is not None
    with pytest.raises(DefinitionError) as caught:
        check_level("none", "x86_64")
    assert str(caught.value.hint) == "there are: " + ", ".join(
        f"`{level}`" for level in CPU_LEVELS
    )


@pytest.mark.parametrize("alpha", [0.3, 0.05, 0.01, 0.001, 1e-4])
def test_the_least_runs_are_enough_and_one_less_is_not(alpha: float) -> None:
    runs = least_runs(alpha)

    assert smallest_p(runs, runs) < alpha
    assert runs == 2 or smallest_p(runs - 1, runs - 1) >= alpha
