"""The report as JUnit XML, as Jenkins and GitLab read it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec

from noxlock.model import Noise, Verdict
from noxlock.report import FORMS, Shown
from noxlock.report.words import headline
from support.reports import (
    GONE,
    SAME,
    drift,
    evidence,
    full_record,
    full_report,
    record,
    report,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from noxlock.model import CheckReport
    from noxlock.model.preview import Evidence

# What Jenkins' junit-10.xsd and GitLab's parser know of each element.
KNOWN = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {
        "name",
        "tests",
        "failures",
        "errors",
        "skipped",
        "time",
        "timestamp",
    },
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
}


def suites(*reports: CheckReport, beside: Evidence | None = None) -> list[Element]:
    stream = io.StringIO()
    shown = [
        Shown(report=each, evidence=beside) if beside else Shown(report=each)
        for each in reports
    ]
    FORMS["junit"].write(shown, stream, {})
    text = stream.getvalue()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    top = ET.fromstring(text)  # noqa: S314 - written a line above
    for element in top.iter():
        assert set(element.attrib) <= KNOWN[element.tag]
    for suite in top:
        counted = [child.tag for case in suite.iter("testcase") for child in case]
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "")) == counted.count("failure")
        assert int(suite.get("errors", "")) == counted.count("error")
        assert int(suite.get("skipped", "")) == counted.count("skipped")
        names = [case.get("name") for case in suite.iter("testcase")]
        assert len(set(names)) == len(names)
    for name in ("tests", "failures", "errors", "skipped"):
        assert int(top.get(name, "")) == sum(int(each.get(name, "")) for each in top)
    return list(top)


def cases(suite: Element) -> dict[str | None, list[str]]:
    return {
        case.get("name"): [child.tag for child in case]
        for case in suite.iter("testcase")
    }


def test_each_output_and_variation_and_the_run_itself_are_cases() -> None:
    (suite,) = suites(full_report(), beside=evidence())

    assert cases(suite) == {
        "run": ["system-out"],
        "weights.npy": ["failure"],
        "model.npz": ["failure"],
        "summary.txt": ["failure", "system-out"],
        "predictions.csv": [],
        "metrics.json": [],
        "varied: threads 2": [],
        "varied: hash-seed 1": ["failure"],
        "varied: cpu-level x86-64-v2": ["error"],
    }
    first = suite.find("testcase")
    assert first is not None
    assert first.attrib == {
        "name": "run",
        "classname": "repro.digits",
        "time": "31.400",
    }
    assert suite.get("time") == "48.400"
    assert suite.get("timestamp") == "2026-11-21T02:00:00"


def test_a_failure_says_what_differs_and_what_changed() -> None:
    (suite,) = suites(full_report())
    failure = suite.find("testcase[@name='model.npz']/failure")
    assert failure is not None
    assert failure.get("type") == "drifted"
    assert failure.get("message", "").startswith("model.npz[3] differs by 0.0012")
    lines = (failure.text or "").splitlines()
    assert lines[0] == failure.get("message")
    assert lines[1] == "layer1.weight"
    assert lines[2].startswith("scipy 1.14.1 -> 1.15.0 (loaded by the run")
    out = suite.find("testcase[@name='summary.txt']/system-out")
    assert out is not None
    assert "- loss 0.31\n+ loss 0.42\n" in (out.text or "")


def test_properties_say_where_it_ran() -> None:
    (suite,) = suites(full_report())
    found = [(each.get("name"), each.get("value")) for each in suite.iter("property")]
    assert ("verdict", "drifted") in found
    assert ("command", "python -m digits {outputs}") in found
    assert ("since the baseline", "idna 3.6 -> 3.7 (minor version)") in found
    assert [name for name, _ in found].count("new warning") == 1


def test_a_run_that_failed_is_an_error_of_the_run() -> None:
    (suite,) = suites(
        report(reason="`python` ended with exit status 1"), beside=evidence()
    )
    assert cases(suite) == {"run": ["error", "system-out"]}
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message") == "`python` ended with exit status 1"
    assert error.get("type") == "not-comparable"


def test_flaky_runs_are_a_failure_of_the_run() -> None:
    noise = Noise(runs=3, verdict=Verdict.DRIFTED, outputs=(drift(),))
    found = report(SAME, flaky=True, noise=noise)
    (suite,) = suites(found)
    assert cases(suite) == {"run": ["failure"], "metrics.json": []}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message", "") in headline(found)


def test_what_fails_without_an_output_or_a_reason_is_a_failure_of_the_run() -> None:
    (suite,) = suites(report(SAME, verdict=Verdict.DRIFTED))
    assert cases(suite) == {"run": ["failure"], "metrics.json": []}


def test_a_missing_output_is_an_error_and_an_uncompared_one_is_skipped() -> None:
    (suite,) = suites(report(GONE, baseline=record()))
    assert cases(suite) == {"run": [], "log.txt": ["error"]}
    uncompared = msgspec.structs.replace(SAME, compared=0)
    (suite,) = suites(report(uncompared))
    assert cases(suite) == {"run": [], "metrics.json": ["skipped"]}


def test_several_checks_are_several_suites() -> None:
    one, other = suites(full_report(), report(SAME))
    assert (one.get("failures"), other.get("failures")) == ("4", "0")


def test_what_xml_has_no_character_for_is_replaced_and_markup_is_text() -> None:
    evil = "a\x00b\x1b[31m\ud800<![CDATA[]]>&lt;\ufffe"
    output = msgspec.structs.replace(
        drift(evil), diff=(f"- {evil}", "+ " + "x" * 100_000)
    )
    (suite,) = suites(full_report(check=evil, outputs=(output,)))
    name = "a\ufffdb\ufffd[31m\ufffd<![CDATA[]]>&lt;\ufffd"
    assert suite.get("name") == name
    out = suite.find(f"testcase[@name='{name}']/system-out")
    assert out is not None
    assert (out.text or "").startswith(f"- {name}\n+ xxx")
    assert (out.text or "").endswith("x\n...")


def test_warnings_and_noise_are_properties() -> None:
    old = full_record()
    noise = Noise(runs=3, verdict=Verdict.IDENTICAL, outputs=())
    (suite,) = suites(report(drift(), baseline=old, actual=old, noise=noise))
    found = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert "ConvergenceWarning" in str(found["warning, as in the baseline"])
    assert found["noise"] == "3 runs in the same surroundings: identical"
