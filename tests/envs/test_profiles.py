"""Profiles: what is held still, over which base."""

from __future__ import annotations

import pytest

from noxlock.envs import resolve_profile
from noxlock.envs.profiles import EPOCH
from noxlock.errors import DefinitionError
from noxlock.model import ProfileDefinition

X86 = "x86_64"


def test_the_default_holds_hash_seed_threads_zone_and_locale_still() -> None:
    variables = resolve_profile("default", {}).variables({})
    assert variables["PYTHONHASHSEED"] == "0"
    assert variables["OMP_NUM_THREADS"] == variables["OPENBLAS_NUM_THREADS"] == "1"
    assert (variables["TZ"], variables["LC_ALL"]) == ("UTC", "C.UTF-8")
    assert variables["PYTHONNOUSERSITE"] == "1"
    assert variables["SOURCE_DATE_EPOCH"] == EPOCH


def test_the_users_own_source_date_epoch_is_honoured() -> None:
    given = resolve_profile("default", {}).variables(
        {"SOURCE_DATE_EPOCH": "1700000000"}
    )
    assert given["SOURCE_DATE_EPOCH"] == "1700000000"


def test_the_portable_one_takes_what_every_processor_has() -> None:
    portable = resolve_profile("portable", {}, X86)
    variables = portable.variables({}, ("X86_V3", "X86_V4"))
    assert variables["OPENBLAS_CORETYPE"] == "Nehalem"
    assert variables["MKL_CBWR"] == "COMPATIBLE"
    assert variables["NPY_DISABLE_CPU_FEATURES"] == "X86_V3 X86_V4"
    assert variables["ATEN_CPU_CAPABILITY"] == "default"
    assert "NPY_DISABLE_CPU_FEATURES" not in portable.variables({})
    assert portable.cpu_level == "baseline"
    arm = resolve_profile("portable", {}, "aarch64").variables({})
    assert arm["OPENBLAS_CORETYPE"] == "ARMV8"
    assert "MKL_CBWR" not in arm


def test_the_one_for_gpus_asks_their_libraries_for_determinism() -> None:
    variables = resolve_profile("gpu", {}).variables({})
    assert variables["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert variables["NOXLOCK_TORCH_DETERMINISTIC"] == "1"
    assert variables["NVIDIA_TF32_OVERRIDE"] == "0"
    assert variables["PYTHONHASHSEED"] == "0"


def test_a_projects_own_changes_its_base() -> None:
    own = {
        "lab": ProfileDefinition(base="gpu", threads=4, env={"A": "1", "B": "2"}),
        "lab-2": ProfileDefinition(base="lab", hash_seed=7, env={"B": "", "TZ": "CET"}),
    }
    profile = resolve_profile("lab-2", own)
    assert (profile.name, profile.hash_seed, profile.threads) == ("lab-2", 7, 4)
    variables = profile.variables({})
    assert variables["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert (variables["A"], variables["TZ"]) == ("1", "CET")
    assert "B" not in variables
    assert profile.changes({})["B"] is None


def test_one_in_place_has_a_name_too() -> None:
    profile = resolve_profile(ProfileDefinition(base="portable", threads=2), {}, X86)
    assert (profile.name, profile.threads) == ("custom", 2)
    assert profile.variables({})["OPENBLAS_CORETYPE"] == "Nehalem"
    assert profile == resolve_profile(
        ProfileDefinition(base="a"),
        {"a": ProfileDefinition(base="portable", threads=2)},
        X86,
    )


@pytest.mark.parametrize(
    ("name", "profiles", "what", "key"),
    [
        ("gpus", {}, "there is no profile `gpus`", ""),
        ("a", {"a": "b"}, "there is no profile `b`", "profiles.a.base"),
        ("a", {"a": "a"}, "a circle: a -> a", "profiles.a.base"),
        ("a", {"a": "b", "b": "c", "c": "b"}, "b -> c -> b", "profiles.b.base"),
        ("gpu", {"gpu": "default"}, "noxlock's own", "profiles.gpu"),
    ],
)
def test_a_base_that_cannot_be_is_an_error(
    name: str, profiles: dict[str, str], what: str, key: str
) -> None:
    own = {each: ProfileDefinition(base=base) for each, base in profiles.items()}
    with pytest.raises(DefinitionError, match=what) as info:
        resolve_profile(name, own)
    assert info.value.key == key


def test_a_name_that_is_nearly_right_is_hinted_at() -> None:
    with pytest.raises(DefinitionError) as info:
        resolve_profile("portabel", {})
    assert info.value.hint == "did you mean `portable`?"
    with pytest.raises(DefinitionError) as info:
        resolve_profile("xyz", {"mine": ProfileDefinition()})
    assert info.value.hint == "there are: default, portable, gpu, mine"
