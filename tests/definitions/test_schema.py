"""The JSON Schema: made from the model, complete, and of one mind with the reader."""

from __future__ import annotations

import json
from typing import Any

from noxlock.definitions import json_schema, load_definitions
from noxlock.model import Definitions


def test_the_schema_is_json_and_refers_only_to_itself() -> None:
    schema = json.loads(json.dumps(json_schema()))

    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["title"] == "Definitions of noxlock"
    references = list(_references(schema))
    assert references
    assert {one.removeprefix("#/$defs/") for one in references} == set(schema["$defs"])


def test_every_table_is_closed() -> None:
    schema = json_schema()

    tables = [schema, *(one for one in schema["$defs"].values() if "enum" not in one)]

    assert all(table["additionalProperties"] is False for table in tables)


def test_every_section_is_there_and_may_be_empty() -> None:
    properties = json_schema()["properties"]

    assert set(properties) == {*Definitions.__struct_fields__, "$schema"}
    for section in Definitions.__struct_fields__:
        assert properties[section]["type"] == ["object", "null"]


def test_editors_have_something_to_show() -> None:
    definitions = json_schema()["$defs"]

    assert definitions["Environment"]["properties"]["pypi"]["description"]
    assert "only-binary" in definitions["Environment"]["properties"]
    assert definitions["ProjectInstall"]["enum"] == ["editable", "none", "wheel"]
    assert definitions["Session"]["required"] == ["environment", "run"]


def test_what_names_the_schema_is_no_definition() -> None:
    assert load_definitions({"a.json": b'{"$schema": "schema.json"}'}) == Definitions()


def _references(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    match value:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [one for item in value.values() for one in _references(item)]
        case list():
            return [one for item in value for one in _references(item)]
        case _:
            return []
