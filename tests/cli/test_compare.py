"""`noxlock compare` says in one screen whether two files or folders are the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.command import in_a_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]


@pytest.fixture(name="pair")
def _pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Enter a folder with two folders that hold the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name in ("old", "new"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "m.json").write_text('{"loss": 0.25, "n": 3}')
        (tmp_path / name / "sub/log.txt").write_text("loss 1.5\nend\n")
        np.save(tmp_path / name / "w.npy", np.arange(100, dtype="f4"))
    return tmp_path / "old", tmp_path / "new"


def move(pair: tuple[Path, Path], loss: float = 0.5) -> None:
    (pair[1] / "m.json").write_text(json.dumps({"loss": loss, "n": 3}))


@pytest.mark.usefixtures("pair")
def test_the_same_folders_are_said_in_one_line(noxlock: Noxlock) -> None:
    assert noxlock("compare", "old", "new") == (
        0,
        "identical: 3 files, 104 values\n",
        "",
    )
    ended = noxlock("compare", "old/m.json", "new/m.json")
    assert ended == (0, "identical: m.json, 2 values\n", "")


def test_a_drift_has_a_headline_a_table_and_a_diff(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    move(pair)
    (pair[1] / "sub/log.txt").write_text("start\nloss 1.5\nend\n")
    new = np.arange(100, dtype="f4")
    new[3:9] += 1e-6
    new[50] = 51
    np.save(pair[1] / "w.npy", new)
    (pair[1] / "more.txt").write_text("x")
    (pair[0] / "gone.txt").write_text("x")
    ended = noxlock("compare", "old", "new")
    lines = ended.out.splitlines()
    assert ended.status == 1
    assert ended.err == ""
    assert lines[0].startswith("drifted: 5 of 5 files: m.json: loss differs by 0.25")
    assert "more.txt: new: not in the expected folder" in lines
    assert "gone.txt: missing" in lines
    assert "  - loss: 0.25" in lines
    assert "  +start" in lines
    assert any(line.startswith("ULP of w.npy:  0 ########") for line in lines)
    verbose = noxlock("compare", "old", "new", "-v").out
    assert "values by distance in ULP" in verbose


def test_what_is_first_is_said_where_it_is_not_the_worst(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    new = np.arange(100, dtype="f4")
    new[[3, 50]] = 4, 60
    np.save(pair[1] / "w.npy", new)
    ended = noxlock("compare", "old", "new")
    assert "first: w.npy[3]: 3.0 -> 4.0" in ended.out.splitlines()
    assert ended.out.startswith("drifted: 1 of 3 files: w.npy[50] differs by 10")
    np.savez(pair[0] / "z.npz", a=np.zeros(2), b=np.zeros(2))
    np.savez(pair[1] / "z.npz", a=np.zeros(2), b=np.ones(2))
    ended = noxlock("compare", "old/z.npz", "new/z.npz")
    assert ended.out.splitlines()[-1] == "-v shows every part"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ((), 1),
        (("--rtol", "1"), 0),
        (("--rtol", "0.5"), 1),
        (("--atol", "0.25"), 0),
        (("--atol", "0.2", "--rtol", "0.2"), 0),
    ],
)
def test_tolerances_from_options(
    pair: tuple[Path, Path], noxlock: Noxlock, options: tuple[str, ...], status: int
) -> None:
    move(pair)
    ended = noxlock("compare", "old", "new", *options)
    assert ended.status == status
    word = "drifted" if status else "within-tolerance"
    assert ended.out.startswith(f"{word}: 1 of 3 files: m.json: loss differs by 0.25")


def test_nan_equals_nan_only_where_asked(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    for folder in pair:
        (folder / "m.json").write_text("[NaN]")
    assert noxlock("compare", "old", "new").status == 1
    assert noxlock("compare", "old", "new", "--equal-nan").status == 0
    (pair[0].parent / "t.yml").write_text("tolerance: {equal-nan: true}\n")
    arguments = ("compare", "old", "new", "--tolerances", "t.yml")
    assert noxlock(*arguments).status == 0
    assert noxlock(*arguments, "--no-equal-nan").status == 1


def test_where_nan_meets_nan_the_option_is_named(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    hint = "--equal-nan takes NaN as equal to NaN"
    for folder in pair:
        np.save(folder / "w.npy", np.array([1, np.nan], dtype="c8"))
    ended = noxlock("compare", "old", "new")
    assert "NaN equals NaN only with equal-nan, 1 of 2 values" in ended.out
    assert ended.out.splitlines()[-1] == hint
    assert noxlock("compare", "old", "new", "-v").out.splitlines()[-1] == hint
    assert hint not in noxlock("compare", "old", "new", "--no-equal-nan").out
    np.save(pair[1] / "w.npy", np.array([1, 2], dtype="c8"))
    ended = noxlock("compare", "old", "new")
    assert (ended.status, "equal-nan" in ended.out) == (1, False)


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        ("outputs: {m.json: {atol: 1}}", (), 0),
        ("outputs: {m.json: {keys: {loss: {atol: 1}}}}", (), 0),
        ('outputs: {"*.json": {atol: 1}}', (), 0),
        ('outputs: {"*": {atol: 0}, "*.json": {atol: 1}}', (), 0),
        ('outputs: {"*.json": {atol: 1}, "m.json": {atol: 0.1}}', (), 1),
        ("outputs: {m.json: {atol: 0.1}}", ("--atol", "1"), 1),
        ("outputs: {m.json: {equal-inf: false}}", ("--atol", "1"), 0),
        ("tolerance: {dtypes: {float64: {atol: 1}}}", (), 0),
        ("tolerance: {rtol: 1}", (), 0),
        ("tolerance: {rtol: 1}", ("--rtol", "0.1"), 1),
    ],
)
def test_tolerances_from_a_file(
    pair: tuple[Path, Path],
    noxlock: Noxlock,
    text: str,
    options: tuple[str, ...],
    status: int,
) -> None:
    move(pair)
    (pair[0].parent / "t.yml").write_text(text)
    ended = noxlock("compare", "old", "new", "--tolerances", "t.yml", *options)
    assert (ended.status, ended.err) == (status, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mm.json: {atol: 1}", 'outputs."mm.json": the compared file has another name'),
        ("mm.json: {atol: 1}", "did you mean `m.json`?"),
        ("x.csv: {}, n.json: {atol: 1}", 'outputs."n.json": '),
        ("x.csv: {}, w.npy: {}", "it is `m.json`"),
        ("x.csv: {}, m.json: {atol: 1}", ""),
        ('x.csv: {}, "*.json": {atol: 1}', ""),
    ],
)
def test_tolerances_of_other_files_only_are_an_error_for_two_files(
    pair: tuple[Path, Path], noxlock: Noxlock, text: str, message: str
) -> None:
    move(pair)
    (pair[0].parent / "t.yml").write_text(f"outputs: {{{text}}}")
    arguments = ("compare", "old/m.json", "new/m.json", "--tolerances", "t.yml")
    ended = noxlock(*arguments)
    assert ended.status == (2 if message else 0)
    assert message in ended.err


@pytest.mark.parametrize(
    ("names", "strange"),
    [
        ("m.json", ""),
        ("m.json w.npy sub/log.txt *.csv", ""),
        ("m.json new.txt", ""),
        ("m.json mm.json", "the name `mm.json`\nhint: did you mean `m.json`?\n"),
        ("*.json x.csv y.csv", "the name `x.csv`, `y.csv`\n"),
        (f"m.json {'x' * 300}", f"the name `{'x' * 300}`\n"),
    ],
)
def test_a_name_that_is_nowhere_beside_two_files_is_warned_of(
    pair: tuple[Path, Path], noxlock: Noxlock, names: str, strange: str
) -> None:
    (pair[1] / "new.txt").write_text("x")
    outputs = "".join(f"  {json.dumps(name)}: {{atol: 1}}\n" for name in names.split())
    (pair[0].parent / "t.yml").write_text(f"outputs:\n{outputs}")
    arguments = ("compare", "old/m.json", "new/m.json", "--tolerances", "t.yml")

    ended = noxlock(*arguments)

    said = "warning: t.yml: no file is compared, or lies beside, with"
    assert ended.status == 0
    assert ended.err == (f"{said} {strange}" if strange else "")
    assert noxlock(*arguments, "--json").err == ended.err


def test_two_empty_files_are_identical(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    for folder in pair:
        for name in ("__init__.py", "w.npy", "log.txt"):
            (folder / name).write_bytes(b"")
    assert noxlock("compare", "old", "new") == (
        0,
        "identical: 5 files, 4 values\n",
        "",
    )
    ended = noxlock("compare", "old/log.txt", "new/log.txt")
    assert ended == (0, "identical: log.txt, 0 values\n", "")
    (pair[1] / "log.txt").write_text("x")
    ended = noxlock("compare", "old", "new")
    assert (ended.status, "the expected file is empty" in ended.out) == (2, True)


def test_a_declared_folder_is_one_output(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    (pair[1] / "sub/log.txt").write_text("loss 1.75\nend\n")
    text = 'outputs: {sub: {keys: {"log.txt": {atol: 1}}}}'
    (pair[0].parent / "t.yml").write_text(text)
    ended = noxlock("compare", "old", "new", "--tolerances", "t.yml", "--json")
    assert ended.status == 0
    reports = {each["output"]: each for each in json.loads(ended.out)}
    assert reports["sub"]["format"] == "folder"
    assert reports["sub"]["verdict"] == "within-tolerance"


def test_json_is_the_reports(pair: tuple[Path, Path], noxlock: Noxlock) -> None:
    move(pair)
    ended = noxlock("compare", "old", "new", "--json", "--threads", "1")
    assert (ended.status, ended.err) == (1, "")
    found = json.loads(ended.out)
    assert [each["output"] for each in found] == ["m.json", "sub/log.txt", "w.npy"]
    assert found[0]["difference"]["worst"]["where"] == "loss"
    assert found[0]["diff"] == ["- loss: 0.25", "+ loss: 0.5"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("old", "gone"), "error: gone: there is no such file or folder\n"),
        (
            ("old", "new/m.json"),
            (
                "error: a file cannot be compared with a folder: old is a folder,"
                " new/m.json is a file\n"
            ),
        ),
        (("old", "new", "--rtol", "-1"), "error: --rtol is -1, not a number from 0\n"),
        (
            ("old", "new", "--atol", "nan"),
            "error: --atol is nan, not a number from 0\n",
        ),
        (
            ("old", "new", "--tolerances", "gone.yml"),
            "error: gone.yml: cannot be read: No such file or directory\n",
        ),
        (("old", "empty"), "error: the actual folder is an empty folder\n"),
    ],
)
def test_bad_input_is_one_clear_error(
    pair: tuple[Path, Path], noxlock: Noxlock, arguments: tuple[str, str], message: str
) -> None:
    (pair[0].parent / "empty").mkdir()
    assert noxlock("compare", *arguments) == (2, "", message)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "t.yml",
            "outputs:\n  m.json: {rtoll: 1}\n",
            't.yml:2: outputs."m.json".rtoll: unknown key',
        ),
        (
            "t.yml",
            "outputs:\n  m.json:\n    rtol: -1\n",
            't.yml:3: outputs."m.json".rtol: ',
        ),
        ("t.json", '{"outputs": {"m.json": {"rtol": "x"}}}', 'outputs."m.json".rtol'),
        ("t.toml", "[tolerance.dtypes.flaot32]\nrtol = 1", "`flaot32`"),
        ("t.yml", "outputs: {mm.json: {}}", 'outputs."mm.json": no file of the two'),
        ("t.yml", "a: b: c", "t.yml:1: not YAML"),
        ("t.txt", "", "unknown kind of file `.txt`"),
    ],
)
def test_a_bad_file_of_tolerances_is_named_with_key_and_line(
    pair: tuple[Path, Path], noxlock: Noxlock, name: str, text: str, message: str
) -> None:
    (pair[0].parent / name).write_text(text)
    ended = noxlock("compare", "old", "new", "--tolerances", name)
    assert (ended.status, ended.out) == (2, "")
    assert message in ended.err


def test_what_cannot_be_compared_exits_2(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    move(pair)
    (pair[1] / "w.npy").write_bytes(b"no array")
    ended = noxlock("compare", "old", "new")
    assert ended.status == 2
    assert ended.out.startswith("not-comparable: 1 of 3 files: w.npy: the actual file")
    assert "\x1b" not in ended.out


def test_single_files_are_called_expected_and_actual_too(
    pair: tuple[Path, Path], noxlock: Noxlock
) -> None:
    log, records = "sub/log.txt", "r.jsonl"
    for folder, line in zip(pair, ("", "begin\n"), strict=True):
        (folder / log).write_text(f"{line}loss 1.5\nend\n")
        (folder / records).write_text('{"a": 1}\n{"a": 2}\n'[(line == "") * 9 :])
    ended = noxlock("compare", f"old/{log}", f"new/{log}")
    assert "line 1 of the actual file" in ended.out
    ended = noxlock("compare", f"new/{log}", f"old/{log}")
    assert "line 1 of the expected file" in ended.out
    ended = noxlock("compare", f"old/{records}", f"new/{records}")
    assert "record 1 of the actual file" in ended.out
    (pair[0] / "m.json").write_text("{")
    assert (
        "the expected file is no JSON"
        in noxlock("compare", "old/m.json", "new/m.json").out
    )
    for folder in pair:
        (folder / "sub" / "empty").mkdir()
    (pair[0] / "t.yml").write_text("outputs: {sub/empty: {}}")
    ended = noxlock("compare", "old/sub/empty", "new/sub/empty")
    assert ended.status == 2
    assert "baseline" not in ended.out + ended.err
    for more in ((), ("-v",)):
        (pair[1] / "sub/log.txt").write_text("loss 2.5\n")
        ended = noxlock("compare", "old", "new", *more)
        assert "worst place: expected -> actual" in ended.out
        assert "baseline" not in ended.out


def test_it_has_colours_only_where_asked(
    pair: tuple[Path, Path], noxlock: Noxlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(pair)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31m" in noxlock("compare", "old", "new").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in noxlock("compare", "old", "new").out


def test_it_runs_as_a_command(pair: tuple[Path, Path]) -> None:
    move(pair)
    ended = in_a_process("compare", "old", "new")
    assert ended.status == 1
    assert ended.out.startswith("drifted: ")
