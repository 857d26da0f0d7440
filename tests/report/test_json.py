"""The report as JSON, and its schema."""

from __future__ import annotations

import io
import json

import pytest

from noxlock.errors import CompareError
from noxlock.model import OutputReport, Place, Verdict
from noxlock.report import FORMS, Shown
from noxlock.report.json import parse_evidence, parse_report, to_json
from noxlock.report.schema import json_schema
from support.reports import (
    GONE,
    SAME,
    difference,
    drift,
    evidence,
    full_report,
    record,
    report,
)


def odd(number: str) -> OutputReport:
    place = Place(
        where="[0]",
        baseline="1.0",
        actual=number,
        absolute=float(number),
        relative=float(number),
    )
    found = difference(
        absolute=float(number), relative=float(number), first=place, worst=place
    )
    return OutputReport(output="a.npy", verdict=Verdict.DRIFTED, difference=found)


def test_keys_have_a_fixed_order_and_floats_their_full_precision() -> None:
    text = to_json(report(drift(absolute=0.1 + 0.2)))
    found = json.loads(text)

    assert list(found)[:4] == ["format", "check", "verdict", "outputs"]
    assert found["format"] == 2
    assert found["outputs"][0]["difference"]["absolute"] == 0.30000000000000004
    assert list(found["actual"]["profile"]) == ["A", "B"]
    assert text.endswith("}\n")


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_what_json_cannot_say_is_a_string_and_comes_back_as_a_float(
    number: str,
) -> None:
    text = to_json(report(odd(number)))
    assert json.loads(text)["outputs"][0]["difference"]["absolute"] == number
    back = parse_report(text.encode(), "report.json")
    assert back.outputs[0].difference is not None
    assert str(back.outputs[0].difference.absolute) == number
    assert to_json(back) == text


@pytest.mark.parametrize(
    "whole", [full_report(), report(), report(GONE, reason="no"), report(SAME)]
)
def test_a_report_is_read_as_it_was_written(whole: object) -> None:
    assert parse_report(to_json(whole).encode(), "report.json") == whole


def test_what_is_shown_beside_a_report_is_read_as_it_was_written() -> None:
    assert parse_evidence(to_json(evidence()).encode(), "e.json") == evidence()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{", "the report is damaged: "),
        (b"[]", "the report is damaged: "),
        (b'{"format": 2}', "the report is damaged: "),
        (b'{"format": 1}', "the report has format 1, this noxlock knows 2"),
    ],
)
def test_a_damaged_report_is_one_clear_error(data: bytes, what: str) -> None:
    with pytest.raises(CompareError, match=rf"r\.json: {what}") as caught:
        parse_report(data, "r.json")
    assert caught.value.hint == "run the check again"


def test_several_reports_are_one_array() -> None:
    stream = io.StringIO()
    shown = [Shown(report=report(SAME)), Shown(report=report(drift()))]
    FORMS["json"].write(shown, stream, {})
    assert [one["verdict"] for one in json.loads(stream.getvalue())] == [
        "identical",
        "drifted",
    ]


def test_every_form_writes_to_a_stream() -> None:
    for name, form in FORMS.items():
        stream = io.StringIO()
        shown = [Shown(report=report(drift(), baseline=record()))]
        form.write(shown, stream, {})
        assert "weights.npy" in stream.getvalue(), name


@pytest.mark.parametrize(
    "whole",
    [
        full_report(),
        full_report(flaky=True, accepted=True),
        report(),
        report(GONE),
        *(report(odd(number)) for number in ("inf", "-inf", "nan", "0.5")),
    ],
)
def test_reports_are_what_the_schema_says(whole: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())
    tree = json.loads(to_json(whole))
    assert [error.message for error in validator.iter_errors(tree)] == []


def test_the_schema_is_one_and_says_what_the_fields_mean() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["format"]["const"] == 2
    relative = schema["$defs"]["Place"]["properties"]["relative"]
    assert relative["description"].endswith("inf for baseline 0.")
    assert relative["anyOf"][-1]["enum"] == ["inf", "-inf", "nan"]
    assert (
        "null: no numbers"
        in schema["$defs"]["Place"]["properties"]["absolute"]["description"]
    )
    assert schema["$defs"]["Resources"]["properties"]["seconds"] == {
        "anyOf": [{"type": "number"}, relative["anyOf"][-1]],
        "description": "Wall time.",
    }
    references = json.dumps(schema).count('"$ref"')
    assert json.dumps(schema).count('"#/$defs/') == references


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 1),
        ("verdict", "fine"),
        ("outputs", None),
        ("actual", None),
        ("flaky", "no"),
    ],
)
def test_the_schema_refuses_what_is_no_report(field: str, value: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    tree = {**json.loads(to_json(full_report())), field: value}
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(tree)


def test_the_package_says_which_name_it_lacks() -> None:
    with pytest.raises(ImportError, match="nothing"):
        from noxlock.report import nothing  # noqa: F401, PLC0415


def test_a_name_that_is_no_utf8_is_written_as_utf8_and_read_back() -> None:
    text = to_json(report(drift("bad\udcff.npy")))
    back = parse_report(text.encode(), "report.json")
    assert back.outputs[0].output == r"bad\udcff.npy"
