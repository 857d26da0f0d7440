"""Every pylock.toml of the corpus, against packaging's own selection."""

from __future__ import annotations

import pytest

from noxlock.errors import LockError, PlanError
from noxlock.locks import parse_lock
from support.oracles import CORPUS, Case, cases, folders, pins, planned, read_pins

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

CASES = cases("pylock")

# Made for one machine, or no pylock at all: what they cannot say is tested below.
WITHOUT_ORACLE = {"Cambridge-ICCS__differentiable-programming-summer-school-2025"}


def bytes_of(folder: str, name: str = "pylock.toml") -> bytes:
    return (CORPUS / "pylock" / folder / name).read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_plan_holds_what_packaging_selects(case: Case) -> None:
    whole = case.stem == "all"

    made = planned(
        case,
        groups=("all",) if whole else ("main",),
        extras=None if whole else (),
    )

    assert pins(made) == read_pins(case.oracle)
    assert all(package.sha256 for package in made.packages if package.artifact)


def test_every_lock_is_compared() -> None:
    compared = {case.folder.name for case in CASES}

    assert {folder.name for folder in folders("pylock")} == compared | WITHOUT_ORACLE


def test_a_requirements_file_with_the_name_of_a_pylock_is_refused() -> None:
    """`uv export -o pylock.toml` of before uv knew the format by its name."""
    (folder,) = WITHOUT_ORACLE

    with pytest.raises(LockError, match="not valid TOML") as raised:
        parse_lock("pylock.toml", bytes_of(folder), beside=lambda _: None)

    assert raised.value.where == "pylock.toml:3"
    assert raised.value.hint == (
        "this looks like a requirements file: give it a name that ends in `.txt`"
    )


def test_a_lock_of_one_machine_is_refused_for_another() -> None:
    """`pip lock` lists the wheels of the machine it ran on; packaging refuses too."""
    folder = "BonnBytes__paper_crawler"
    (linux,) = (case for case in CASES if case.folder.name == folder)
    mac = Case(
        folder=linux.folder,
        lock=linux.lock,
        stem=linux.stem,
        target="osx-arm64",
        python=linux.python,
        oracle=linux.oracle,
    )

    with pytest.raises(PlanError) as raised:
        planned(mac)

    assert raised.value.where == "pylock.toml: packages[3]"
    assert "`cffi 1.17.1` has no file that fits osx-arm64 with python 3.13.3" in (
        raised.value.what
    )


def test_a_file_without_hashes_is_refused() -> None:
    """For an index that gives none, uv writes `hashes = {}`; packaging refuses it too.

    Oracles of such locks were made with dummy hashes put in: they say what a lock
    means, not that an exact environment can be made from it.
    """
    data = bytes_of("pypa__pip--2026-08-15-build-project-pylock").replace(
        b"[packages.wheels.hashes]\nsha256 =", b"[packages.wheels.hashes]\n#", 1
    )

    with pytest.raises(LockError) as raised:
        parse_lock("pylock.toml", data, beside=lambda _: None)

    assert str(raised.value) == (
        "pylock.toml: packages[0].wheels[0].hashes: at least one hash must be provided"
    )
    assert raised.value.hint == (
        "lock again with hashes: a file without one cannot be checked"
    )
