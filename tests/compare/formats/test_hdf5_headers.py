"""The bytes of attributes in headers of HDF5 files, as the library writes them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare.formats._hdf5_headers import attribute_bytes

if TYPE_CHECKING:
    from pathlib import Path

h5py = pytest.importorskip("h5py")

VALUES = {f"name {n}": np.arange(n + 1, dtype="<i8") for n in range(30)}


def written(path: Path, **how: Any) -> tuple[bytes, int]:  # noqa: ANN401
    """Write a group with attributes; return the file and the group's address."""
    with h5py.File(path, "w", **how) as file:
        group = file.create_group("g")
        for name, values in VALUES.items():
            group.attrs[name] = values
            file.create_group(f"other {name}")  # blocks of the header lie apart
        address: int = h5py.h5o.get_info(group.id).addr
    return path.read_bytes(), address


@pytest.mark.parametrize("userblock", [0, 1024])
def test_values_are_those_that_were_written(tmp_path: Path, userblock: int) -> None:
    data, address = written(tmp_path / "a.h5", userblock_size=userblock)
    for name, values in VALUES.items():
        found = attribute_bytes(io.BytesIO(data), userblock, address, name.encode())
        assert found is not None
        assert found[: values.nbytes] == values.tobytes()
    assert attribute_bytes(io.BytesIO(data), userblock, address, b"name") is None


def test_headers_with_a_checksum_are_left_to_the_library(tmp_path: Path) -> None:
    data, address = written(tmp_path / "a.h5", libver="latest")
    assert attribute_bytes(io.BytesIO(data), 0, address, b"name 3") is None


def test_a_header_that_is_cut_off_or_damaged_ends(tmp_path: Path) -> None:
    data, address = written(tmp_path / "a.h5")
    for length in range(address, len(data), 7):
        stream = io.BytesIO(data[:length])
        found = attribute_bytes(stream, 0, address, b"name 29")
        assert found is None or found[:240] == VALUES["name 29"].tobytes()[: len(found)]
    for place in range(address, address + 400):
        damaged = data[:place] + b"\xff\xff\xff\xff" + data[place + 4 :]
        attribute_bytes(io.BytesIO(damaged), 0, address, b"name 29")
