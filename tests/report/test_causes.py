"""What changed between two records, most suspect first."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxlock.model import CauseKind, PackageRecord
from noxlock.report import causes
from support.reports import package, record

if TYPE_CHECKING:
    from noxlock.model import Cause, Record


def found(old: Record, new: Record, *direct: str) -> list[tuple[str, str | None]]:
    return [(each.name, each.new) for each in causes(old, new, direct)]


def test_records_that_say_the_same_have_no_causes() -> None:
    same = record(package("numpy", "1.0"), package("built", "1", built=True))
    rebuilt = record(
        package("numpy", "1.0"), package("built", "1", "2" * 64, built=True)
    )
    later = msgspec.structs.replace(
        rebuilt, created="later", locks={"poetry.lock": "f" * 64}, plan="another"
    )
    assert causes(same, same, ()) == ()
    assert causes(same, later, ()) == ()


def test_what_the_run_loaded_comes_before_all_other_packages() -> None:
    old = record(package("big", "1.0"), package("scikit-learn", "1.5.0"))
    new = record(package("big", "2.0"), package("scikit-learn", "1.5.1"))
    new = msgspec.structs.replace(new, loaded=("Scikit_Learn",))
    first, second = causes(old, new, ["big"])

    assert (first.name, first.old, first.new) == ("scikit-learn", "1.5.0", "1.5.1")
    assert first.why == "loaded by the run, patch version, numerical"
    assert second.why == "major version, direct"


def test_the_larger_jump_is_more_suspect() -> None:
    versions = {
        "a": ("1.2.3", "1.2.3"),
        "b": ("1.2.3rc1", "1.2.3"),
        "c": ("1.2.3", "1.2.4"),
        "d": ("1.2.3", "1.3.0"),
        "e": ("1.2.3", "2.0.0"),
        "f": ("2024c", "2024d"),
        "g": ("0.9", "1!0.9"),
    }
    old = record(*(package(name, one) for name, (one, _) in versions.items()))
    new = record(*(package(name, two, "2" * 64) for name, (_, two) in versions.items()))
    assert [name for name, _ in found(old, new)] == ["e", "g", "d", "c", "b", "f", "a"]
    build = causes(old, new, ())[-1]
    assert build.old == "1.2.3 (a-1.2.3-py3-none-any.whl 111111111111)"
    assert build.new == "1.2.3 (a-1.2.3-py3-none-any.whl 222222222222)"
    assert build.why == "build of the same version"


def test_of_equal_jumps_direct_then_numerical_or_compiled_come_first() -> None:
    def made(version: str) -> Record:
        compiled = PackageRecord(
            name="wheel-c",
            version=version,
            kind="wheel",
            artifact=f"wheel_c-{version}-cp311-cp311-linux_x86_64.whl",
            sha256=None,
        )
        conda = PackageRecord(
            name="conda-c",
            version=version,
            kind="conda",
            artifact=f"conda-c-{version}-h1234_0.conda",
            sha256=None,
        )
        noarch = PackageRecord(
            name="a-noarch",
            version=version,
            kind="conda",
            artifact=f"a-noarch-{version}-pyhd8ed1ab_0.conda",
            sha256=None,
        )
        sdist = PackageRecord(
            name="an-sdist", version=version, kind="sdist", artifact=None, sha256=None
        )
        plain = package("z-direct", version), package("scipy", version)
        return record(compiled, conda, noarch, sdist, *plain)

    shown = causes(made("1.0"), made("2.0"), ["Z_Direct"])
    assert [each.name for each in shown] == [
        "z-direct",
        "conda-c",
        "scipy",
        "wheel-c",
        "a-noarch",
        "an-sdist",
    ]
    assert shown[1].why == "major version, compiled"
    assert shown[2].why == "major version, numerical"


def test_packages_that_came_or_went_say_so() -> None:
    shown = causes(record(package("gone", "1")), record(package("come", "2")), ())
    assert [(each.name, each.old, each.new, each.why) for each in shown] == [
        ("come", None, "2", "new"),
        ("gone", "1", None, "gone"),
    ]


def test_a_package_that_is_installed_twice_is_one_cause() -> None:
    conda = PackageRecord(
        name="numpy", version="2.0", kind="conda", artifact=None, sha256=None
    )
    one, other = package("numpy", "1.0"), package("numpy", "1.1")
    shown = causes(record(conda, one), record(other, conda), ())
    assert [(each.old, each.new) for each in shown] == [("2.0, 1.0", "2.0, 1.1")]


def test_inputs_come_first_then_packages_then_all_other_facts() -> None:
    old = msgspec.structs.replace(
        record(package("numpy", "1.0")), inputs={"a.csv": "a" * 64, "b.csv": "b" * 64}
    )
    old = msgspec.structs.replace(old, effective={"blas": "openblas", "gone": "1"})
    new = msgspec.structs.replace(
        record(package("numpy", "1.1")),
        inputs={"a.csv": "a" * 64, "b.csv": "c" * 64, "c.csv": "d" * 64},
        interpreter={"version": "3.12.1"},
        command=("a", "b"),
        commit="0123456789abcdef+dirty",
        dirty="e" * 64,
        profile_name="gpu",
        profile={"A": "1"},
        effective={"blas": "mkl", "threads": "2"},
        machine={"cpu": "a big one", "cores": "8"},
        target="osx-arm64",
    )
    shown = causes(old, new, ())

    assert [(each.kind.value, each.name, each.old, each.new) for each in shown] == [
        ("input", "b.csv", "sha256 bbbbbbbbbbbb", "sha256 cccccccccccc"),
        ("input", "c.csv", None, "sha256 dddddddddddd"),
        ("package", "numpy", "1.0", "1.1"),
        ("interpreter", "version", "3.11.7", "3.12.1"),
        ("command", "command", "python -m digits {outputs}", "a && b"),
        ("commit", "commit", None, "0123456789abcdef+dirty"),
        ("commit", "uncommitted changes", None, "sha256 eeeeeeeeeeee"),
        ("profile", "name", "default", "gpu"),
        ("profile", "B", "2", None),
        ("effective", "blas", "openblas", "mkl"),
        ("machine", "cores", None, "8"),
        ("machine", "cpu", "a small one", "a big one"),
        ("target", "target", "linux-64", "osx-arm64"),
    ]
    kinds = list(CauseKind)
    order = [kinds.index(each.kind) for each in shown]
    assert order == sorted(order)
    # Whether the run reads it is not known.
    assert shown[0].why == "declared as an input"


packages = st.builds(
    PackageRecord,
    name=st.sampled_from(["numpy", "Py_YAML", "tqdm", "libblas"]),
    version=st.sampled_from([None, "1.0", "1.1", "1.1.1", "2.0rc1", "2024a", "1!1.0"]),
    kind=st.sampled_from(["wheel", "conda", "sdist"]),
    artifact=st.sampled_from(
        [None, "x-1-py3-none-any.whl", "x-1-cp311-cp311-linux.whl", "x-1-h0_0.conda"]
    ),
    sha256=st.sampled_from([None, "1" * 64, "2" * 64]),
    built=st.booleans(),
)
facts = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"))
records = st.builds(
    lambda installed, loaded, some, more: msgspec.structs.replace(
        record(*installed), loaded=tuple(loaded), inputs=some, machine=more
    ),
    st.lists(packages, max_size=6),
    st.sets(st.sampled_from(["numpy", "pyyaml", "tqdm"])),
    facts,
    facts,
)


@given(records, records, st.sets(st.sampled_from(["numpy", "tqdm"])))
def test_every_change_is_named_once_and_nothing_else(
    old: Record, new: Record, direct: set[str]
) -> None:
    shown = causes(old, new, direct)

    def keys(of: tuple[Cause, ...]) -> list[tuple[str, str]]:
        return [(each.kind.value, each.name) for each in of]

    assert len(set(keys(shown))) == len(shown)
    for kind, one, two in (
        ("input", old.inputs, new.inputs),
        ("machine", old.machine, new.machine),
    ):
        changed = {name for name in one | two if one.get(name) != two.get(name)}
        assert {name for what, name in keys(shown) if what == kind} == changed
    versions = [
        {
            name: sorted(str(p.version) for p in of.packages if p.name == name)
            for name in {p.name for p in of.packages}
        }
        for of in (old, new)
    ]
    moved = {
        name
        for name in versions[0] | versions[1]
        if versions[0].get(name) != versions[1].get(name)
    }
    assert moved <= {name for what, name in keys(shown) if what == "package"}
    back = causes(new, old, direct)
    assert sorted(keys(back)) == sorted(keys(shown))
    assert all((each.old, each.new) != (None, None) for each in shown)


@given(st.lists(packages, max_size=3), st.lists(packages, max_size=3))
def test_the_order_does_not_depend_on_that_of_the_records(
    one: list[PackageRecord], two: list[PackageRecord]
) -> None:
    first = causes(record(*one), record(*two), ())
    for other in permutations(one):
        assert causes(record(*other), record(*reversed(two)), ()) == first


@pytest.mark.parametrize(
    "name", ["numpy", "torch", "torch-geometric", "nvidia-cublas-cu12", "jaxlib"]
)
def test_numerical_packages_are_known_by_name(name: str) -> None:
    (cause,) = causes(record(package(name, "1")), record(package(name, "2")), ())
    assert cause.why.endswith("numerical")


@pytest.mark.parametrize("name", ["jaxtyping", "flaxen", "requests", "torchlike"])
def test_other_names_that_begin_like_them_are_not(name: str) -> None:
    (cause,) = causes(record(package(name, "1")), record(package(name, "2")), ())
    assert "numerical" not in cause.why


@pytest.mark.parametrize(
    ("old", "names"),
    [
        ({"cpu-flags": "avx sse", "cpu-flags-digest": "1"}, ["cpu-flags"]),
        ({"cpu-flags-digest": "1"}, ["cpu-flags-digest"]),
    ],
)
def test_flags_of_the_processor_are_named_once(
    old: dict[str, str], names: list[str]
) -> None:
    now = {"cpu-flags": "sse", "cpu-flags-digest": "2"}
    before, after = (
        msgspec.structs.replace(record(), machine=each) for each in (old, now)
    )
    assert [cause.name for cause in causes(before, after, ())] == names
