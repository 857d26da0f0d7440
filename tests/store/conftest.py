"""A store, and wheels to put into it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Unpack

import pytest

from noxlock.model import Interpreter, Sha256
from noxlock.store.store import Store
from support.interpreters import bare_venv, running
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.stores import Put
    from support.wheels import WheelOptions


@pytest.fixture
def interpreter() -> Interpreter:
    return running()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", environ={})


@pytest.fixture
def prefix(tmp_path: Path, interpreter: Interpreter) -> Path:
    bare_venv(tmp_path / "env", interpreter)
    return tmp_path / "env"


@pytest.fixture
def put(store: Store, tmp_path: Path) -> Put:
    def put(
        name: str,
        files: Mapping[str, str | bytes] | None = None,
        **options: Unpack[WheelOptions],
    ) -> Sha256:
        filename, data = make_wheel(name, "1.0", files, **options)
        path = tmp_path / filename
        path.write_bytes(data)
        sha256 = Sha256(hashlib.sha256(data).hexdigest())
        store.add_wheel(path, sha256)
        return sha256

    return put
