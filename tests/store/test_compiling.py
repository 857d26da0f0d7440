"""What is compiled while nobody waits."""

from __future__ import annotations

import fcntl
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from noxlock.model import Interpreter
    from noxlock.store.store import Store
    from support.stores import Put

PATIENCE = 60


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_wheels_are_compiled_by_a_process_of_its_own(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    wheels = [put("demo"), put("other", {"other.py": "x = 1\n" * 500})]
    store.compile_later(wheels, interpreter)

    wait_for(lambda: not store.uncompiled(wheels, interpreter))
    assert store.verify().damaged == ()


def test_the_size_is_that_of_modules(store: Store, put: Put) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n", "demo.txt": "y" * 100})

    assert store.sources_size([sha256]) == 6
    assert store.sources_size([sha256, sha256]) == 12


def test_what_cannot_be_compiled_keeps_no_other_from_it(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    broken, sound = put("aaa", {"aaa.py": ""}), put("bbb", {"bbb.py": "x = 1\n"})
    file = store.places.wheel(broken) / "files/aaa.py"
    file.chmod(0o644)
    file.write_text("other")
    store.compile_later([broken, sound], interpreter)

    wait_for(lambda: store.uncompiled([broken, sound], interpreter) == (broken,))


def test_one_process_at_a_time_compiles(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    with (store.root / ".compiling").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store.compile_later([sha256], interpreter)
        later = put("later")
        time.sleep(1.5)  # in which it would have been done
        assert store.uncompiled([sha256, later], interpreter) == (sha256, later)


def test_a_process_that_cannot_start_is_no_error(
    store: Store,
    put: Put,
    interpreter: Interpreter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sha256 = put("demo")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    store.compile_later([sha256], interpreter)

    assert store.uncompiled([sha256], interpreter) == (sha256,)
