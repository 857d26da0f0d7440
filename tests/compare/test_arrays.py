"""Arrays: values, shapes, dtypes, orders, and files that lie."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tracemalloc
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare import compare_output
from noxlock.model import Difference, OutputReport, Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

EXACT = Tolerance()
ALL_DTYPES = [
    "?", "i1", "u1", "<i2", ">i2", "i4", "u4", "i8", ">i8", "u8", "f2", "f4", "<f8",
    ">f8", "g", "c8", "c16", "G",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays")


def compare(
    folder: Path, actual: object, baseline: object, tolerance: Tolerance = EXACT
) -> OutputReport:
    np.save(folder / "actual.npy", np.asarray(actual))
    np.save(folder / "baseline.npy", np.asarray(baseline))
    return compare_output(
        folder / "baseline.npy", folder / "actual.npy", tolerance, output="a.npy"
    )


def difference(report: OutputReport) -> Difference:
    assert report.difference is not None
    return report.difference


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("actual", "baseline", "tolerance", "verdict"),
    [
        (1.0, 1.0, EXACT, Verdict.IDENTICAL),
        ([1.0, 2.0], [1.0, 2.5], EXACT, Verdict.DRIFTED),
        ([1.0, 2.0], [1.0, 2.5], Tolerance(atol=0.5), Verdict.WITHIN_TOLERANCE),
        ([1.0, 2.0], [1.0, 2.5], Tolerance(rtol=0.2), Verdict.WITHIN_TOLERANCE),
        ([1.0, 2.0], [1.0, 2.5], Tolerance(rtol=0.19), Verdict.DRIFTED),
        ([2.5], [2.0], Tolerance(rtol=0.2), Verdict.DRIFTED),
        ([-0.0], [0.0], EXACT, Verdict.IDENTICAL),
        ([NAN, 1], [NAN, 1], EXACT, Verdict.IDENTICAL),
        ([NAN], [1.0], Tolerance(atol=1e300, rtol=1e300), Verdict.DRIFTED),
        ([1.0], [NAN], Tolerance(atol=1e300, rtol=1e300), Verdict.DRIFTED),
        ([INF, -INF], [INF, -INF], EXACT, Verdict.IDENTICAL),
        ([INF], [-INF], Tolerance(rtol=1), Verdict.DRIFTED),
        ([1.0], [INF], Tolerance(rtol=1), Verdict.DRIFTED),
        ([1e308], [-1e308], Tolerance(rtol=1), Verdict.DRIFTED),
        (np.array([1.0], "f2"), np.array([1.001], "f2"), EXACT, Verdict.DRIFTED),
        (np.array([1e38], "f4"), np.array([-3e38], "f4"), EXACT, Verdict.DRIFTED),
        ([1 + 2j], [1 + 2j], EXACT, Verdict.IDENTICAL),
        ([complex(NAN, 1)], [complex(NAN, 1)], EXACT, Verdict.IDENTICAL),
        ([complex(NAN, 1)], [complex(NAN, 2)], Tolerance(atol=5), Verdict.DRIFTED),
        ([3 + 4j], [0j], Tolerance(atol=5), Verdict.WITHIN_TOLERANCE),
        ([3 + 4j], [0j], Tolerance(atol=4.9), Verdict.DRIFTED),
        ([True, False], [True, True], EXACT, Verdict.DRIFTED),
        ([True, False], [True, True], Tolerance(atol=1), Verdict.WITHIN_TOLERANCE),
        ([2**63 - 1], [-(2**63)], Tolerance(atol=1), Verdict.DRIFTED),
        ([2**53 + 1], [2**53], EXACT, Verdict.DRIFTED),
        ([2**53 + 1], [2**53], Tolerance(atol=1), Verdict.WITHIN_TOLERANCE),
        (np.array([0], "u8"), np.array([2**64 - 1], "u8"), EXACT, Verdict.DRIFTED),
        (["a", "b"], ["a", "b"], EXACT, Verdict.IDENTICAL),
        (["a", "b"], ["a", "c"], Tolerance(atol=9), Verdict.DRIFTED),
        ([b"a"], [b"b"], EXACT, Verdict.DRIFTED),
        (np.void(b"ab"), np.void(b"ab"), EXACT, Verdict.IDENTICAL),
        (np.void(b"ab"), np.void(b"ac"), EXACT, Verdict.DRIFTED),
        (
            np.array(["2026-01-01", "NaT"], "M8[D]"),
            np.array(["2026-01-01", "NaT"], "M8[D]"),
            EXACT,
            Verdict.IDENTICAL,
        ),
        (
            np.array(["2026-01-01"], "M8[D]"),
            np.array(["2026-01-02"], "M8[D]"),
            Tolerance(atol=5),
            Verdict.DRIFTED,
        ),
        (np.array([5], "m8[s]"), np.array([6], "m8[s]"), EXACT, Verdict.DRIFTED),
        (np.empty((0, 3)), np.empty((0, 3)), EXACT, Verdict.IDENTICAL),
    ],
)
def test_verdicts(
    folder: Path,
    actual: object,
    baseline: object,
    tolerance: Tolerance,
    verdict: Verdict,
) -> None:
    report = compare(folder, actual, baseline, tolerance)

    assert report.verdict is verdict
    assert (report.difference is None) == (verdict is Verdict.IDENTICAL)


def test_a_difference_has_place_size_and_full_precision(folder: Path) -> None:
    baseline = np.arange(12, dtype=np.float64).reshape(3, 4) / 7
    actual = baseline.copy()
    actual[2, 1] *= 1.25
    actual[0, 0] = 0.125
    found = difference(compare(folder, actual, baseline, Tolerance(rtol=0.1)))

    assert found == Difference(
        absolute=actual[2, 1] - baseline[2, 1],
        relative=INF,
        where="[2, 1]",
        actual=repr(float(actual[2, 1])),
        baseline=repr(float(baseline[2, 1])),
        violations=2,
        compared=12,
    )


def test_the_place_is_that_of_a_violation_even_where_more_is_allowed_elsewhere(
    folder: Path,
) -> None:
    found = difference(
        compare(folder, [1e9 + 10, 1.5], [1e9, 1.0], Tolerance(rtol=1e-6))
    )
    assert (found.where, found.absolute, found.violations) == ("[1]", 10.0, 1)


def test_nan_against_a_number_is_the_largest_of_differences(folder: Path) -> None:
    found = difference(compare(folder, [5.0, NAN], [1.0, 1.0]))
    assert (found.where, found.absolute, found.actual) == ("[1]", INF, "nan")


def test_integers_are_exact_over_their_whole_range(folder: Path) -> None:
    found = difference(compare(folder, [2**63 - 1], [-(2**63)]))
    assert found.absolute == 2.0**64
    assert (found.actual, found.baseline) == (str(2**63 - 1), str(-(2**63)))


def test_what_is_no_number_has_no_size(folder: Path) -> None:
    found = difference(compare(folder, ["a", "x"], ["a", "y"]))
    assert (found.absolute, found.relative) == (None, None)
    assert (found.where, found.actual, found.baseline) == ("[1]", "'x'", "'y'")
    assert difference(compare(folder, [b"x"], [b"y"])).actual == "b'x'"


def test_a_single_value_has_a_place_too(folder: Path) -> None:
    assert difference(compare(folder, 1.0, 2.0)).where == "the value"


@pytest.mark.parametrize(
    ("actual", "baseline", "reason", "compared"),
    [
        (np.zeros(3), np.zeros(4), "shape (4,) became (3,)", False),
        (np.zeros(()), np.zeros(1), "shape (1,) became ()", False),
        (np.zeros(2, "f4"), np.ones(2), "dtype float64 became float32", True),
        (np.zeros(2, "i8"), np.ones(2), "dtype float64 became int64", False),
        (np.zeros(2, "u1"), np.ones(2, "?"), "dtype bool became uint8", False),
        (np.array(["ab"]), np.array(["a"]), "dtype <U1 became <U2", True),
        (
            np.array([1], "M8[s]"),
            np.array([1], "M8[D]"),
            "dtype datetime64[D] became datetime64[s]",
            False,
        ),
        (
            np.zeros(1, [("x", "f8")]),
            np.zeros(1, [("y", "f8")]),
            "dtype [('y', '<f8')] became [('x', '<f8')]",
            False,
        ),
    ],
)
def test_another_shape_or_dtype_is_drift_with_a_reason(
    folder: Path,
    actual: object,
    baseline: object,
    reason: str,
    *,
    compared: bool,
) -> None:
    report = compare(folder, actual, baseline, Tolerance(atol=9))

    assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)
    assert (report.difference is not None) == compared


def test_byte_order_is_no_difference(folder: Path) -> None:
    for kind in ("i4", "f8", "c16", "U3", "M8[s]"):
        values = np.array([1, 2, 3]).astype(f"<{kind}")
        report = compare(folder, values.astype(f">{kind}"), values)
        assert report.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("change", [(0, 0, 0), (2, 3, 4), (1, 0, 2)])
@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
def test_places_do_not_depend_on_the_order_in_memory(
    folder: Path, orders: str, change: tuple[int, ...]
) -> None:
    baseline = np.arange(60, dtype=np.float64).reshape(3, 4, 5)
    actual = baseline.copy()
    actual[change] += 1
    report = compare(
        folder,
        np.asarray(actual, order=orders[0]),  # type: ignore[call-overload] # "C" or "F"
        np.asarray(baseline, order=orders[1]),  # type: ignore[call-overload]
    )
    found = difference(report)
    assert found.where == f"[{', '.join(map(str, change))}]"
    assert found.violations == 1
    assert found.compared == 60


POINT = np.dtype([("x", "f8", (2,)), ("in", [("n", "i4"), ("s", "U2")])])


def test_structured_arrays_are_compared_by_field(folder: Path) -> None:
    baseline = np.zeros((2, 2), POINT)
    actual = baseline.copy()
    actual["x"][1, 0, 1] = 0.5
    actual["in"]["n"][0, 1] = 3
    actual["in"]["s"][1, 1] = "ab"
    keys = {"x": Tolerance(atol=1), "in.n": Tolerance(atol=1)}

    report = compare(folder, actual, baseline, Tolerance(keys=keys))
    assert difference(report).where == "[1, 1].in.s"
    assert difference(report).violations == 2
    assert difference(report).compared == 4 * 4
    actual["in"]["s"] = ""
    report = compare(folder, actual, baseline, Tolerance(keys=keys))
    assert difference(report).where == "[0, 1].in.n"
    actual["in"]["n"] = 0
    report = compare(folder, actual, baseline)
    assert difference(report).where == "[1, 0].x[1]"
    inner = Tolerance(keys={"in": Tolerance(keys={"n": Tolerance(atol=1)})})
    assert compare(folder, baseline, baseline, inner).verdict is Verdict.IDENTICAL


def test_a_field_without_values_has_none_to_differ(folder: Path) -> None:
    baseline = np.zeros(2, [("x", "f8"), ("none", "f8", (0,))])
    actual = baseline.copy()
    actual["x"][1] = 1
    assert difference(compare(folder, actual, baseline)).where == "[1].x"


def test_a_dtype_without_bytes_has_no_values_to_differ(folder: Path) -> None:
    empty = np.zeros(3, np.dtype([]))
    assert compare(folder, empty, empty).verdict is Verdict.IDENTICAL


# npz


def archives(
    folder: Path,
    actual: dict[str, Any],
    baseline: dict[str, Any],
    tolerance: Tolerance = EXACT,
) -> OutputReport:
    np.savez_compressed(folder / "actual.npz", **actual)
    np.savez(folder / "baseline.npz", **baseline)
    return compare_output(folder / "baseline.npz", folder / "actual.npz", tolerance)


def test_archives_are_compared_array_by_array(folder: Path) -> None:
    old = {"coef": np.zeros((4, 2)), "bias": np.ones(3)}
    new = {"bias": np.ones(3), "coef": old["coef"].copy()}
    assert archives(folder, new, old).verdict is Verdict.IDENTICAL
    new["coef"][3, 0] = 1e-3
    assert difference(archives(folder, new, old)).where == "coef[3, 0]"
    tolerance = Tolerance(keys={"co*": Tolerance(atol=1e-2)})
    assert archives(folder, new, old, tolerance).verdict is Verdict.WITHIN_TOLERANCE
    tolerance = Tolerance(atol=1, keys={"coef": Tolerance(atol=0)})
    assert archives(folder, new, old, tolerance).verdict is Verdict.DRIFTED
    new["coef"] = np.zeros(1)
    assert archives(folder, new, old).reason == "coef: shape (4, 2) became (1,)"


def test_a_value_of_an_archive_goes_by_its_name(folder: Path) -> None:
    report = archives(folder, {"loss": np.float64(1)}, {"loss": np.float64(2)})
    assert difference(report).where == "loss"


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        (["a"], ["a", "b"], "the output lacks the array `b`"),
        ([], ["a"], "the output holds no arrays"),
        (
            ["a", "b", "c"],
            ["a"],
            "the output has the arrays `b`, `c` that the baseline lacks",
        ),
    ],
)
def test_archives_of_other_arrays_are_not_comparable(
    folder: Path, actual: list[str], baseline: list[str], reason: str
) -> None:
    value = np.zeros(1)
    report = archives(
        folder, dict.fromkeys(actual, value), dict.fromkeys(baseline, value)
    )
    assert (report.verdict, report.reason) == (Verdict.NOT_COMPARABLE, reason)


# Files that lie, are damaged, or would run code.


class Payload:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        """Make a folder."""
        return os.mkdir, (self.mark, 0o700)


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = np.array([Payload(str(mark))], dtype=object)
    np.save(tmp_path / "a.npy", evil, allow_pickle=True)
    np.savez(tmp_path / "a.npz", x=evil)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Payload(str(mark))))
    inner = np.zeros(1, [("x", "O")])
    np.save(tmp_path / "c.npy", inner, allow_pickle=True)

    for name, reason in {
        "a.npy": "holds Python objects: a pickle, which is never loaded",
        "a.npz": "holds Python objects: a pickle, which is never loaded, in the array"
        " `x`",
        "b.npy": "is no .npy file",
        "c.npy": "holds Python objects: a pickle, which is never loaded",
    }.items():
        report = compare_output(tmp_path / name, tmp_path / name, EXACT)
        assert report.verdict is Verdict.NOT_COMPARABLE
        assert report.reason == f"the baseline {reason}"
    assert not mark.exists()


def header(text: str, version: int = 1) -> bytes:
    data = text.encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(data))
    return b"\x93NUMPY" + bytes([version, 0]) + length + data


def plain(shape: str, descr: str = "'<f8'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


ONE = struct.pack("<d", 1.0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\x93NUM", "is no .npy file"),
        (b"PK\x03\x04 and more", "is no .npy file"),
        (b"\x93NUMPY\x09\x00", "has version 9 of the .npy format, which is not known"),
        (b"\x93NUMPY\x01\x00", "is truncated in its header"),
        (b"\x93NUMPY\x01\x00\x40\x00{'a", "is truncated in its header"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "has a header of 4294967295 bytes"),
        (header("{"), "has a header that cannot be read"),
        (header("[" * 500), "has a header that cannot be read"),
        (header("[1]"), "has a header without descr, fortran_order and shape"),
        (header("__import__('os')"), "has a header that cannot be read"),
        (header(plain("3")), "has a header with values of the wrong kind"),
        (header(plain("(-1,)")), "has a header with the shape (-1,)"),
        (header(plain("(True,)")), "has a header with the shape (True,)"),
        (header(plain("(1,)", "'nonsense'")), "has a header that cannot be read"),
        (header(plain("(1,)", "('f8', (2,))")), "has a header that cannot be read"),
        (header(plain("(1,)")), "holds 0 bytes where its header claims 8"),
        (header(plain("(2,)")) + ONE, "holds 8 bytes where its header claims 16"),
        (header(plain("(1,)")) + ONE * 2, "holds 16 bytes where its header claims 8"),
        (
            header(plain("(99999999999999999999,)")) + ONE,
            "holds 8 bytes where its header claims 799999999999999999992",
        ),
    ],
)
def test_a_damaged_array_is_not_comparable(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "actual.npy").write_bytes(data)
    np.save(tmp_path / "baseline.npy", [1.0])
    report = compare_output(
        tmp_path / "baseline.npy", tmp_path / "actual.npy", Tolerance(atol=9)
    )
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == f"the output {reason}"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_format_is_read(tmp_path: Path, version: int) -> None:
    (tmp_path / "a.npy").write_bytes(header(plain("(1,)"), version) + ONE)
    np.save(tmp_path / "b.npy", [1.0])
    report = compare_output(tmp_path / "a.npy", tmp_path / "b.npy", EXACT)
    assert report.verdict is Verdict.IDENTICAL


def test_field_names_beyond_latin_1_are_read(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        report = compare(
            folder, np.ones(1, [("数", "f8")]), np.zeros(1, [("数", "f8")])
        )
    assert difference(report).where == "[0].数"


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of two members of one name
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, data in members.items():
                archive.writestr(name.strip(), data)
    return buffer.getvalue()


GOOD = header(plain("(300,)")) + ONE * 300


def flipped(data: bytes, at: int, by: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]


STORED = packed({"a.npy": GOOD}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no zip", "is no .npz file (File is not a zip file)"),
        (packed({}), "holds no arrays"),
        (packed({"a.txt": b"x"}), "holds `a.txt`, which is no array"),
        (packed({"a.npy": GOOD, " a.npy": GOOD}), "holds the array `a` twice"),
        (packed({"a.npy": GOOD[:-8]}), "holds 2392 bytes where its header claims 2400"),
        (packed({"a.npy": b""}), "is no .npy file, in the array `a`"),
        (STORED[:-40], "is no .npz file"),
        (flipped(STORED, 1000), "is damaged (Bad CRC-32"),
        (flipped(packed({"a.npy": GOOD}), 60, 0xFF), "is damaged ("),
        # The method and the flag of encryption, in the directory at the end.
        (flipped(STORED, STORED.index(b"PK\x01\x02") + 10, 99), "cannot be opened ("),
        (flipped(STORED, STORED.index(b"PK\x01\x02") + 8, 1), "cannot be opened ("),
        # The size that the directory claims: less is there.
        (flipped(STORED, STORED.index(b"PK\x01\x02") + 26, 0x10), "header claims"),
    ],
)
def test_a_damaged_archive_is_not_comparable(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "actual.npz").write_bytes(data)
    (tmp_path / "baseline.npz").write_bytes(packed({"a.npy": GOOD}))
    report = compare_output(
        tmp_path / "baseline.npz", tmp_path / "actual.npz", Tolerance(atol=9)
    )
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith("the output ")
    assert reason in report.reason


def test_an_archive_cut_inside_an_array_is_not_comparable(tmp_path: Path) -> None:
    """Both the directory and the header claim more than the data before it hold."""
    data = packed({"a.npy": GOOD[:-800]}, zipfile.ZIP_STORED)
    at = data.index(b"PK\x01\x02")
    sizes = struct.pack("<II", len(GOOD), len(GOOD))
    (tmp_path / "a.npz").write_bytes(data[: at + 20] + sizes + data[at + 28 :])
    (tmp_path / "b.npz").write_bytes(packed({"a.npy": GOOD}))

    report = compare_output(tmp_path / "b.npz", tmp_path / "a.npz", Tolerance(atol=9))

    assert report.verdict is Verdict.NOT_COMPARABLE


# Properties, and agreement with NumPy.

BLOCK = 1 << 16


@given(
    st.sampled_from([1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 17]),
    st.data(),
)
@settings(max_examples=25, deadline=None)
def test_one_changed_element_is_found_wherever_it_is(
    folder: Path, count: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, count - 1))
    baseline = np.linspace(1, 2, count)
    actual = baseline * (1 + 1e-12)
    actual[index] += 1e-3

    report = compare(folder, actual, baseline, Tolerance(rtol=1e-9))

    found = difference(report)
    assert (found.where, found.violations) == (f"[{index}]", 1)
    assert found.compared == count
    assert found.absolute == abs(actual[index] - baseline[index])


@given(
    st.sampled_from(ALL_DTYPES),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 1e-3, 0.1, 1.0]),
    st.sampled_from([0.0, 1e-2, 1.0, 5.0]),
)
@settings(max_examples=150, deadline=None)
def test_verdicts_agree_with_numpy(
    folder: Path, dtype: str, seed: int, rtol: float, atol: float
) -> None:
    random = np.random.default_rng(seed)
    baseline = np.round(random.normal(size=50) * 8, 3)
    actual = baseline + random.choice([0.0, 1e-3, 0.25, 1.0, NAN, INF], 50)
    if np.dtype(dtype).kind in "iub":
        actual, baseline = np.nan_to_num(actual, posinf=3), abs(baseline)
        actual = abs(actual)
    new, old = actual.astype(dtype), baseline.astype(dtype)
    wide = "G" if np.dtype(dtype).kind == "c" else "g"

    report = compare(folder, new, old, Tolerance(rtol=rtol, atol=atol))

    close = np.isclose(
        new.astype(wide), old.astype(wide), rtol=rtol, atol=atol, equal_nan=True
    )
    equal = (new == old) | (np.isnan(new) & np.isnan(old))
    assert (report.verdict is Verdict.IDENTICAL) == bool(equal.all())
    violations = 0 if report.difference is None else report.difference.violations
    assert violations == int((~close).sum())
    if violations:
        index = int(difference(report).where.strip("[]"))
        assert not close[index]


@given(st.sampled_from(ALL_DTYPES), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_any_array_is_identical_to_itself(folder: Path, dtype: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = np.frombuffer(random.bytes(480 * np.dtype(dtype).itemsize), dtype)
    if dtype == "?":
        values = values.view("u1") > 100
    with np.errstate(all="ignore"):
        report = compare(folder, values, values)
        assert report.verdict is Verdict.IDENTICAL
        again = compare(folder, values.astype(values.dtype.newbyteorder()), values)
        assert again.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("compressed", [False, True])
def test_a_large_array_needs_little_memory(tmp_path: Path, *, compressed: bool) -> None:
    """200 MB each, sparse on disk: streamed, whatever the archive claims."""
    count = 25_000_000 if not compressed else 5_000_000
    suffix = "npz" if compressed else "npy"
    paths = [tmp_path / f"{name}.{suffix}" for name in ("baseline", "actual")]
    start = header(plain(f"({count},)"))
    for path in paths:
        if compressed:
            path.write_bytes(packed({"x.npy": start + bytes(count * 8)}))
        else:
            with path.open("wb") as stream:
                stream.write(start)
                stream.truncate(len(start) + count * 8)
    if not compressed:
        with paths[1].open("r+b") as stream:
            stream.seek(-8, 2)
            stream.write(ONE)
    tracemalloc.start()
    try:
        report = compare_output(paths[0], paths[1], EXACT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 20e6
    if not compressed:
        assert difference(report).where == f"[{count - 1}]"
    else:
        assert report.verdict is Verdict.IDENTICAL
