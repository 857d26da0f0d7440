"""The report of a check as people read it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.model import (
    Noise,
    OutputReport,
    Resources,
    Variation,
    Verdict,
    Warned,
)
from noxlock.model.preview import Evidence
from noxlock.report import Shown, causes, words
from noxlock.report.terminal import write, write_outputs, write_report
from support.reports import (
    CLOSE,
    GONE,
    SAME,
    TEXT,
    drift,
    full_record,
    full_report,
    package,
    record,
    report,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import CheckReport


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def printed(
    found: CheckReport,
    environ: Mapping[str, str] | None = None,
    *,
    verbose: bool = False,
    evidence: Evidence | None = None,
) -> str:
    stream = io.StringIO()
    shown = Shown(report=found, evidence=evidence or Evidence())
    write_report(shown, stream, environ or {}, verbose=verbose)
    return stream.getvalue()


def test_the_first_line_is_the_headline_and_the_next_names_the_suspects() -> None:
    lines = printed(full_report()).splitlines()

    assert lines[0] == words.headline(full_report())
    assert lines[1] == "since the baseline of 2026-01-02:"
    assert lines[2] == (
        "  scipy 1.14.1 -> 1.15.0 (loaded by the run, minor version, direct, numerical)"
    )
    assert lines[7] == "  and 2 more: -v lists them"
    assert lines[-3:] == [
        "next:",
        "  noxlock report digits --form html -o digits.html",
        '  nox -s "repro(digits)" -- --accept',
    ]


def test_what_is_identical_is_one_line() -> None:
    same = full_record()
    text = printed(report(SAME, SAME, baseline=same, actual=same))
    assert text == "digits: identical: 2 outputs (31 s, 192 MiB)\n"


def test_what_holds_although_packages_changed_says_so() -> None:
    old, new = record(package("scipy", "1.14.1")), record(package("scipy", "1.15.0"))
    found = report(SAME, baseline=old, actual=new, causes=causes(old, new, ()))
    (line,) = printed(found).splitlines()[1:]
    assert line.endswith(": 1 recorded fact changed, and the result holds")
    assert "  scipy 1.14.1 -> 1.15.0" in printed(found, verbose=True)


def test_a_drift_without_any_change_says_that_none_is_recorded() -> None:
    same = record()
    nothing = "no input, package, machine or other fact changed"
    assert nothing in printed(report(drift(), baseline=same, actual=same))
    noise = Noise(runs=2, verdict=Verdict.DRIFTED, outputs=(drift(),))
    flaky = report(drift(), baseline=same, actual=same, flaky=True, noise=noise)
    assert nothing not in printed(flaky)
    assert nothing not in printed(report(GONE, baseline=same, actual=same))


def test_the_table_has_a_row_an_output() -> None:
    text = printed(report(drift(), SAME, GONE, TEXT))

    rows = {
        line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()
    }
    assert rows["weights.npy"] == (
        ["drifted", "20", "5", "0.0012", "4e-5", "336", "[3]:", "30.0", "->", "30.0012"]
    )
    assert rows["metrics.json"] == ["identical", "0"]
    assert rows["log.txt"] == ["not-comparable"]
    assert "log.txt: the output is missing\n" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_narrow_terminal_shows_the_columns_that_matter_most() -> None:
    stream = Terminal()
    environ = {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}
    write_report(Shown(report=full_report()), stream, environ)

    lines = re.sub("\x1b\\[[0-9;]*m", "", stream.getvalue()).splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert any(line.split()[:2] == ["output", "verdict"] for line in lines)
    assert not any("ULP   worst" in line for line in lines)


def test_the_diff_of_a_text_is_shown_and_cut() -> None:
    text = printed(report(TEXT))
    assert "summary.txt, what differs:\n" in text
    assert "  - loss 0.31\n  + loss 0.42\n" in text
    long = msgspec.structs.replace(TEXT, diff=tuple("+ line" for _ in range(20)))
    assert "  and 8 lines more: -v shows them\n" in printed(report(long))
    assert printed(report(long), verbose=True).count("  + line\n") == 20


def test_the_parts_that_failed_are_named() -> None:
    parts = full_report().outputs[1].parts * 3
    many = msgspec.structs.replace(drift("m.npz"), parts=(*parts, parts[0], parts[0]))
    assert (
        "m.npz: 5 of 8 parts out of tolerance: layer1.weight, layer1.weight,"
        " layer1.weight, layer1.weight and 1 more\n"
    ) in printed(report(many))


def test_warnings_noise_variations_and_unmet_settings_are_lines() -> None:
    lines = printed(full_report(attempts=3)).splitlines()
    for line in (
        "not in effect: NPY_DISABLE_CPU_FEATURES asked for no AVX2, numpy uses AVX2",
        (
            "new warning: sklearn.exceptions.ConvergenceWarning: lbfgs failed to"
            " converge after 100 iterations (3 times)"
        ),
        "warning gone: FutureWarning: soon",
        "noise: 3 runs in the same surroundings: identical",
        "varied: threads 2: within-tolerance",
        (
            "varied: hash-seed 1: drifted: weights.npy[3] differs by 0.0012"
            " (relative 4e-5, 336 ULP), 5 of 650 values out of tolerance"
        ),
        (
            "varied: cpu-level x86-64-v2: not-comparable:"
            " it did not take effect: numpy still uses AVX2"
        ),
        "the command was started 3 times",
    ):
        assert line in lines


def test_a_variation_without_a_reason_is_said_by_its_verdict() -> None:
    bare = msgspec.structs.replace(full_report().variations[2], reason="")
    text = printed(report(SAME, verdict=Verdict.NOT_COMPARABLE, variations=(bare,)))
    assert "varied: cpu-level x86-64-v2: not-comparable\n" in text


def test_a_crash_shows_the_end_of_its_log() -> None:
    log = tuple(f"line {number}" for number in range(30))
    text = printed(
        report(reason="`python -m digits` ended with exit status 1"),
        evidence=Evidence(log=log),
    )
    assert text.splitlines()[0].endswith("ended with exit status 1")
    assert "  | line 29\n" in text
    assert "line 19" not in text


def test_verbose_shows_everything_else() -> None:
    text = printed(full_report(), verbose=True)
    for line in (
        "  effective numpy blas openblas 0.3.30 Haswell -> openblas 0.3.31 SkylakeX\n",
        "weights.npy: values by distance in ULP, bars logarithmic\n",
        "model.npz: its parts\n",
        "the run took 31 s, 192 MiB\n",
        "threads 2 took 17 s\n",
        "profile: default\n",
        "  numpy blas      openblas 0.3.31 SkylakeX\n",
        "accepted before:\n",
        "  2026-01-02T03:04:05Z at 0123456789ab\n",
        "    weights.npy: weights.npy[3] differs by 0.001 (relative 4e-5)\n",
        "    numpy 2.3.0 -> 2.4.6\n",
    ):
        assert line in text
    bars = [line for line in text.splitlines() if "#" in line][:5]
    assert [bar.split()[0] for bar in bars] == ["0", "1", "2-3", "16-31", "256-511"]
    assert bars[0].count("#") == 40
    assert 0 < bars[2].count("#") < bars[1].count("#") < 40


def test_verbose_is_short_where_little_is_known() -> None:
    text = printed(report(SAME), verbose=True)
    assert "took" not in text
    assert "in effect" not in text
    assert "accepted before" not in text
    assert "ULP," not in text


def test_outputs_alone_can_be_written() -> None:
    stream = io.StringIO()
    write_outputs([drift(), CLOSE], stream, {})
    assert "predictions.csv" in stream.getvalue()
    stream = io.StringIO()
    write_outputs([], stream, {})
    assert stream.getvalue() == ""


def test_several_checks_are_apart() -> None:
    stream = io.StringIO()
    write([Shown(report=report(SAME)), Shown(report=report(drift()))], stream, {})
    assert stream.getvalue().startswith(
        "digits: identical: 1 output\n\ndigits: drifted"
    )


def test_a_log_is_never_wrapped_and_markup_is_text() -> None:
    name = "a/[bold]very/" + "long/" * 40 + "name.npy"
    text = printed(report(drift(name, where="[1, 2]")), {"CI": "true"})

    assert sum(f"{name}" in line and "drifted" in line for line in text.splitlines())
    assert "\x1b" not in text


@pytest.mark.parametrize("verbose", [False, True])
def test_nothing_in_a_report_steers_the_terminal(verbose: bool) -> None:  # noqa: FBT001 - a parameter
    evil = "\x1b]0;owned\x07\x1b[2J\r\u202e\udcff"
    output = OutputReport(
        output=f"{evil}.npy",
        verdict=Verdict.DRIFTED,
        reason=evil,
        difference=drift(where=evil).difference,
        parts=full_report().outputs[1].parts,
        diff=(f"- {evil}",),
    )
    found = full_report(
        check=evil,
        outputs=(output, output),
        new_warnings=(Warned(category=evil, message=evil),),
        next=(evil,),
        actual=full_record(
            unmet=(evil,),
            profile={evil: evil},
            profile_name=evil,
            effective={evil: evil},
        ),
        variations=tuple(
            Variation(
                axis="tz",
                value=evil,
                verdict=verdict,
                resources=Resources(seconds=17.0),
            )
            for verdict in (Verdict.IDENTICAL, Verdict.DRIFTED)
        ),
    )
    text = printed(found, verbose=verbose, evidence=Evidence(log=(evil,)))
    assert not {"\x1b", "\x07", "\r", "\u202e", "\udcff"} & set(text)


def test_colour_is_forced_and_refused_by_the_usual_variables() -> None:
    assert "\x1b[1;31m" in printed(report(drift()), {"FORCE_COLOR": "1"})
    both = printed(report(drift()), {"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[1;31m" not in both
