"""A check, from its command to its verdict, in a real virtual environment."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.errors import CompareError, DefinitionError, EnvError
from noxlock.model import (
    Check,
    CheckReport,
    Interpreter,
    PackageRecord,
    Plan,
    PlanKey,
    Record,
    Subdir,
    Target,
    Tolerance,
    Verdict,
)
from noxlock.workflows.baselines import Baseline
from noxlock.workflows.facts import Facts
from noxlock.workflows.outputs import collect
from noxlock.workflows.repro import CheckRequest, report_file, run_check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION = ".".join(map(str, sys.version_info[:3]))
TARGET = Target(subdir=Subdir.LINUX_64, python=VERSION)
SCIPY = PackageRecord(
    name="scipy",
    version="1.14.1",
    kind="wheel",
    artifact="scipy-1.14.1-py3-none-any.whl",
    sha256="1" * 64,
)
FACTS = Facts(
    machine=lambda: {"cpu": "a small one"},
    effective=lambda _prefix, _env, _root: {"threads 0": "openblas 1"},
    now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
# What the check's command does: one value a line, in one file a format.
SCRIPT = """
import json, os, pathlib, struct, sys
folder = pathlib.Path(sys.argv[1])
values = json.loads(pathlib.Path("values.json").read_text())
def save(descr, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }"
    header = (header % (descr, len(values))).ljust(117).encode() + b"\\n"
    start = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header))
    (folder / "weights.npy").write_bytes(start + header + data)
save("<f8", struct.pack("<%dd" % len(values), *values))
(folder / "deep").mkdir()
(folder / "deep" / "metrics.json").write_text(json.dumps({"loss": sum(values)}))
"""


@dataclass(frozen=True, kw_only=True)
class BuiltHere:
    """What the builder returns, of an environment that the test made."""

    prefix: Path
    interpreter: Interpreter
    plan: Plan
    packages: tuple[PackageRecord, ...] = (SCIPY,)


@dataclass
class Project:
    """A project on disk with one check, which the methods run."""

    root: Path
    built: BuiltHere
    check: Check = field(
        default_factory=lambda: Check(
            environment="cpu",
            run="python script.py {outputs}",
            outputs={
                "weights.npy": Tolerance(rtol=1e-6),
                "deep/metrics.json": Tolerance(keys={"loss": Tolerance(atol=1e-3)}),
            },
        )
    )
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    printed: str = ""

    def request(self, *, accept: bool = False) -> CheckRequest:
        """Return the request."""
        return CheckRequest(
            root=self.root,
            name="digits",
            check=self.check,
            built=self.built,
            environ=self.environ,
            nox_folder=self.root / ".nox",
            accept=accept,
        )

    def run(self, *, accept: bool = False, facts: Facts = FACTS) -> CheckReport:
        """Run the check, and keep what it prints."""
        stream = io.StringIO()
        try:
            return run_check(self.request(accept=accept), facts=facts, stream=stream)
        finally:
            self.printed = stream.getvalue()

    def values(self, *values: float) -> None:
        """Set what the check computes."""
        (self.root / "values.json").write_text(json.dumps(values))

    def script(self, text: str) -> None:
        """Let the command do *text* at its end."""
        (self.root / "script.py").write_text(f"{SCRIPT}\n{text}\n")

    @property
    def baseline(self) -> Path:
        """Where the baseline lies."""
        return self.root / "repro" / "digits"

    @property
    def record(self) -> Record:
        """The baseline's record."""
        return msgspec.json.decode(
            (self.baseline / "record.json").read_bytes(), type=Record
        )

    def tree(self) -> dict[str, bytes]:
        """Every file of the project's `repro` folder, leftovers included."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in (self.root / "repro").rglob("*")
            if path.is_file()
        }

    def change(self, **changes: object) -> None:
        """Change the definition."""
        self.check = msgspec.structs.replace(self.check, **changes)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real environment that sees the NumPy of the tests' own."""
    folder = tmp_path_factory.mktemp("env") / "prefix"
    venv.create(folder, symlinks=os.name != "nt")
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture
def project(tmp_path: Path, prefix: Path) -> Project:
    (tmp_path / "poetry.lock").write_text("# a lock\n")
    interpreter = Interpreter(
        executable=Path(sys.executable),
        version=VERSION,
        target=TARGET,
        cache_tag=sys.implementation.cache_tag or "",
        magic="a70d0d0a",
    )
    plan = Plan(
        key=PlanKey("plan-v1-" + "0" * 64),
        target=TARGET,
        groups=(),
        extras=(),
        lock="poetry.lock",
        lock_format="poetry",
        indexes=(),
        packages=(),
    )
    built = BuiltHere(prefix=prefix, interpreter=interpreter, plan=plan)
    made = Project(tmp_path, built)
    made.script("")
    made.values(1.0, 2.0, 3.0)
    return made


@pytest.fixture
def accepted(project: Project) -> Project:
    assert project.run(accept=True).verdict is Verdict.IDENTICAL
    return project


def reasons(report: CheckReport) -> dict[str, str]:
    return {output.output: output.reason for output in report.outputs}


def test_a_check_without_a_baseline_fails_and_says_how_to_record_one(
    project: Project,
) -> None:
    report = project.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "there is no baseline in repro/digits" in report.reason
    assert 'nox -s "repro(digits)" -- --accept' in project.printed
    assert not project.baseline.exists()


def test_accept_records_outputs_and_where_they_come_from(accepted: Project) -> None:
    assert set(accepted.tree()) == {
        "repro/digits/record.json",
        "repro/digits/weights.npy",
        "repro/digits/deep/metrics.json",
    }
    record = accepted.record
    assert record.check == "digits"
    assert record.command == ("python script.py {outputs}",)
    assert record.created == "2026-01-02T03:04:05Z"
    assert record.packages == (SCIPY,)
    assert record.profile["PYTHONHASHSEED"] == "0"
    assert record.profile["OMP_NUM_THREADS"] == "1"
    assert record.machine == {"cpu": "a small one"}
    assert set(record.outputs) == {"weights.npy", "deep/metrics.json"}
    assert list(record.locks) == ["poetry.lock"]
    assert "recorded the baseline in repro/digits" in accepted.printed


def test_a_record_names_no_folder_of_this_machine(accepted: Project) -> None:
    text = (accepted.baseline / "record.json").read_text()
    assert str(accepted.root) not in text
    assert str(accepted.built.prefix) not in text
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def test_the_same_results_are_identical(accepted: Project) -> None:
    report = accepted.run()

    assert report.verdict is Verdict.IDENTICAL
    assert [output.output for output in report.outputs] == [
        "weights.npy",
        "deep/metrics.json",
    ]


def test_a_drift_is_reported_with_place_and_size(accepted: Project) -> None:
    accepted.values(1.0, 2.5, 3.0)
    accepted.built = replace(
        accepted.built, packages=(msgspec.structs.replace(SCIPY, version="1.15.0"),)
    )

    report = accepted.run()

    assert report.verdict is Verdict.DRIFTED
    first = accepted.printed.splitlines()[0]
    assert first == (
        "digits: drifted: weights.npy[1] differs by 0.5 (relative 0.25),"
        " 1 of 3 values out of tolerance"
    )
    assert "scipy 1.14.1 -> 1.15.0" in accepted.printed
    written = json.loads(report_file(accepted.request()).read_bytes())
    assert written["verdict"] == "drifted"
    assert written["outputs"][0]["difference"]["where"] == "[1]"
    assert written["baseline"]["packages"][0]["version"] == "1.14.1"


def test_a_difference_within_the_tolerance_passes(accepted: Project) -> None:
    accepted.values(1.0, 2.0 + 1e-9, 3.0)

    assert accepted.run().verdict is Verdict.WITHIN_TOLERANCE
    assert "within tolerance" in accepted.printed


def test_a_number_changed_in_the_baseline_is_found_and_said_to_be_changed(
    accepted: Project,
) -> None:
    (accepted.baseline / "deep" / "metrics.json").write_text('{"loss": 6.25}')

    report = accepted.run()

    assert report.verdict is Verdict.DRIFTED
    difference = report.outputs[1].difference
    assert difference is not None
    assert (difference.where, difference.absolute) == ("loss", 0.25)
    assert "changed since it was recorded" in report.outputs[1].reason


def test_a_changed_baseline_never_passes_even_within_tolerance(
    accepted: Project,
) -> None:
    (accepted.baseline / "deep" / "metrics.json").write_text('{"loss": 6.00001}')

    assert accepted.run().verdict is Verdict.NOT_COMPARABLE


def test_a_baseline_file_that_the_record_does_not_list_is_no_baseline(
    accepted: Project,
) -> None:
    record = msgspec.structs.replace(
        accepted.record,
        outputs={"weights.npy": accepted.record.outputs["weights.npy"]},
    )
    (accepted.baseline / "record.json").write_bytes(msgspec.json.encode(record))

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "does not list it" in reasons(report)["deep/metrics.json"]


def test_a_baseline_file_that_is_gone_is_not_comparable(accepted: Project) -> None:
    (accepted.baseline / "weights.npy").unlink()

    assert reasons(accepted.run())["weights.npy"] == "the baseline is missing"


def test_an_output_that_is_not_declared_any_more_is_not_comparable(
    accepted: Project,
) -> None:
    accepted.change(outputs={"weights.npy": Tolerance()})
    accepted.script("import shutil; shutil.rmtree(folder / 'deep')")

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert reasons(report)["deep/metrics.json"].endswith("not declared any more")
    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL
    assert "repro/digits/deep/metrics.json" not in accepted.tree()


@pytest.mark.parametrize(
    ("script", "output", "reason"),
    [
        ("(folder / 'weights.npy').unlink()", "weights.npy", "the output is missing"),
        (
            "(folder / 'weights.npy').write_bytes(b'')",
            "weights.npy",
            "the output is empty",
        ),
        (
            "(folder / 'more.txt').write_text('1')",
            "more.txt",
            "written, but not declared",
        ),
        (
            "(folder / 'link').symlink_to('/')",
            "link",
            "written, but not declared",
        ),
        (
            "p = folder / 'weights.npy'; p.unlink(); p.symlink_to('/etc/passwd')",
            "weights.npy",
            "the output is a link out of its folder",
        ),
        (
            "p = folder / 'weights.npy'; p.unlink(); p.mkdir()",
            "weights.npy",
            "the output is no regular file",
        ),
        (
            "save('|O', b'')",
            "weights.npy",
            "the output holds Python objects: a pickle, which is never loaded",
        ),
    ],
)
def test_what_cannot_be_compared_never_passes_and_is_never_recorded(
    accepted: Project, script: str, output: str, reason: str
) -> None:
    before = accepted.tree()
    accepted.script(script)

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert reasons(report)[output] == reason
    report = accepted.run(accept=True)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "nothing was recorded" in report.reason
    assert accepted.tree() == before


def test_a_link_inside_the_folder_is_an_output_like_any_other(
    accepted: Project,
) -> None:
    accepted.script(
        "(folder / 'deep').rename(folder / 'real')\n"
        "(folder / 'deep').symlink_to('real')\n"
    )

    report = accepted.run()

    assert reasons(report)["deep/metrics.json"] == ""
    assert reasons(report)["real/metrics.json"] == "written, but not declared"
    assert "deep" not in reasons(report)


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("sys.exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "signal 9"),
    ],
)
def test_a_failed_command_is_not_comparable_and_never_recorded(
    accepted: Project, script: str, how: str
) -> None:
    before = accepted.tree()
    accepted.script(script)

    for accept in (False, True):
        report = accepted.run(accept=accept)
        assert report.verdict is Verdict.NOT_COMPARABLE
        assert report.reason == f"`python script.py {{outputs}}` ended with {how}"
    assert accepted.tree() == before


def test_commands_run_in_order_until_one_fails(accepted: Project) -> None:
    accepted.change(
        run=(
            "python -c 'import sys; sys.exit(0)'",
            "python -c 'import sys; sys.exit(7)'",
            "python script.py {outputs}",
        )
    )
    report = accepted.run()
    assert "exit status 7" in report.reason
    assert not any(accepted.request().outputs.iterdir())


def test_outputs_of_an_earlier_run_are_never_taken(accepted: Project) -> None:
    accepted.script("(folder / 'weights.npy').unlink()")
    assert reasons(accepted.run())["weights.npy"] == "the output is missing"


def test_accepting_what_did_not_change_touches_no_file(accepted: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in accepted.baseline.rglob("*")}
    later = replace(FACTS, now=lambda: datetime(2027, 1, 1, tzinfo=UTC))

    report = accepted.run(accept=True, facts=later)

    assert report.verdict is Verdict.IDENTICAL
    after = {path: path.stat().st_mtime_ns for path in accepted.baseline.rglob("*")}
    assert after == before
    assert "stays as it is" in accepted.printed


def test_accepting_prints_what_changes_and_keeps_other_files(
    accepted: Project,
) -> None:
    (accepted.baseline / "README.md").write_text("why it is so")
    accepted.values(1.0, 2.5, 3.0)

    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL

    assert "weights.npy[1] differs by 0.5" in accepted.printed
    assert (accepted.baseline / "README.md").read_text() == "why it is so"
    assert accepted.run().verdict is Verdict.IDENTICAL
    assert not list((accepted.root / "repro").glob(".*"))


def test_accepting_on_another_machine_renews_the_record(accepted: Project) -> None:
    other = replace(FACTS, machine=lambda: {"cpu": "a big one"})

    accepted.run(accept=True, facts=other)

    assert accepted.record.machine == {"cpu": "a big one"}
    assert "machine cpu: a small one -> a big one" in accepted.printed


def test_a_run_killed_between_two_renames_loses_no_baseline(
    accepted: Project,
) -> None:
    accepted.baseline.rename(accepted.baseline.with_name(".digits.noxlock-old"))

    assert accepted.run().verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "repro/digits/record.json: the record is damaged"),
        (b"[]", "repro/digits/record.json: the record is damaged"),
        (b"{}", "repro/digits/record.json: the record is damaged"),
        (b'{"format": 1}', "repro/digits/record.json: the record is damaged"),
        (b'{"format": 2}', "repro/digits/record.json: the record has format 2"),
    ],
)
def test_a_damaged_record_is_not_comparable_and_can_be_replaced(
    accepted: Project, data: bytes, reason: str
) -> None:
    (accepted.baseline / "record.json").write_bytes(data)

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith(reason)
    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL
    assert accepted.run().verdict is Verdict.IDENTICAL


def test_a_record_that_is_a_folder_is_not_comparable(accepted: Project) -> None:
    (accepted.baseline / "record.json").unlink()
    (accepted.baseline / "record.json").mkdir()

    assert "the record cannot be read" in accepted.run().reason


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": {"../x.npy": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"/x.npy": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"a\\x.npy": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"record.json": Tolerance()}}, "the name of the baseline's"),
        ({"run": "python 'x"}, "no closing quotation"),
        ({"run": " "}, "the command is empty"),
        ({"baseline": "."}, "not a folder inside the project"),
        ({"baseline": "../x"}, "not a folder inside the project"),
        ({"baseline": "src"}, "it has no record.json"),
        ({"baseline": "values.json"}, "it has no record.json"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused_before_it_runs(
    project: Project, changes: dict[str, object], message: str
) -> None:
    (project.root / "src").mkdir()
    (project.root / "src" / "main.py").write_text("")
    project.change(**changes)

    with pytest.raises(DefinitionError, match=message):
        project.run()

    assert not (project.root / ".nox").exists()


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/", "a\\b"])
def test_a_name_that_is_no_folder_is_refused_before_anything_is_emptied(
    accepted: Project, name: str
) -> None:
    before = sorted(accepted.root.rglob("*"))
    with pytest.raises(DefinitionError, match="cannot be the name of a folder"):
        run_check(replace(accepted.request(), name=name), facts=FACTS)
    assert sorted(accepted.root.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_an_output_that_cannot_be_read_is_not_comparable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal itself is made here."""
    (tmp_path / "a.npy").write_text("")

    def refuse(self: Path, mode: str) -> object:
        raise PermissionError(13, "Permission denied", str(self), mode)

    monkeypatch.setattr(Path, "open", refuse)
    found = collect(tmp_path, ["a.npy"])
    assert found.faults["a.npy"].reason == (
        "the output cannot be read: Permission denied"
    )
    assert not found.files


def test_a_baseline_can_lie_elsewhere(project: Project) -> None:
    project.change(baseline="golden/one")
    project.run(accept=True)

    assert (project.root / "golden" / "one" / "record.json").exists()
    assert project.run().verdict is Verdict.IDENTICAL


def test_a_program_that_is_not_there_is_an_error(project: Project) -> None:
    project.change(run="no-such-program {outputs}")

    with pytest.raises(EnvError, match="no-such-program"):
        project.run()


def test_an_outputs_folder_that_cannot_be_made_is_an_error(project: Project) -> None:
    (project.root / ".nox").write_text("")

    with pytest.raises(EnvError, match="cannot make a fresh folder"):
        project.run()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_whatever_lies_at_the_outputs_folder_gives_way(
    accepted: Project, kind: str
) -> None:
    outputs = accepted.request().outputs
    moved = outputs.rename(accepted.root / "moved")
    if kind == "file":
        outputs.write_text("")
    else:
        outputs.symlink_to(moved)

    assert accepted.run().verdict is Verdict.IDENTICAL
    assert (moved / "weights.npy").exists()


def test_a_report_that_cannot_be_written_is_an_error(accepted: Project) -> None:
    def run(command: Sequence[str], /, *, cwd: Path, env: Mapping[str, str]) -> int:
        del cwd, env
        outputs = Path(command[-1])
        outputs.with_name("report.json").mkdir()
        return 1

    request = accepted.request()
    with pytest.raises(EnvError, match="the report cannot be written"):
        run_check(request, run=run, facts=FACTS, stream=io.StringIO())


def test_the_command_sees_the_profile_and_nothing_of_the_user(
    accepted: Project,
) -> None:
    accepted.environ = {
        **os.environ,
        "PYTHONPATH": "/elsewhere",
        "PYTHONHASHSEED": "7",
        "OPENBLAS_CORETYPE": "Haswell",
        "MKL_CBWR_FILE": "/home/me/mkl",
        "TF_CLI_CONFIG_FILE": "/home/me/.terraformrc",
    }
    accepted.change(env={"MY_SEED": "3", "OMP_NUM_THREADS": "2"})
    accepted.script(
        "names = 'PYTHONPATH PYTHONHASHSEED MY_SEED OMP_NUM_THREADS TZ'.split()\n"
        "seen = [os.environ.get(name) for name in names] + [os.getcwd()]\n"
        "pathlib.Path('seen.json').write_text(json.dumps(seen))\n"
    )

    report = accepted.run()

    seen = json.loads((accepted.root / "seen.json").read_text())
    assert seen == [None, "0", "3", "2", "UTC", str(accepted.root)]
    assert report.actual.profile["OMP_NUM_THREADS"] == "2"
    assert report.actual.profile["OPENBLAS_CORETYPE"] == "Haswell"
    assert report.actual.profile["MKL_CBWR_FILE"] == "(a path)"
    assert not {"MY_SEED", "TF_CLI_CONFIG_FILE"} & set(report.actual.profile)


def test_the_live_machine_is_recorded_without_its_names(accepted: Project) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(
            ["git", *who, *words], cwd=accepted.root, check=True, env=environment
        )

    (accepted.root / ".gitignore").write_text(".nox/\n__pycache__/\n")
    git("init", "-q")
    assert accepted.run(facts=Facts()).actual.commit is None
    git("add", ".")
    git("commit", "-q", "-m", "first")
    (accepted.baseline / "README.md").write_text("the baseline does not count")

    actual = accepted.run(facts=Facts()).actual

    assert actual.commit is not None
    assert len(actual.commit) == 40
    assert {"architecture", "cores", "kernel"} <= set(actual.machine)
    assert actual.effective["python"].startswith(VERSION)
    assert "numpy blas" in actual.effective
    assert actual.created.endswith("Z")
    (accepted.root / "values.json").write_text("[1.0,2.0,3.0 ]")
    dirty = accepted.run(facts=Facts()).actual.commit
    assert dirty == f"{actual.commit}+dirty"


def test_a_lock_outside_the_project_goes_by_its_name(
    accepted: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lock = tmp_path_factory.mktemp("elsewhere") / "other.lock"
    lock.write_text("# another\n")
    plan = replace(accepted.built.plan, lock=str(lock))
    accepted.built = replace(accepted.built, plan=plan)

    assert list(accepted.run().actual.locks) == ["other.lock"]


def test_a_baseline_that_cannot_take_its_place_leaves_the_old_one(
    accepted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = accepted.tree()
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name.endswith("noxlock-new"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    baseline = Baseline(root=accepted.root, folder="repro/digits")
    with pytest.raises(CompareError, match="No space left"):
        baseline.write(accepted.record, {}, accepted.record)
    with pytest.raises(CompareError, match="No space left"):
        Baseline(root=accepted.root, folder="repro/new").write(
            accepted.record, {}, None
        )
    assert accepted.tree() == before
