"""What became of accepted results, one entry each time they changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.errors import CompareError
from noxlock.model import (
    Difference,
    OutputChange,
    OutputReport,
    PackageChange,
    PackageRecord,
    Place,
    Tolerance,
    Tolerances,
    Verdict,
)
from noxlock.workflows.history import (
    LIMIT,
    encode_history,
    make_entry,
    parse_history,
    summary_of,
)
from noxlock.workflows.records import encode_statement
from support.baselines import Golden
from support.reports import drift, package, record

if TYPE_CHECKING:
    from pathlib import Path


def report(output: str, *, absolute: float | None = 0.5) -> OutputReport:
    place = Place(
        where="[1]", baseline="2.0", actual="2.5", absolute=absolute, relative=0.25
    )
    difference = Difference(
        compared=3,
        differing=1,
        violations=1,
        first=place,
        worst=place,
        absolute=absolute,
        relative=0.25,
    )
    return OutputReport(output=output, verdict=Verdict.DRIFTED, difference=difference)


def test_the_first_entry_has_every_output_and_no_change_of_packages() -> None:
    new = msgspec.structs.replace(
        record(package("scipy", "1.14.1")), outputs={"b": "2" * 64, "a": "1" * 64}
    )
    entry = make_entry(None, new)
    assert entry.outputs == (
        OutputChange(output="a", verdict=None, summary="new", sha256="1" * 64),
        OutputChange(output="b", verdict=None, summary="new", sha256="2" * 64),
    )
    assert (entry.packages, entry.facts) == ((), ())
    assert entry.record == hashlib.sha256(encode_statement(new)).hexdigest()


def test_an_entry_says_which_outputs_changed_and_by_how_much() -> None:
    old = msgspec.structs.replace(
        record(),
        outputs={"a": "1" * 64, "gone": "2" * 64, "same": "3" * 64, "m/x": "4" * 64},
    )
    new = msgspec.structs.replace(
        record(),
        outputs={"a": "9" * 64, "new": "2" * 64, "same": "3" * 64, "m/x": "8" * 64},
    )
    reports = (report("a"), drift("same"), report("m", absolute=None))
    assert make_entry(old, new, reports).outputs == (
        OutputChange(
            output="a",
            verdict=Verdict.DRIFTED,
            summary="[1] differs by 0.5 (relative 0.25)",
            sha256="9" * 64,
        ),
        OutputChange(
            output="m",
            verdict=Verdict.DRIFTED,
            summary="[1]: 2.0 -> 2.5",
            sha256=None,
        ),
        OutputChange(output="gone", verdict=None, summary="gone", sha256=None),
        OutputChange(output="new", verdict=None, summary="new", sha256="2" * 64),
    )


def test_an_output_without_a_comparison_is_changed() -> None:
    old = msgspec.structs.replace(record(), outputs={"a": "1" * 64})
    new = msgspec.structs.replace(record(), outputs={"a": "2" * 64})
    (change,) = make_entry(old, new).outputs
    assert (change.summary, change.verdict) == ("changed", None)


@pytest.mark.parametrize(
    ("found", "summary"),
    [
        (OutputReport(output="a", verdict=Verdict.IDENTICAL), "identical"),
        (
            OutputReport(output="a", verdict=Verdict.DRIFTED, reason="another shape"),
            "another shape",
        ),
    ],
)
def test_what_has_no_place_is_told_by_its_reason(
    found: OutputReport, summary: str
) -> None:
    assert summary_of(found) == summary


def test_an_entry_says_which_packages_changed() -> None:
    old = record(
        package("scipy", "1.14.1"),
        package("gone", "1.0"),
        package("rebuilt", "1.0", "1" * 64),
        package("own", "1.0", "1" * 64, built=True),
        PackageRecord(
            name="here", version=None, kind="directory", artifact=None, sha256=None
        ),
    )
    new = record(
        package("scipy", "1.15.0"),
        package("added", "2.0"),
        package("rebuilt", "1.0", "2" * 64),
        package("own", "1.0", "2" * 64, built=True),
        PackageRecord(
            name="here", version=None, kind="directory", artifact=None, sha256=None
        ),
    )
    file = "rebuilt-1.0-py3-none-any.whl"
    assert make_entry(old, new).packages == (
        PackageChange(name="added", old=None, new="2.0"),
        PackageChange(name="gone", old="1.0", new=None),
        PackageChange(
            name="rebuilt",
            old=f"1.0 ({file}, {'1' * 12})",
            new=f"1.0 ({file}, {'2' * 12})",
        ),
        PackageChange(name="scipy", old="1.14.1", new="1.15.0"),
    )


def test_an_entry_says_what_else_changed() -> None:
    old = msgspec.structs.replace(
        record(),
        inputs={"same": "1" * 64, "a.csv": "1" * 64, "gone.csv": "1" * 64},
        effective={"blas": "openblas"},
    )
    new = msgspec.structs.replace(
        old,
        inputs={"same": "1" * 64, "a.csv": "2" * 64, "new.csv": "1" * 64},
        target="osx-arm64",
        command=("python -m other",),
        tolerances=msgspec.structs.replace(old.tolerances, outputs={}, tolerance=None),
        profile_name="portable",
        profile={"B": "2"},
        interpreter={"version": "3.12.1"},
        machine={"cpu": "a big one"},
        effective={"blas": "mkl"},
    )
    assert make_entry(old, new).facts == (
        "input a.csv: changed",
        "input gone.csv: not there any more",
        "input new.csv: new",
        "target: linux-64 -> osx-arm64",
        "command: python -m digits {outputs} -> python -m other",
        "tolerances: changed",
        "profile: default -> portable",
        "interpreter version: 3.11.7 -> 3.12.1",
        "profile A: 1 -> not set",
        "machine cpu: a small one -> a big one",
        "effective blas: openblas -> mkl",
    )


def test_a_history_keeps_the_newest_entries_the_newest_last() -> None:
    entries = [
        msgspec.structs.replace(make_entry(None, record()), created=str(number))
        for number in range(LIMIT + 3)
    ]
    data = encode_history(entries)
    assert data.count(b"\n") == LIMIT
    assert list(parse_history(data, "history.jsonl")) == entries[3:]
    assert parse_history(b"\n\n", "history.jsonl") == ()


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b"\xff"])
def test_a_damaged_line_is_named(line: bytes) -> None:
    data = encode_history([make_entry(None, record())]) + line
    with pytest.raises(CompareError, match="the history is damaged") as caught:
        parse_history(data, "repro/a/history.jsonl")
    assert caught.value.where == "repro/a/history.jsonl:2"


def test_accepting_adds_to_the_history(tmp_path: Path) -> None:
    golden = Golden(tmp_path, {})
    golden.accept()
    golden.output("weights.npy", b"changed")
    golden.lock(scipy="1.15.0", numpy="2.0.0")
    golden.accept(report("weights.npy"), created="2026-02-03T04:05:06Z")

    newest, first = golden.baseline.history()

    assert (newest.created, first.created) == (
        "2026-02-03T04:05:06Z",
        "2026-01-02T03:04:05Z",
    )
    assert newest.packages == (PackageChange(name="scipy", old="1.14.1", new="1.15.0"),)
    assert [change.output for change in newest.outputs] == ["weights.npy"]


def test_a_damaged_history_is_not_replaced(tmp_path: Path) -> None:
    golden = Golden(tmp_path, {})
    golden.accept()
    (golden.path / "history.jsonl").write_text("{")
    with pytest.raises(CompareError, match="the history is damaged"):
        golden.accept()


def test_a_new_folder_is_one_change_whatever_it_holds(tmp_path: Path) -> None:
    golden = Golden(tmp_path, {})
    declared = Tolerances(outputs={"model": Tolerance(), "weights.npy": Tolerance()})
    first = golden.record(tolerances=declared)
    entry = make_entry(None, first)
    assert [(each.output, each.summary) for each in entry.outputs] == [
        ("weights.npy", "new"),
        ("model", "new, 2 files"),
    ]
    golden.output("model/c.txt", b"third")
    entry = make_entry(first, golden.record(tolerances=declared))
    assert [(each.output, each.summary) for each in entry.outputs] == [
        ("model/c.txt", "new")
    ]
    alone = golden.record(tolerances=declared, outputs={"model/c.txt": "0" * 64})
    assert make_entry(None, alone).outputs[0].summary == "new, one file"
