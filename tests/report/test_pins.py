"""What to do about a culprit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from noxlock.model import ChangeKind
from noxlock.model.culprit import ChangedLayer, CulpritVerdict
from noxlock.report.pins import next_lines, pin
from support.culprits import SCIPY, blamed, culprit, found

if TYPE_CHECKING:
    from noxlock.model.culprit import Blamed

DOWN = ChangeKind.DOWNGRADED
ACCEPT = ("or, where the new result is right", 'nox -s "repro(digits)" -- --accept')
REBUILT = blamed("numpy", "1.0", "1.0", kind=ChangeKind.REBUILT)
PYTHON = blamed("python", "3.11.7", "3.12.1", layer=ChangedLayer.INTERPRETER)


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (SCIPY, "scipy<1.15.0"),
        (blamed("a"), "a<=1.0"),
        (blamed("a", first_bad="1.5", last_good="1.3", adjacent=False), "a<=1.3"),
        (blamed("a", first_bad="1.5", last_good=None, adjacent=False), "a<=1.0"),
        (blamed("a", first_bad="2.0", good_again="2.1"), "a!=2.0"),
        (blamed("a", first_bad="1.5", good_again="1.6"), "a<1.5"),
        (blamed("a", "2.0", "1.0", kind=DOWN, first_bad="1.5"), "a>1.5"),
        (blamed("a", "2.0", "1.0", kind=DOWN), "a>=2.0"),
        (blamed("a", "1.0", None, kind=ChangeKind.REMOVED), "a==1.0"),
        (blamed("a", None, "1.0", kind=ChangeKind.ADDED), None),
        (REBUILT, None),
        (PYTHON, "python==3.11.7"),
    ],
)
def test_pins_let_in_what_is_good_only(package: Blamed, expected: str | None) -> None:
    assert pin(package) == expected
    if expected:
        allowed = Requirement(expected).specifier
        assert package.old is not None
        assert package.old in allowed
        assert package.new is None or package.new not in allowed
    if package.first_bad and expected:
        assert package.first_bad not in allowed


def test_a_conda_pin_is_a_match_spec() -> None:
    conda = blamed("scipy", "1.0", "2.0", first_bad="1.5", layer=ChangedLayer.CONDA)
    assert next_lines(found(culprit(conda))) == [
        ("hold scipy back, in environment.yml, then nox -s lock", "scipy <1.5"),
        ACCEPT,
    ]


def test_one_package_of_an_interaction_is_enough() -> None:
    assert next_lines(found(culprit(SCIPY, blamed("numpy"), REBUILT))) == [
        ("hold scipy back, in pyproject.toml, then nox -s lock", "scipy<1.15.0"),
        ("or hold numpy back, in pyproject.toml, then nox -s lock", "numpy<=1.0"),
        ACCEPT,
    ]
    many = [blamed(f"p{number}") for number in range(9)]
    assert len(next_lines(found(culprit(*many)))) == 4


def test_what_no_pin_holds_back_is_said() -> None:
    added = blamed("b", None, "1.0", kind=ChangeKind.ADDED, path=("a", "b"))
    orphan = blamed("b", None, "1.0", kind=ChangeKind.ADDED)
    assert next_lines(found(culprit(REBUILT), culprit(added), culprit(orphan))) == [
        (
            (
                "no pin holds numpy back, its version is the same: keep the old lock,"
                " whose hash is the pin"
            ),
            "",
        ),
        ("no pin keeps b out: hold back a, or the old lock", ""),
        ("no pin keeps b out: hold back what asks for it, or the old lock", ""),
        ACCEPT,
    ]


def test_an_interpreter_is_held_by_its_environment() -> None:
    words, copied = next_lines(found(culprit(PYTHON)))[0]
    assert words == "keep the environment's python as it was"
    assert copied == 'python: "3.11.7"'


def test_what_is_not_explained_goes_on_elsewhere() -> None:
    lock = CulpritVerdict.NOT_THE_LOCK
    assert next_lines(found(verdict=lock)) == [
        ("see what else changed", 'nox -s "repro(digits)" -- -v')
    ]
    assert next_lines(found(verdict=lock, noise=True)) == [
        ("have the check run several times, to see how it varies", "repeat: 3")
    ]
    early = found(verdict=CulpritVerdict.UNEXPLAINED, complete=False)
    assert next_lines(early) == [("go on where it ended", 'nox -s "why(digits)"')]
    assert next_lines(found(verdict=CulpritVerdict.NO_DRIFT)) == []
