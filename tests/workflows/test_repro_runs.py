"""Runs that fail, take long, are tried again, or go side by side."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError
from noxlock.model import Tolerance, Vary, Verdict
from noxlock.workflows.repro import Console, run_check
from support.checks import FACTS, reasons

if TYPE_CHECKING:
    from support.checks import Project

# Fails until it was started as often as `fails` says.
COUNTED = """
count = pathlib.Path("count")
count.write_text(count.read_text() + "x" if count.exists() else "x")
print("try", len(count.read_text()))
if len(count.read_text()) <= {fails}:
    sys.exit("it broke")
"""


def _lives(pid: int) -> bool:
    """Return whether the process is there, and no mere entry that nobody reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_crash_keeps_its_log_and_what_it_had_written(accepted: Project) -> None:
    accepted.script("print('so far'); (folder / 'deep' / 'metrics.json').unlink(); x")

    report = accepted.run()

    folder = accepted.request().folder
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "its log: .nox/repro/digits/runs/run-1/log.txt" in report.reason
    assert (folder / "outputs" / "weights.npy").exists()
    log = (folder / "runs" / "run-1" / "log.txt").read_text()
    assert log.startswith("so far\n")
    assert "NameError: name 'x' is not defined" in log
    assert "NameError: name 'x' is not defined" in accepted.printed
    assert report.next == ("less .nox/repro/digits/runs/run-1/log.txt",)
    assert report.outputs == ()


@pytest.mark.parametrize(
    ("names", "times"), [(("all", "all"), 1), (("all", "out"), 2), (("all", ""), 1)]
)
def test_a_log_that_was_on_the_screen_is_not_shown_again(
    accepted: Project, tmp_path: Path, names: tuple[str, str], times: int
) -> None:
    accepted.script("raise SystemExit('it broke')")
    told, echoed = names
    with ExitStack() as opened:
        stream = opened.enter_context((tmp_path / told).open("a"))
        echo = opened.enter_context((tmp_path / echoed).open("a")) if echoed else None
        console = Console.on(stream, echo=echo)
        run_check(accepted.request(), facts=FACTS, console=console)

    texts = [(tmp_path / name).read_text() for name in set(names) - {""}]
    assert sum(text.count("it broke") for text in texts) == times
    assert "it broke" in (accepted.request().folder / "report.md").read_text()


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_crash_is_told_by_the_name_of_its_signal(accepted: Project) -> None:
    accepted.script("import signal; os.kill(os.getpid(), signal.SIGSEGV)")
    named = accepted.run()
    accepted.script("import signal; os.kill(os.getpid(), signal.SIGRTMIN + 6)")
    nameless = accepted.run()

    assert "`python script.py {outputs}` ended with SIGSEGV; its log" in named.reason
    assert re.search(r"ended with signal \d+; its log", nameless.reason)
    assert named.actual.unmet == ()


def test_a_run_that_takes_too_long_is_stopped_with_all_its_processes(
    accepted: Project,
) -> None:
    accepted.script(
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time;"
        " time.sleep(60)'])\n"
        "pathlib.Path('child').write_text(str(child.pid)); print('waits', flush=True)\n"
        "time.sleep(60)"
    )
    accepted.change(timeout=1.5)
    began = time.monotonic()

    report = accepted.run()

    assert time.monotonic() - began < 20
    assert report.reason.startswith(
        "`python script.py {outputs}` was stopped: it did not end within 1.5 s"
    )
    assert "waits" in accepted.printed
    child = int((accepted.root / "child").read_text())
    assert not _lives(child)


def test_the_time_is_that_of_all_commands_together(accepted: Project) -> None:
    wait = "python -c 'import time; time.sleep(1)'"
    accepted.change(run=(wait, wait, "python script.py {outputs}"), timeout=1.6)

    assert "was stopped" in accepted.run().reason


def test_what_failed_is_tried_again_and_the_report_says_how_often(
    accepted: Project,
) -> None:
    accepted.script(COUNTED.format(fails=2))
    accepted.change(retries=2)

    report = accepted.run()

    assert (report.verdict, report.attempts) == (Verdict.IDENTICAL, 3)
    log = accepted.request().runs / "run-1" / "log.txt"
    assert [line for line in log.read_text().splitlines() if "  " not in line] == [
        "try 1",
        "it broke",
        "noxlock: attempt 2",
        "try 2",
        "it broke",
        "noxlock: attempt 3",
        "try 3",
    ]


def test_what_fails_each_time_fails_and_drifts_are_never_tried_again(
    accepted: Project,
) -> None:
    accepted.change(retries=1)
    accepted.script(COUNTED.format(fails=9))
    failed = accepted.run()
    (accepted.root / "count").unlink()
    accepted.script(COUNTED.format(fails=0))
    accepted.values(2.0, 2.0, 3.0)
    drifted = accepted.run()

    assert "exit status 1 in each of 2 attempts" in failed.reason
    assert (drifted.verdict, drifted.attempts) == (Verdict.DRIFTED, 1)
    assert (accepted.root / "count").read_text() == "x"


def test_each_run_has_a_folder_and_the_first_stays_where_it_was(
    accepted: Project,
) -> None:
    accepted.change(repeat=2, vary=Vary(tz=("Asia/Kathmandu",)))

    accepted.run()

    folder = accepted.request().folder
    assert sorted(path.name for path in (folder / "runs").iterdir()) == [
        "run-1",
        "run-2",
        "tz-Asia-Kathmandu",
    ]
    for run in (folder / "runs").iterdir():
        kept = run.name == "run-1"
        assert (run / "outputs" / "weights.npy").exists() == kept, "the others agree"
        assert (run / "log.txt").exists()
    first = folder / "runs" / "run-1" / "outputs"
    assert (folder / "outputs").resolve() == first.resolve()


def test_runs_go_side_by_side_where_that_is_asked_for(accepted: Project) -> None:
    accepted.script(
        "import time\n"
        "here = pathlib.Path('here'); here.mkdir(exist_ok=True)\n"
        "(here / str(os.getpid())).write_text('')\n"
        "deadline = time.monotonic() + 10\n"
        "while len(list(here.iterdir())) < 3 and time.monotonic() < deadline:\n"
        "    time.sleep(0.02)\n"
        "assert len(list(here.iterdir())) == 3\n"
    )
    accepted.change(repeat=2, jobs=3, vary=Vary(hash_seed=(1,)))

    report = accepted.run()

    assert report.verdict is Verdict.IDENTICAL, accepted.printed
    told = [line.partition(":")[0] for line in accepted.printed.splitlines()[:3]]
    assert sorted(told) == ["hash-seed 1", "run 1 of 2", "run 2 of 2"]


def test_after_a_run_that_failed_no_other_is_started(accepted: Project) -> None:
    accepted.script(COUNTED.format(fails=1))
    accepted.change(repeat=3, vary=Vary(hash_seed=(1,)))

    report = accepted.run()

    assert "exit status 1" in report.reason
    assert (accepted.root / "count").read_text() == "x"
    assert report.variations == ()


def test_a_repeat_that_fails_is_named(accepted: Project) -> None:
    accepted.script("if 'run-2' in str(folder): sys.exit(3)")
    accepted.change(repeat=2)

    report = accepted.run()

    assert report.reason.startswith("run 2 of 2: `python script.py {outputs}` ended")
    assert "runs/run-2/log.txt" in report.reason


def test_what_it_took_is_in_the_record(accepted: Project) -> None:
    accepted.script("data = bytearray(80 << 20); import time; time.sleep(0.3)")

    used = accepted.run().actual.resources

    assert used is not None
    assert 0.3 < used.seconds < 60
    assert used.peak_memory is not None
    assert 80 << 20 < used.peak_memory < 1 << 30


def test_inputs_are_recorded_and_a_changed_one_is_the_first_cause(
    accepted: Project,
) -> None:
    accepted.change(inputs=("values.json",))
    assert accepted.run(accept=True).accepted
    accepted.values(1.0, 2.5, 3.0)

    report = accepted.run()

    assert report.verdict is Verdict.DRIFTED
    assert (report.causes[0].kind, report.causes[0].name) == ("input", "values.json")
    assert "values.json changed" in accepted.printed
    assert list(report.actual.inputs) == ["values.json"]


def test_an_input_that_is_missing_stops_the_check_before_it_runs(
    accepted: Project,
) -> None:
    accepted.change(inputs=("data/*.csv",))
    before = sorted(accepted.request().folder.rglob("*"))

    with pytest.raises(DefinitionError, match=r"checks\.digits\.inputs\[0\]: no file"):
        accepted.run()

    assert sorted(accepted.request().folder.rglob("*")) == before


def test_an_input_that_changes_while_the_check_runs_proves_nothing(
    accepted: Project,
) -> None:
    (accepted.root / "data.csv").write_text("1")
    accepted.change(inputs=("data.csv",))
    assert accepted.run(accept=True).accepted
    accepted.script("pathlib.Path('data.csv').write_text('2')")

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == "changed while the check ran: the input data.csv"


def test_warnings_are_recorded_and_new_and_gone_ones_are_told(
    accepted: Project,
) -> None:
    accepted.script("import warnings; warnings.warn('first')")
    assert accepted.run(accept=True).accepted
    assert [each.message for each in accepted.record.warnings] == ["first"]
    accepted.script("import warnings; warnings.warn('second', RuntimeWarning)")

    report = accepted.run()

    assert [each.category for each in report.new_warnings] == ["RuntimeWarning"]
    assert [each.message for each in report.gone_warnings] == ["first"]
    assert "RuntimeWarning: second" in accepted.printed


def test_a_folder_is_an_output(accepted: Project) -> None:
    accepted.script(
        "many = folder / 'steps'; (many / 'deep').mkdir(parents=True)\n"
        "(many / 'a.txt').write_text('a')\n"
        "(many / 'deep' / 'b.json').write_text(json.dumps({'loss': values[0]}))\n"
    )
    outputs = {**accepted.check.outputs, "steps": Tolerance()}
    accepted.change(outputs=outputs)
    assert accepted.run(accept=True).accepted
    assert {"steps/a.txt", "steps/deep/b.json"} < set(accepted.record.outputs)
    assert accepted.run().verdict is Verdict.IDENTICAL
    kept = accepted.baseline / "outputs" / "steps"
    (kept / "deep" / "b.json").write_text(json.dumps({"loss": 1.00000000001}))
    assert "changed since it was recorded" in reasons(accepted.run())["steps"]
    (kept / "deep" / "b.json").unlink()

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE or not report.verdict.passed
    assert "is gone" in reasons(report)["steps"]
