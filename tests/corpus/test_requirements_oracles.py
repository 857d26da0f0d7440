"""Every requirements.txt of the corpus, against pip's own parser."""

from __future__ import annotations

import pytest

from noxlock.errors import LockError
from support.oracles import CORPUS, Case, cases, folders, pins, planned, read_pins

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

CASES = cases("requirements")

# What is refused, or read further than pip's parser does, is tested below.
REFUSED = "feast-dev__feast--2026-08-10-py3.10-minimal-sdist-requirements-build"
WITH_PROJECT = "AlonKellner-RedHat__Oyez-SA-ASR"

LISTED = [case for case in CASES if case.folder.name not in {REFUSED, WITH_PROJECT}]


def of(folder: str) -> list[Case]:
    return [case for case in CASES if case.folder.name == folder]


@pytest.mark.parametrize("case", LISTED, ids=lambda case: case.name)
def test_a_plan_holds_what_pip_reads(case: Case) -> None:
    made = planned(case)

    assert pins(made) == read_pins(case.oracle)
    assert all(package.hashes for package in made.packages)


def test_every_lock_is_compared() -> None:
    compared = {case.folder.name for case in LISTED}

    assert {folder.name for folder in folders("requirements")} == compared | {
        REFUSED,
        WITH_PROJECT,
    }


def test_two_versions_of_one_name_make_no_environment() -> None:
    """A list of what builds need, of all of them at once: three versions of Cython.

    pip's parser reads it; pip's installer, asked for all at once, refuses it:
    "Cannot install cython==3.0.12 and cython==3.1.1 because these package versions have
    conflicting dependencies".
    """
    for case in of(REFUSED):
        assert {"cython==3.0.12", "cython==3.1.1"} <= read_pins(case.oracle)

        with pytest.raises(LockError) as raised:
            planned(case)

        assert raised.value.where == f"{case.lock}:226"
        assert raised.value.what == (
            "`cython==3.1.1` is pinned twice under the same condition:"
            " `cython==3.0.12` at line 155"
        )


def test_the_project_itself_has_the_name_of_its_pyproject() -> None:
    """`-e .`: pip's parser has an address only, and that of the oracle's machine."""
    cases = of(WITH_PROJECT)
    assert cases or not CORPUS.is_dir()
    for case in cases:
        theirs = case.oracle.read_text("utf-8").splitlines()
        (address,) = (line for line in theirs if "==" not in line)
        assert address.startswith("file:///")

        ours = pins(planned(case))

        assert ours == {*theirs} - {address} | {"oyez-sa-asr"}
