"""Arrays of different dtypes, shapes and kinds of storage."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare._job import Job
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.tolerance import Limits
from noxlock.model import Difference, Tolerance
from support.arrays import INF, NAN, compare_arrays, header, plain
from support.pairs import Memory

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.compare._tally import Tally

ANY = Tolerance(rtol=0, check_dtype=False, check_shape=False)


def compared(
    actual: np.ndarray[Any, np.dtype[Any]],
    baseline: np.ndarray[Any, np.dtype[Any]],
    tolerance: Tolerance = ANY,
    *,
    random: bool = False,
) -> Tally:
    job = Job.of(Limits(tolerance), threads=2)
    fortran = [
        side.ndim > 1 and not side.flags.c_contiguous for side in (actual, baseline)
    ]
    compare_sources(
        Memory(actual, fortran[0], random), Memory(baseline, fortran[1], random), job
    )
    return job.tally


def told(tally: Tally) -> Difference:
    assert tally.difference is not None
    return tally.difference


@pytest.mark.parametrize(
    ("actual", "baseline", "absolute"),
    [
        (np.array([1.5], "f4"), np.array([1.25], "f8"), 0.25),
        (np.array([2], "i4"), np.array([1.25], "f4"), 0.75),
        (np.array([2**53 + 1], "i8"), np.array([2.0**53], "f8"), 1.0),
        (np.array([-1], "i8"), np.array([2**64 - 1], "u8"), 2.0**64),
        (np.array([-1], "i4"), np.array([2**32 - 1], "u4"), 2.0**32),
        (np.array([True]), np.array([3], "u1"), 2.0),
        (np.array([1j], "c8"), np.array([1.0], "f4"), 2**0.5),
        (np.array([1.5], "g"), np.array([1.25], "f2"), 0.25),
    ],
)
def test_numbers_of_any_two_dtypes_are_compared_where_the_dtype_may_change(
    actual: np.ndarray[Any, Any], baseline: np.ndarray[Any, Any], absolute: float
) -> None:
    tally = compared(actual, baseline)

    assert tally.notes == []
    assert (told(tally).absolute, told(tally).violations) == (absolute, 1)
    assert (told(tally).ulp, told(tally).histogram) == (None, ())
    assert compared(baseline, baseline).differing == 0


def test_bfloat16_is_compared_with_what_it_was_rounded_from() -> None:
    types = pytest.importorskip("ml_dtypes")
    exact = np.array([1.0, 1 + 2.0**-9])

    tally = compared(exact.astype(types.bfloat16), exact)

    assert told(tally).absolute == 2.0**-9
    assert told(tally).first.where == "[1]"


def test_text_is_never_compared_with_numbers() -> None:
    tally = compared(np.array(["1"]), np.array([1.0]))
    assert (tally.compared, tally.differing) == (0, 0)
    assert compared(np.array(["1"]), np.array(["1", "2"])).notes


@pytest.mark.parametrize("random", [True, False])
@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
def test_other_shapes_are_compared_in_c_order_where_the_shape_may_change(
    orders: str, *, random: bool
) -> None:
    baseline = np.arange(60.0).reshape(3, 4, 5)
    actual = baseline.reshape(6, 10).copy()
    actual[3, 7] += 1

    tally = compared(
        np.asarray(actual, order=orders[0]),  # type: ignore[call-overload] # "C" or "F"
        np.asarray(baseline, order=orders[1]),  # type: ignore[call-overload]
        random=random,
    )

    assert tally.notes == []
    assert (told(tally).differing, told(tally).first.where) == (1, "[1, 3, 2]")


def test_other_shapes_of_other_sizes_are_a_drift_whatever_may_change() -> None:
    assert compared(np.zeros(3), np.zeros(4)).notes == ["shape (4,) became (3,)"]


def test_the_first_place_is_that_of_the_first_element_whatever_its_field() -> None:
    baseline = np.zeros(70_000, [("a", "f4"), ("b", "i8", (2,)), ("c", "U2")])
    actual = baseline.copy()
    actual["a"][60_000] = 5
    actual["b"][500, 1] = 3
    actual["c"][65_600] = "x"

    tally = compared(actual, baseline, random=True)

    assert told(tally).first.where == "[500].b[1]"
    assert told(tally).worst.where == "[65600].c"
    assert told(tally).compared == 4 * 70_000


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "g"])
def test_the_same_bytes_may_differ_where_nan_or_infinity_equal_nothing(
    dtype: str,
) -> None:
    values = np.array([1, NAN, INF, 2], dtype)

    for tolerance, count in [
        (Tolerance(), 0),
        (Tolerance(equal_nan=False), 1),
        (Tolerance(equal_inf=False), 1),
        (Tolerance(equal_nan=False, equal_inf=False), 2),
    ]:
        tally = compared(values, values, tolerance)
        assert (tally.differing, tally.violations, tally.unsized) == (count,) * 3
    assert compared(values[::3], values[::3], Tolerance(equal_nan=False)).compared == 2


def test_arrays_of_files_in_two_orders_are_compared_box_by_box(tmp_path: Path) -> None:
    baseline = np.random.default_rng(0).normal(size=(300, 2, 700))
    actual = np.asfortranarray(baseline)
    actual[299, 1, 5] += 1
    actual[3, 0, 699] += 2

    report = compare_arrays(tmp_path, actual, baseline)

    assert report.difference is not None
    assert report.difference.differing == 2
    assert report.difference.first.where == "[3, 0, 699]"
    assert report.compared == baseline.size


SCRIPT = """
import json, pathlib, sys
from noxlock.compare import compare_output, Settings
from noxlock.model import Tolerance
folder = pathlib.Path(sys.argv[1])
report = compare_output(folder / "a.npy", folder / "b.npy", Tolerance(),
                        settings=Settings(threads=2))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([report.verdict, report.difference.worst.where, int(peak.split()[1])]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_files_larger_than_the_limit_of_memory_need_less_than_it(
    tmp_path: Path,
) -> None:
    count = 50_000_000
    for name in "ab":
        with (tmp_path / f"{name}.npy").open("wb") as file:
            file.write(header(plain(f"({count},)", "'<f4'")))
            file.truncate(file.tell() + 4 * count)
    with (tmp_path / "b.npy").open("r+b") as file:
        file.seek(-4, 2)
        file.write(np.float32(1).tobytes())

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )

    verdict, where, peak = json.loads(done.stdout)
    assert (verdict, where) == ("drifted", f"[{count - 1}]")
    assert peak < 100 * 1024
