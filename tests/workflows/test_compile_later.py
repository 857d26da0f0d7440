"""A session that waits to run is not kept waiting for bytecode; others are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from noxlock.workflows import _venv_making
from support.workshop import ask

if TYPE_CHECKING:
    from support.workshop import Workshop

SAID = "demo: bytecode of 1 new package is compiled in the background"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_venv_making, "LONG", 10)


def cached(shop: Workshop) -> list[str]:
    prefix = shop.root / ".nox/demo"
    return [path.name for path in prefix.rglob("alpha/__pycache__/*.pyc")]


def test_what_waits_goes_on_and_the_next_environment_has_bytecode(
    shop: Workshop,
) -> None:
    sha256 = shop.add_wheel("alpha==1.0")
    built = shop.build(compile_first=False)

    assert cached(shop) == []
    assert SAID in shop.talk.said
    assert ask(built, "bool(__import__('alpha'))")
    end = time.monotonic() + 60
    while shop.store.uncompiled([sha256], built.interpreter):  # type: ignore[list-item]
        assert time.monotonic() < end
        time.sleep(0.05)
    shop.build(compile_first=False)
    assert len(cached(shop)) == 1


def test_what_does_not_wait_to_run_has_it_at_once(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.build()

    assert len(cached(shop)) == 1
    assert SAID not in shop.talk.said


def test_little_is_compiled_at_once(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_venv_making, "LONG", 1_000_000)
    shop.add_wheel("alpha==1.0")
    shop.build(compile_first=False)

    assert len(cached(shop)) == 1
