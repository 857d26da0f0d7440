"""What is held back for what makes a judge refuse a lock."""

from __future__ import annotations

from typing import Any

import pytest

from noxlock.model import ChangeKind, Layer, LockChange, PinnedAs
from noxlock.model.culprit import (
    Blamed,
    Changed,
    ChangedLayer,
    Culprit,
    CulpritReport,
    CulpritVerdict,
)
from noxlock.model.update import JudgeKind, Ruling
from noxlock.report.pins import pin
from noxlock.workflows.update.holding import Hold, Refusal, chosen, suspected

REFUSAL = Refusal(judge="digits", kind=JudgeKind.CHECK, ruling=Ruling.DRIFTED)
CONDA = ChangedLayer.CONDA


def blamed(name: str, **changes: Any) -> Blamed:  # noqa: ANN401 - fields
    known: dict[str, Any] = {
        "name": name,
        "old": "1.0",
        "new": "2.0",
        "layer": ChangedLayer.PYPI,
        "kind": ChangeKind.UPGRADED,
        "path": (name,),
    }
    found = Blamed(**(known | changes))
    return Blamed(**(known | changes | {"pin": pin(found)}))


def report(*culprits: tuple[Blamed, ...], **changes: Any) -> CulpritReport:  # noqa: ANN401
    made = [
        Culprit(packages=each, sufficient=True, necessary=True, difference="")
        for each in culprits
    ]
    known: dict[str, Any] = {
        "check": "digits",
        "verdict": CulpritVerdict.EXPLAINED,
        "culprits": tuple(made),
        "environments": 5,
        "seconds": 1.0,
    }
    return CulpritReport(**(known | changes))


def hold(name: str, bounds: str, layer: Layer = Layer.PYPI) -> Hold:
    return Hold(name=name, layer=layer, bounds=bounds, refusal=REFUSAL)


def change(name: str, layer: Layer = Layer.PYPI, old: str = "1.0") -> LockChange:
    return LockChange(
        name=name,
        kind=ChangeKind.UPGRADED,
        layer=layer,
        old=PinnedAs(versions=(old,)),
        new=PinnedAs(versions=("2.0",)),
    )


def pins(
    found: CulpritReport, *held: Hold, changes: tuple[LockChange, ...] = ()
) -> Any:  # noqa: ANN401 - two tuples
    new, beyond = chosen(
        found,
        REFUSAL,
        {each.key: each for each in held},
        {(each.layer, each.name): each for each in changes},
    )
    return [each.pin for each in new], list(beyond)


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        pytest.param(blamed("a"), "a<=1.0", id="no release is known"),
        pytest.param(
            blamed("a", first_bad="1.5", last_good="1.4", adjacent=True),
            "a<1.5",
            id="first bad release",
        ),
        pytest.param(
            blamed("a", kind=ChangeKind.DOWNGRADED, old="2.0", new="1.0"),
            "a>=2.0",
            id="downgraded",
        ),
        pytest.param(
            blamed("a", layer=CONDA, first_bad="2.0", last_good="1.0", adjacent=True),
            "a <2.0",
            id="conda",
        ),
        pytest.param(
            blamed(
                "a",
                layer=CONDA,
                kind=ChangeKind.REBUILT,
                new="1.0",
                detail="build h1_0 -> h2_1",
            ),
            "a ==1.0 h1_0",
            id="conda's build",
        ),
    ],
)
def test_a_culprit_is_held_as_loosely_as_is_known_to_be_good(
    package: Blamed, expected: str
) -> None:
    assert pins(report((package,))) == ([expected], [])


def test_a_hold_that_was_not_enough_is_made_tighter() -> None:
    package = blamed("a", first_bad="1.5", last_good="1.4", adjacent=True)

    assert pins(report((package,)), hold("a", "<1.5")) == (["a==1.0"], [])
    assert pins(report((package,)), hold("a", "==1.0")) == ([], ["a"])


def test_of_an_interaction_one_that_is_not_asked_for_is_held() -> None:
    both = blamed("a"), blamed("b", path=("c", "b"))

    new, _ = chosen(report(both), REFUSAL, {}, {})

    assert [(each.name, each.together) for each in new] == [("b", ("a",))]
    assert pins(report(both), hold("b", "==1.0")) == (["a<=1.0"], [])


def test_independent_culprits_are_all_held() -> None:
    assert pins(report((blamed("a"),), (blamed("b"),))) == (["a<=1.0", "b<=1.0"], [])


def test_what_brings_a_package_in_is_held_instead_of_it() -> None:
    added = blamed("c", old=None, kind=ChangeKind.ADDED, path=("a", "b", "c"))

    assert pins(report((added,)), changes=(change("a"), change("b"))) == (
        ["b==1.0"],
        [],
    )
    assert pins(report((added,)), changes=(change("a"),)) == (["a==1.0"], [])
    assert pins(report((added,))) == ([], ["c"])
    (held,), _ = chosen(report((added,)), REFUSAL, {}, {(Layer.PYPI, "b"): change("b")})
    assert (held.instead, held.path) == ("c", ("a", "b"))


def test_the_interpreter_is_held_where_a_lock_brings_it() -> None:
    python = blamed(
        "python", layer=ChangedLayer.INTERPRETER, old="3.11.7", new="3.12.1", path=()
    )
    locked = change("python", Layer.CONDA, "3.11.7")

    assert pins(report((python,)), changes=(locked,)) == (["python ==3.11.7"], [])
    assert pins(report((python,))) == ([], ["python"])


def test_other_files_of_one_version_cannot_be_held() -> None:
    package = blamed("a", kind=ChangeKind.REBUILT, new="1.0", detail="other sha256")

    assert pins(report((package,))) == ([], ["a"])


def suspect(name: str) -> Changed:
    return Changed(
        name=name,
        old="1.0",
        new="2.0",
        layer=ChangedLayer.PYPI,
        kind=ChangeKind.UPGRADED,
    )


def test_where_the_search_had_to_end_all_suspects_are_held() -> None:
    found = report(complete=False, suspects=(suspect("a"), suspect("b")), changed=9)

    held = suspected(found, REFUSAL, {})

    assert [(each.pin, each.proven) for each in held] == [
        ("a==1.0", False),
        ("b==1.0", False),
    ]
    whole = report(complete=False, suspects=(suspect("a"),), changed=1)
    assert suspected(whole, REFUSAL, {}) == ()
