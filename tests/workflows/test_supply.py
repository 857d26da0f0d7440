"""What the store lacks is fetched once, and decided once."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import FetchError, StoreError
from noxlock.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Sha256
    from support.workshop import Workshop


def test_hashes_without_names_leave_the_choice_to_the_index_once(
    shop: Workshop,
) -> None:
    pure = shop.add_wheel("alpha==1.0")
    better = shop.add_wheel(
        "alpha==1.0", tag=f"py{sys.version_info[0]}{sys.version_info[1]}-none-any"
    )
    text = f"alpha==1.0 --hash=sha256:{pure} --hash=sha256:{better}\n"
    for offline in (False, True):
        built = shop.build(text=text, lock_file="requirements.txt", offline=offline)
        assert built.packages[0].sha256 == better
    assert shop.downloads == 1
    del shop.server.files["alpha-1.0-py3-none-any.whl"]
    with pytest.raises(FetchError, match=r"alpha 1\.1"):
        shop.build(
            text=text.replace("1.0", "1.1"), lock_file="requirements.txt", offline=True
        )


def test_what_another_python_brought_is_not_fetched_again(shop: Workshop) -> None:
    pure = shop.add_wheel("alpha==1.0")
    text = f"alpha==1.0 --hash=sha256:{pure}\n"
    for _ in range(2):
        built = shop.build(text=text, lock_file="requirements.txt")
        assert built.packages[0].sha256 == pure
        # As for another python, which has choices of its own.
        shutil.rmtree(shop.store.root / "choices-v1")
    assert shop.downloads == 1


class Late(Store):
    """A store in which another run was first, and took the download away."""

    def add_wheel(self, wheel: Path, sha256: Sha256, /) -> None:
        """Store *wheel*, then fail as where it was gone."""
        super().add_wheel(wheel, sha256)
        raise StoreError("the file is gone")


class Full(Store):
    """A store on a full disk."""

    def add_wheel(self, wheel: Path, sha256: Sha256, /) -> None:
        """Fail."""
        raise StoreError("the disk is full", file=f"{wheel}: {sha256}")


def test_what_another_run_stored_meanwhile_is_used(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    full = replace(shop.builder(), store=Full(shop.store.root))
    with pytest.raises(StoreError, match="disk is full"):
        full.build(shop.request())
    late = replace(shop.builder(), store=Late(shop.store.root))
    assert late.build(shop.request()).packages[0].name == "alpha"
