"""HDF5: groups, attributes, datasets of every type, and what leaves the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import Settings, compare_output
from noxlock.model import OutputReport, Tolerance, Verdict
from support.arrays import EXACT, difference
from support.formats import part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

h5py = pytest.importorskip("h5py")

SMALL = Settings(block=64)
NAMED = [("n", h5py.string_dtype()), ("v", "f8", (2,))]


def write(path: Path, edit: Callable[[Any], None] | None = None, **how: Any) -> Path:  # noqa: ANN401
    """Write a file with some of everything, then *edit* it."""
    with h5py.File(path, "w", libver=how.get("libver", "earliest")) as file:
        group = file.create_group("g")
        group.attrs["steps"] = np.arange(3)
        group.attrs["unit"] = "m"
        group.attrs["names"] = ["a", "bc"]
        file.attrs["main"] = group.ref
        file.attrs["empty"] = h5py.Empty("f4")
        file["g/x"] = np.arange(100.0)
        file.create_dataset(
            "z",
            data=np.arange(1000).reshape(50, 20),
            chunks=how.get("chunks", (10, 20)),
            compression="gzip",
            shuffle=True,
            fletcher32=True,
        )
        file.create_dataset("text", data=["a", "bb"] * 20)
        lists = file.create_dataset("lists", (5,), dtype=h5py.vlen_dtype(np.int32))
        for index in range(5):
            lists[index] = np.arange(index)
        file.create_dataset("pairs", data=np.zeros(4, [("a", "f4"), ("b", "i8")]))
        named = file.create_dataset("named", (3,), dtype=NAMED)
        named[:] = [("x", (1, 2)), ("y", (3, 4)), ("z", (5, 6))]
        refs = [file["g/x"].ref, group.ref]
        file.create_dataset("refs", data=np.array(refs, h5py.ref_dtype))
        file["soft"] = h5py.SoftLink("/g")
        file["second"] = group
        file["g/loop"] = file["/"]
        kinds = h5py.enum_dtype({"A": 0, "B": 1}, "u1")
        file.create_dataset("kind", data=np.array([0, 1], "u1"), dtype=kinds)
        file.create_dataset("flag", data=np.array([True, False]))
        file.create_dataset("scalar", data=3.5)
        file["nothing"] = h5py.Empty("f8")
        file.create_dataset("zero", (0, 3), "f4")
        file.create_dataset("complex", data=np.array([1 + 2j]))
        file.create_dataset("fixed", data=np.array([b"ab", b"c"]))
        file["type"] = np.dtype("f4")
        file.create_dataset("opaque", data=np.void(b"abc"))
        file.create_dataset("big", data=np.arange(3, dtype=">f4"))
        file.create_dataset("rows", (2,), dtype=np.dtype(("f4", (3,))))
        file["g/x"].make_scale("steps")
        file["z"].dims[0].attach_scale(file["g/x"])
        if edit:
            edit(file)
    return path


def put(path: str, where: Any, value: object) -> Callable[[Any], None]:  # noqa: ANN401
    def edit(file: Any) -> None:  # noqa: ANN401
        file[path][where] = value

    return edit


def replaced(path: str, value: Any) -> Callable[[Any], None]:  # noqa: ANN401
    def edit(file: Any) -> None:  # noqa: ANN401
        del file[path]
        file[path] = value

    return edit


def compare(
    folder: Path,
    edit: Callable[[Any], None] | None,
    tolerance: Tolerance = EXACT,
    old: Callable[[Any], None] | None = None,
) -> OutputReport:
    baseline = write(folder / "b.h5", old)
    actual = write(folder / "a.h5", edit)
    return compare_output(baseline, actual, tolerance, settings=SMALL)


def test_layout_chunks_and_version_do_not_matter(tmp_path: Path) -> None:
    old = write(tmp_path / "b.h5")
    new = write(tmp_path / "a.h5", libver="latest", chunks=(7, 3))
    report = compare_output(old, new, EXACT, settings=SMALL)
    assert (report.verdict, report.reason) == (Verdict.IDENTICAL, "")
    assert part(report, "z").shape == (50, 20)
    assert part(report, "text").dtype == "str"
    assert part(report, "g@unit").dtype == "str"
    assert part(report, "z@DIMENSION_LIST").verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("edit", "where", "shown"),
    [
        (put("g/x", 3, 9), "g/x[3]", ("3.0", "9.0")),
        (put("z", (4, 5), 9), "z[4, 5]", ("85", "9")),
        (put("text", 3, "zz"), "text[3]", ("'bb'", "'zz'")),
        (put("lists", 3, [0, 1, 5]), "lists[3][2]", ("2", "5")),
        (put("lists", 3, [0, 1, 2, 3]), "lists[3]", ("3 values", "4 values")),
        (put("pairs", 1, (0, 7)), "pairs[1].b", ("0", "7")),
        (put("named", 1, ("y", (3, 9))), "named[1].v[1]", ("4.0", "9.0")),
        (put("named", 1, ("q", (3, 4))), "named[1].n", ("'y'", "'q'")),
        (put("kind", 0, 1), "kind[0]", ("0", "1")),
        (put("flag", 0, value=False), "flag[0]", None),
        (put("complex", 0, 1 + 3j), "complex[0]", None),
        (put("fixed", 1, b"zz"), "fixed[1]", None),
        (put("opaque", (), np.void(b"abd")), "opaque", None),
        (put("scalar", (), 4.5), "scalar", ("3.5", "4.5")),
        (put("rows", 1, [1, 2, 3]), "rows[1][0]", None),
        (lambda f: put("refs", 0, f["z"].ref)(f), "refs[0]", ("'-> g/x'", "'-> z'")),
        (lambda f: f["g"].attrs.modify("unit", "cm"), "g@unit", ("'m'", "'cm'")),
        (lambda f: f["g"].attrs.modify("names", ["a", "b"]), "g@names[1]", None),
        (lambda f: f["g"].attrs.modify("steps", [0, 1, 3]), "g@steps[2]", None),
        (replaced("soft", h5py.SoftLink("/z")), "soft", ("'/g'", "'/z'")),
        (lambda f: f.attrs.modify("main", f["z"].ref), "@main", None),
    ],
)
def test_a_value_is_found_by_its_path(
    tmp_path: Path,
    edit: Callable[[Any], None],
    where: str,
    shown: tuple[str, str] | None,
) -> None:
    report = compare(tmp_path, edit)
    assert report.verdict is Verdict.DRIFTED
    found = difference(report)
    assert found.first.where == where
    if shown:
        assert (found.first.baseline, found.first.actual) == shown


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda f: f.__delitem__("z"), "z: is missing"),
        (lambda f: f.create_group("g/new"), "g/new: is new"),
        (lambda f: f["g"].attrs.create("new", 1), "g@new: is new"),
        (lambda f: f["g"].attrs.__delitem__("unit"), "g@unit: is missing"),
        (lambda f: f["g"].attrs.create("unit", 1), "g@unit: dtype str became int64"),
        (replaced("scalar", "x"), "scalar: dtype float64 became str"),
        (replaced("flag", np.zeros(2)), "flag: dtype bool became float64"),
        (replaced("lists", ["a"] * 4), "lists: shape (5,) became (4,)"),
        (replaced("g/x", np.arange(99.0)), "g/x: shape (100,) became (99,)"),
        (replaced("nothing", 1.0), "nothing: shape None became ()"),
        (replaced("type", np.dtype("f8")), "type: the type became another"),
        (replaced("soft", 1), "soft: soft link became dataset"),
        (replaced("second", h5py.SoftLink("/g")), "second: same object became soft"),
    ],
)
def test_what_is_not_there_any_more_or_became_another_is_a_drift(
    tmp_path: Path, edit: Callable[[Any], None], reason: str
) -> None:
    report = compare(tmp_path, edit)
    assert report.verdict is Verdict.DRIFTED
    assert reason in report.reason


def test_an_enum_of_other_names_is_a_drift(tmp_path: Path) -> None:
    def edit(file: Any) -> None:  # noqa: ANN401
        del file["kind"]
        other = h5py.enum_dtype({"A": 0, "C": 1}, "u1")
        file.create_dataset("kind", data=np.array([0, 1], "u1"), dtype=other)

    report = compare(tmp_path, edit)
    assert "enum {'A': 0, 'B': 1} became {'A': 0, 'C': 1}" in report.reason


def test_compounds_of_other_fields_are_drifts(tmp_path: Path) -> None:
    def edit(file: Any) -> None:  # noqa: ANN401
        del file["named"]
        kind = [("n", h5py.string_dtype()), ("v", "f8", (3,))]
        file.create_dataset("named", (3,), dtype=kind)[:] = [("x", (1, 2, 3))] * 3

    assert "v: shape (2,) became (3,)" in compare(tmp_path, edit).reason

    def rename(file: Any) -> None:  # noqa: ANN401
        del file["named"]
        file.create_dataset("named", (3,), dtype=[("m", h5py.string_dtype())])

    assert compare(tmp_path, rename).verdict is Verdict.DRIFTED


def test_tolerances_go_by_path(tmp_path: Path) -> None:
    loose = Tolerance(keys={"g/*": Tolerance(atol=10), "lists": Tolerance(atol=3)})

    def edit(file: Any) -> None:  # noqa: ANN401
        put("g/x", 3, 9)(file)
        put("lists", 3, [0, 1, 5])(file)

    report = compare(tmp_path, edit, loose)
    assert report.verdict is Verdict.WITHIN_TOLERANCE
    assert difference(report).differing == 2


def test_the_versions_that_netcdf_hides_in_a_file_are_not_compared(
    tmp_path: Path,
) -> None:
    report = compare(
        tmp_path,
        lambda file: file.attrs.create("_NCProperties", "version=2"),
        old=lambda file: file.attrs.create("_NCProperties", "version=1"),
    )
    assert report.verdict is Verdict.IDENTICAL


def outside(file: Any) -> None:  # noqa: ANN401
    file["out"] = h5py.ExternalLink("other.h5", "/x")


def raw(file: Any) -> None:  # noqa: ANN401
    file.create_dataset("out", (3,), dtype="f4", external=[("other.bin", 0, 12)])


def virtual(file: Any) -> None:  # noqa: ANN401
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    file.create_virtual_dataset("out", layout)


def regions(file: Any) -> None:  # noqa: ANN401
    ref = file["z"].regionref[:2]
    file.create_dataset("out", data=np.array([ref], h5py.regionref_dtype))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (outside, "links to another file"),
        (raw, "keeps the values of `out` in other files"),
        (virtual, "keeps the values of `out` in other files"),
        (regions, "holds references to regions: not compared"),
    ],
)
def test_what_leaves_the_file_is_not_read_and_the_rest_is_compared(
    tmp_path: Path, edit: Callable[[Any], None], reason: str
) -> None:
    report = compare(tmp_path, edit, old=edit)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert reason in part(report, "out").reason
    assert part(report, "z").verdict is Verdict.IDENTICAL


def test_a_shape_that_nothing_stands_for_is_not_read_for_years(tmp_path: Path) -> None:
    def edit(file: Any) -> None:  # noqa: ANN401
        file.create_dataset("huge", (1 << 50,), dtype="f4", chunks=(1024,))

    report = compare(tmp_path, edit, old=edit)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "claims to hold" in part(report, "huge").reason


def test_slabs_smaller_than_a_chunk_give_the_same(tmp_path: Path) -> None:
    values = np.arange(3 * 40 * 50, dtype="f8").reshape(3, 40, 50)
    paths = tmp_path / "b.h5", tmp_path / "a.h5"
    for path, chunks in zip(paths, [(3, 40, 50), None], strict=True):
        with h5py.File(path, "w", userblock_size=512) as file:
            file.create_dataset("x", data=values, chunks=chunks)
    report = compare_output(*paths, EXACT, settings=Settings(block=700))
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, values.size)


def damaged(folder: Path, old: bytes, new: bytes, count: int = 1) -> str:
    """Return the reason where *old*, found in a file of texts, became *new*."""
    with h5py.File(folder / "b.h5", "w") as file:
        file.create_dataset("t", data=["one", "three"])
        file.attrs["names"] = ["one", "three"]
    data = (folder / "b.h5").read_bytes()
    assert old in data
    (folder / "a.h5").write_bytes(data.replace(old, new, count))
    report = compare_output(folder / "b.h5", folder / "a.h5", EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    return report.reason


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (8, b"\xff\xff"),  # the size of the heap
        (16, b"\0"),  # the number of its first object: then it is free space
        (24, b"\xff\xff"),  # how long that object is
    ],
)
def test_heaps_that_would_be_walked_without_end_are_damage(
    tmp_path: Path, at: int, value: bytes
) -> None:
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_dataset("t", data=["one", "three"])
    data = (tmp_path / "b.h5").read_bytes()
    at += data.index(b"GCOL")
    (tmp_path / "a.h5").write_bytes(data[:at] + value + data[at + len(value) :])
    report = compare_output(tmp_path / "b.h5", tmp_path / "a.h5", EXACT)
    assert "is damaged in its heap of values of variable length" in report.reason


@pytest.mark.parametrize("inside", [False, True])
def test_lengths_beyond_the_heap_are_damage(tmp_path: Path, *, inside: bool) -> None:
    with h5py.File(tmp_path / "b.h5", "w") as file:
        text = h5py.string_dtype()
        kind = [("m", text), ("v", "f8"), ("n", text)] if inside else text
        values = [("x", 1.0, "one"), ("y", 2.0, "three")] if inside else ["x", "y"]
        file.create_dataset("t", (2,), dtype=kind)[:] = np.array(values, kind)
        # Of the second value: after 16 bytes of each text, and 8 of a float.
        offset = file["t"].id.get_offset() + (40 + 24 if inside else 16)
    data = bytearray((tmp_path / "b.h5").read_bytes())
    data[offset + 3] = 0xFF
    (tmp_path / "a.h5").write_bytes(data)
    report = compare_output(tmp_path / "b.h5", tmp_path / "a.h5", EXACT)
    assert "claims more values than it holds at `t`" in report.reason


def values_of_any_length(count: int) -> Any:  # noqa: ANN401
    values = np.empty(count, object)
    for index in range(count):
        values[index] = np.arange(index + 2, dtype="i4")
    return values


@pytest.mark.parametrize("userblock", [0, 512])
@pytest.mark.parametrize(
    ("name", "lengths"), [("text", 3), ("lists", 2), ("pair", 5), ("late", 6)]
)
def test_a_damaged_length_in_an_attribute_is_refused_before_it_is_read(
    tmp_path: Path, name: str, lengths: int, userblock: int
) -> None:
    old, new = tmp_path / "b.h5", tmp_path / "a.h5"
    with h5py.File(old, "w", userblock_size=userblock) as file:
        file.create_dataset("x", data=np.arange(3))
        group = file.create_group("g")
        group.attrs["text"] = "abc"
        kind = h5py.vlen_dtype(np.int32)
        group.attrs.create("lists", values_of_any_length(2), dtype=kind)
        pair = [("n", "f8"), ("t", h5py.string_dtype())]
        group.attrs["pair"] = np.array([(0.5, "abcde")], pair)
        for number in range(40):  # beyond the first block of the header
            group.attrs[f"n{number}"] = number
        group.attrs["late"] = "abcdef"
        heap = h5py.h5o.get_info(group.id).addr
    assert compare_output(old, old, EXACT).verdict is Verdict.IDENTICAL
    data = bytearray(old.read_bytes())
    at = data.index(name.encode() + b"\0", heap)
    at = data.index(lengths.to_bytes(4, "little") + data_heap(data, userblock), at)
    data[at + 3] = 0x40  # a billion values
    new.write_bytes(data)

    report = compare_output(old, new, EXACT)

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert f"claims more values than it holds at `g@{name}`" in report.reason


def data_heap(data: bytes | bytearray, userblock: int) -> bytes:
    """Return how a reference to the first heap is written."""
    return (data.index(b"GCOL") - userblock).to_bytes(8, "little")


def test_a_type_that_would_crash_the_library_is_damage(tmp_path: Path) -> None:
    text = b"\x19\x01\x01\x00\x10\x00\x00\x00"
    broken = b"\x19\x05\x01\x00\x10\x00\x00\x00"
    assert "has a damaged type" in damaged(tmp_path, text, broken, 9)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_floats_that_would_be_written_past_their_room_are_damage(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.attrs["pairs"] = np.zeros(2, [("a", "f4", shape), ("b", "i8")])
    data = (tmp_path / "b.h5").read_bytes()
    bias = b"\x00\x17\x08\x00\x17\x7f"  # the last of what describes a float32
    assert data.count(bias) == 1
    (tmp_path / "a.h5").write_bytes(data.replace(bias, bias[:-1] + b"\x10"))
    report = compare_output(tmp_path / "b.h5", tmp_path / "a.h5", EXACT)
    assert "has floats that cannot be read at `@pairs`" in report.reason


@pytest.mark.parametrize("chunks", [None, (2,)])
def test_sequences_in_chunks_are_checked_too(
    tmp_path: Path, chunks: tuple[int, ...] | None
) -> None:
    for name in ("a", "b"):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            kind = h5py.vlen_dtype(np.float32)
            lists = file.create_dataset("l", (5,), dtype=kind, chunks=chunks)
            for index in range(5):
                lists[index] = np.arange(index)
            file.create_dataset("none", (5,), dtype=kind)
            packed = file.create_dataset(
                "packed", (5,), dtype=kind, compression="gzip", chunks=(5,)
            )
            packed[1] = np.arange(3)
    report = compare_output(tmp_path / "b.h5", tmp_path / "a.h5", EXACT)
    assert (report.verdict, report.reason) == (Verdict.IDENTICAL, "")
