"""A check, from its command to its verdict, in a real virtual environment."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import msgspec
import pytest

from noxlock.errors import EnvError
from noxlock.model import (
    Verdict,
)
from noxlock.workflows.baselines import RECORD
from noxlock.workflows.records import encode_statement
from noxlock.workflows.repro import report_file
from support.checks import (
    SCIPY,
    Project,
    reasons,
)


def test_a_check_without_a_baseline_fails_and_says_how_to_record_one(
    project: Project,
) -> None:
    report = project.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "there is no baseline in repro/digits" in report.reason
    assert 'nox -s "repro(digits)" -- --accept' in project.printed
    assert not project.baseline.exists()


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
        "digits: drifted: weights.npy[1] differs by 0.5 (relative 0.25,"
        " 1.1e15 ULP), 1 of 3 values out of tolerance"
    )
    assert "scipy 1.14.1 -> 1.15.0" in accepted.printed
    written = json.loads(report_file(accepted.request()).read_bytes())
    assert written["verdict"] == "drifted"
    assert written["outputs"][0]["difference"]["worst"]["where"] == "[1]"
    assert written["baseline"]["packages"][0]["version"] == "1.14.1"


def test_a_difference_within_the_tolerance_passes(accepted: Project) -> None:
    accepted.values(1.0, 2.0 + 1e-9, 3.0)

    assert accepted.run().verdict is Verdict.WITHIN_TOLERANCE
    assert "within tolerance" in accepted.printed


def test_a_number_changed_in_the_baseline_is_found_and_said_to_be_changed(
    accepted: Project,
) -> None:
    (accepted.baseline / "outputs" / "deep" / "metrics.json").write_text(
        '{"loss": 6.25}'
    )

    report = accepted.run()

    assert report.verdict is Verdict.DRIFTED
    difference = report.outputs[1].difference
    assert difference is not None
    assert (difference.worst.where, difference.absolute) == ("loss", 0.25)
    assert "changed since it was recorded" in report.outputs[1].reason


def test_a_changed_baseline_never_passes_even_within_tolerance(
    accepted: Project,
) -> None:
    (accepted.baseline / "outputs" / "deep" / "metrics.json").write_text(
        '{"loss": 6.00001}'
    )

    assert accepted.run().verdict is Verdict.NOT_COMPARABLE


def test_a_baseline_file_that_the_record_does_not_list_is_no_baseline(
    accepted: Project,
) -> None:
    record = msgspec.structs.replace(
        accepted.record,
        outputs={"weights.npy": accepted.record.outputs["weights.npy"]},
    )
    (accepted.baseline / RECORD).write_bytes(encode_statement(record))

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "does not list it" in reasons(report)["deep/metrics.json"]


def test_a_baseline_file_that_is_gone_is_not_comparable(accepted: Project) -> None:
    (accepted.baseline / "outputs" / "weights.npy").unlink()

    assert reasons(accepted.run())["weights.npy"] == "the baseline is missing"


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("sys.exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
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
        assert report.reason == (
            f"`python script.py {{outputs}}` ended with {how};"
            " its log: .nox/repro/digits/runs/run-1/log.txt"
        )
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


def test_a_program_that_is_not_there_is_an_error(project: Project) -> None:
    project.change(run="no-such-program {outputs}")

    with pytest.raises(EnvError, match="no-such-program"):
        project.run()


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
    assert seen[1:] == ["0", "3", "2", "UTC", str(accepted.root)]
    assert seen[0] == str(accepted.request().runs / "run-1" / "probe" / "site")
    assert report.actual.profile["OMP_NUM_THREADS"] == "2"
    assert report.actual.profile["OPENBLAS_CORETYPE"] == "Haswell"
    assert report.actual.profile["MKL_CBWR_FILE"] == "(a path)"
    assert report.actual.profile["MY_SEED"] == "3"
    assert "TF_CLI_CONFIG_FILE" not in report.actual.profile
