"""How arrays in chunks are read in pieces, and what their claims are held to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxlock.compare.formats import _parts
from noxlock.compare.formats._parts import Held, check_claim, in_steps, readable, slabs
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from pathlib import Path


def error(what: str) -> CompareError:
    return CompareError(f"the output {what}")


@given(
    lengths=st.lists(st.integers(0, 9), max_size=6),
    step=st.integers(1, 12),
)
def test_pieces_of_any_length_come_in_steps_of_one(
    lengths: list[int], step: int
) -> None:
    flat = np.arange(sum(lengths))
    pieces = np.split(flat, np.cumsum(lengths)[:-1]) if lengths else []
    found = [piece.copy() for piece in in_steps(iter(pieces), step)]
    assert all(len(piece) == step for piece in found[:-1])
    assert np.concatenate([*found, flat[:0]]).tolist() == flat.tolist()


@pytest.mark.parametrize("budget", [8, 64, 1000, 1 << 20])
@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((), None),
        ((0, 3), None),
        ((10,), (3,)),
        ((7, 5, 4), None),
        ((7, 5, 4), (2, 2, 2)),
        ((7, 5, 4), (7, 5, 4)),
    ],
)
def test_slabs_are_the_whole_array_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
    budget: int,
    shape: tuple[int, ...],
    chunks: tuple[int, ...] | None,
) -> None:
    monkeypatch.setattr(_parts, "_SLAB", budget)
    values = np.arange(math.prod(shape), dtype="f8").reshape(shape)
    pieces = [values[slab].reshape(-1) for slab in slabs(shape, chunks, 8)]
    flat = np.concatenate([*pieces, values.reshape(-1)[:0]])
    assert flat.tolist() == values.reshape(-1).tolist()
    row = math.prod(shape[1:]) * 8
    assert all(piece.nbytes <= max(budget, row, 8) for piece in pieces)


def test_claims_are_held_to_what_is_stored() -> None:
    check_claim(1 << 30, lambda: 1, error)
    check_claim(1 << 40, lambda: 1 << 30, error)
    with pytest.raises(CompareError, match="claims to hold 1099511627776 bytes"):
        check_claim(1 << 40, lambda: 1 << 20, error)


def test_an_array_in_memory_is_read_in_steps_and_never_mapped(tmp_path: Path) -> None:
    held = Held(values=np.arange(6).reshape(2, 3), error=error)
    assert [block.tolist() for block in held.blocks(4)] == [[0, 1, 2, 3], [4, 5]]
    assert held.mapped() is None
    assert not held.fortran
    mapped = np.memmap(tmp_path / "a", np.uint8, "w+", shape=(2, 3))
    assert Held(values=mapped, error=error).mapped() is not None


def test_words_of_libraries_are_cut_and_paths_left_out_of_them() -> None:
    with (
        pytest.raises(CompareError, match=r"^the output is damaged: no ... here$"),
        readable(error),
    ):
        raise ValueError("no /tmp/some/file here\nand more")
    with pytest.raises(CompareError, match="is damaged: KeyError"), readable(error):
        raise KeyError
    with pytest.raises(CompareError, match=r"^as it was$"), readable(error):
        raise CompareError("as it was")
