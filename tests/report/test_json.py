"""The report as JSON."""

from __future__ import annotations

import io
import json

import pytest

from noxlock.model import Difference, OutputReport, Verdict
from noxlock.report import FORMS
from noxlock.report.json import to_json
from support.reports import drift, record, report


def test_keys_have_a_fixed_order_and_floats_their_full_precision() -> None:
    text = to_json(report(drift(absolute=0.1 + 0.2)))
    found = json.loads(text)

    assert list(found) == [
        "check",
        "verdict",
        "outputs",
        "baseline",
        "actual",
        "reason",
    ]
    assert found["outputs"][0]["difference"]["absolute"] == 0.30000000000000004
    assert found["actual"]["profile"] == {"A": "1", "B": "2"}
    assert list(found["actual"]["profile"]) == ["A", "B"]
    assert text.endswith("}\n")


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_what_json_cannot_say_is_a_string(number: str) -> None:
    difference = Difference(
        absolute=float(number),
        relative=float(number),
        where="[0]",
        actual=number,
        baseline="1.0",
        violations=1,
        compared=1,
    )
    output = OutputReport(
        output="a.npy", verdict=Verdict.DRIFTED, difference=difference
    )
    found = json.loads(to_json(report(output)))

    assert found["outputs"][0]["difference"]["absolute"] == number


def test_every_form_writes_to_a_stream() -> None:
    for name, write in FORMS.items():
        stream = io.StringIO()
        write(report(drift(), baseline=record()), stream)
        assert "weights.npy" in stream.getvalue(), name
