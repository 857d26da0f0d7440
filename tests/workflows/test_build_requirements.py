"""Build requirements come from the lock, from noxlock itself, or are told."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from noxlock.envs import find_interpreter
from noxlock.errors import BuildError
from noxlock.workflows.build_requirements import BuildRequirements
from noxlock.workflows.pip import pip_variables, pip_wheel
from noxlock.workflows.supply import Supplies
from support.locks import edge, group_lock, marker_lock, package

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.model import Lock
    from noxlock.workflows.build_requirements import Provision
    from support.workshop import Workshop

HATCH = (
    package(
        "hatchling==1.27.0",
        "pathspec",
        "tomli; python_version < '3'",
        edge("gone", optional=True),
    ),
    package("pathspec==0.12.1", extras={"fast": (edge("regex"),)}),
    package("regex==2024.1"),
    package("setuptools==80.9.0"),
    package("setuptools==75.0.0", requires_python=">=3.8"),
)


def decide(
    shop: Workshop, lock: Lock, *requires: str, plain: bool = False
) -> Provision:
    """Return where *requires* come from, with *lock*."""
    builder = shop.builder()
    supplies = Supplies(
        store=builder.store,
        index=builder.index,
        progress=shop.talk,
        offline=True,
        environ=shop.environ,
    )
    requirements = BuildRequirements(
        supplies=supplies,
        interpreter=find_interpreter("3"),
        given=lock,
        base=shop.root,
    )
    return requirements.decide(requires, plain_poetry=plain)


def names(provision: Provision) -> list[str]:
    """Return what is pinned, `name==version`."""
    return sorted(pin.split()[0] for pin in provision.pins)


def test_the_lock_pins_a_backend_and_all_that_it_needs(shop: Workshop) -> None:
    found = decide(shop, group_lock(HATCH), "hatchling>=1.20")
    assert found.mode == "locked"
    assert names(found) == ["hatchling==1.27.0", "pathspec==0.12.1"]


def test_extras_of_a_build_requirement_are_followed(shop: Workshop) -> None:
    found = decide(shop, group_lock(HATCH), "pathspec[fast]", "hatchling")
    assert "regex==2024.1" in names(found)


def test_the_newest_pin_that_fits_is_taken(shop: Workshop) -> None:
    lock = group_lock(HATCH)
    assert names(decide(shop, lock, "setuptools")) == ["setuptools==80.9.0"]
    assert names(decide(shop, lock, "setuptools<80")) == ["setuptools==75.0.0"]


@pytest.mark.parametrize(
    "requires",
    [
        pytest.param(["flit-core"], id="not in the lock"),
        pytest.param(["setuptools>=81"], id="another version"),
        pytest.param(["setuptools>=80", "setuptools<80"], id="two that exclude"),
        pytest.param(["pathspec[fast]", "missing"], id="only some"),
    ],
)
def test_what_the_lock_does_not_pin_whole_comes_from_the_index(
    shop: Workshop, requires: Sequence[str]
) -> None:
    found = decide(shop, group_lock(HATCH), *requires)
    assert (found.mode, found.pins, found.plan) == ("index", (), None)


def test_a_pin_without_a_wheel_is_no_pin(shop: Workshop) -> None:
    sdist: dict[str, Any] = {"files": ()}
    lock = group_lock([package("setuptools==80.9.0", **sdist)])
    assert decide(shop, lock, "setuptools").mode == "index"


def test_a_lock_that_does_not_say_who_needs_what_pins_leaves_only(
    shop: Workshop,
) -> None:
    lock = marker_lock([package("hatchling==1.27.0"), package("setuptools==80.9.0")])
    assert decide(shop, lock, "hatchling").mode == "index"
    assert decide(shop, lock, "setuptools").mode == "locked"


def test_a_constraint_in_poetrys_words_is_left_to_the_plan(shop: Workshop) -> None:
    lock = group_lock([package("setuptools==80.9.0", requires_python="^3.9")])
    assert decide(shop, lock, "setuptools").mode in {"locked", "index"}


def test_requirements_for_other_pythons_do_not_count(shop: Workshop) -> None:
    found = decide(shop, group_lock(HATCH), "tomli; python_version < '3'")
    assert found.mode == "none"


@pytest.mark.parametrize(
    ("requires", "plain", "mode"),
    [
        (["poetry-core>=2"], True, "own"),
        (["poetry-core>=2"], False, "index"),
        (["poetry-core>=99"], True, "index"),
        (["poetry-core>=2", "setuptools>=99"], True, "index"),
    ],
)
def test_our_own_poetry_core_serves_where_it_satisfies(
    shop: Workshop, requires: Sequence[str], mode: str, *, plain: bool
) -> None:
    found = decide(shop, group_lock(HATCH), *requires, plain=plain)
    assert found.mode == mode
    own = (f"noxlock: poetry-core=={version('poetry-core')}",)
    assert found.pins == (own if mode == "own" else ())


def test_a_malformed_requirement_is_refused(shop: Workshop) -> None:
    with pytest.raises(BuildError, match="malformed"):
        decide(shop, group_lock(HATCH), "no requirement at all")


def test_pip_keeps_the_users_indexes_and_nothing_that_misplaces(tmp_path: Path) -> None:
    user = {
        "PIP_CERT": "/cert",
        "PIP_TARGET": "/elsewhere",
        "PYTHONPATH": "/x",
        "UV_INDEX_URL": "http://127.0.0.1/simple/",
        "UV_EXTRA_INDEX_URL": "http://127.0.0.1/more/",
        "PIP_EXTRA_INDEX_URL": "http://127.0.0.1/extra/",
    }
    changes = pip_variables(tmp_path, user)
    assert changes["PIP_INDEX_URL"] == "http://127.0.0.1/simple/"
    assert "PIP_CERT" not in changes
    assert "PIP_EXTRA_INDEX_URL" not in changes
    assert "PIP_CONFIG_FILE" not in changes
    assert changes["PIP_TARGET"] is changes["PYTHONPATH"] is None


def test_an_interpreter_without_any_pip_says_so(tmp_path: Path) -> None:
    """As Debian's own python3.8 was, without ensurepip."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    ours = find_interpreter("3")
    old = replace(
        ours,
        executable=python,
        version="3.8.18",
        target=structs.replace(ours.target, python="3.8.18"),
    )
    with pytest.raises(BuildError, match=r"no pip for CPython 3\.8\.18"):
        pip_wheel(old)
