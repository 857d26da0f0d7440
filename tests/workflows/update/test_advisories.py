"""Advisories in the OSV format are evaluated as their schema says."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from noxlock.errors import DefinitionError
from noxlock.workflows.update.advisories import (
    affects,
    fixed_in,
    parse_advisory,
    read_advisories,
)

if TYPE_CHECKING:
    from pathlib import Path


def text(*events: dict[str, str], **changes: Any) -> bytes:  # noqa: ANN401 - JSON
    affected: dict[str, Any] = {
        "package": {"ecosystem": "PyPI", "name": "spam.egg"},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
    }
    affected |= changes.pop("affected", {})
    known = {"id": "T-1", "modified": "2026-01-01T00:00:00Z", "affected": [affected]}
    return json.dumps(known | changes).encode()


INTRODUCED = {"introduced": "1.2"}


@pytest.mark.parametrize(
    ("data", "bad", "good"),
    [
        pytest.param(
            text(INTRODUCED, {"fixed": "1.10"}),
            ["1.2", "1.9", "1.10rc1"],
            ["1.1", "1.10", "2.0"],
            id="fixed",
        ),
        pytest.param(
            text(INTRODUCED, {"last_affected": "1.3"}),
            ["1.2", "1.3"],
            ["1.3.1", "1.1"],
            id="last affected",
        ),
        pytest.param(
            text({"introduced": "0"}, {"fixed": "1"}),
            ["0.0", "0.9"],
            ["1"],
            id="from the first on",
        ),
        pytest.param(
            text({"fixed": "2"}, {"introduced": "3"}, INTRODUCED, {"fixed": "4"}),
            ["1.5", "3.5"],
            ["1.0", "2.5", "4"],
            id="twice, in any order",
        ),
        pytest.param(
            text({"introduced": "0"}, {"limit": "2"}), ["1"], ["2"], id="limit"
        ),
        pytest.param(
            text(affected={"ranges": [], "versions": ["1.0"]}),
            ["1.0", "1", "1.0.0"],
            ["1.1"],
            id="listed",
        ),
        pytest.param(
            text({"introduced": "0"}, withdrawn="2026-02-01T00:00:00Z"),
            [],
            ["1"],
            id="withdrawn",
        ),
        pytest.param(
            text({"introduced": "0"}, affected={"package": None}),
            [],
            ["1"],
            id="of no package",
        ),
        pytest.param(
            text(
                {"introduced": "0"},
                affected={"package": {"ecosystem": "npm", "name": "spam-egg"}},
            ),
            [],
            ["1"],
            id="another ecosystem",
        ),
        pytest.param(
            text(affected={"ranges": [{"type": "GIT", "events": [INTRODUCED]}]}),
            [],
            ["1.2"],
            id="commits",
        ),
    ],
)
def test_a_version_has_it_or_not(data: bytes, bad: list[str], good: list[str]) -> None:
    advisory = parse_advisory(data, "a.json")

    found = [v for v in (*bad, *good) if affects(advisory, "Spam_Egg", v)]

    assert found == bad
    assert not affects(advisory, "ham", "1.2")


def test_it_is_fixed_in_what_comes_after() -> None:
    data = text(INTRODUCED, {"fixed": "1.5"}, {"introduced": "2"}, {"fixed": "2.10"})
    advisory = parse_advisory(data, "a.json")

    assert fixed_in(advisory, "spam-egg", "2.1") == ("2.10",)
    assert fixed_in(advisory, "spam-egg", "1.2") == ("1.5", "2.10")


def test_files_folders_and_zip_files_are_read_each_advisory_once(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "osv"
    folder.mkdir()
    (folder / "one.json").write_bytes(text(id="T-1"))
    (folder / "notes.txt").write_text("no advisory")
    (tmp_path / "again.json").write_bytes(text(id="T-1"))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("two.json", text(id="T-2"))

    paths = [folder, tmp_path / "again.json", tmp_path / "all.zip"]

    assert [each.id for each in read_advisories(paths)] == ["T-1", "T-2"]


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.json", b"{", "not an advisory in the OSV format"),
        ("a.json", b'{"id": 1}', "not an advisory in the OSV format"),
        ("a.zip", b"", "the advisories cannot be read"),
        ("none.json", None, "the advisories cannot be read: No such file"),
        ("folder", None, "there is no JSON file in it"),
    ],
)
def test_what_is_none_is_an_error_with_its_file(
    tmp_path: Path, name: str, data: bytes | None, what: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    elif not path.suffix:
        path.mkdir()

    with pytest.raises(DefinitionError, match=what) as caught:
        read_advisories([path])

    assert name in (caught.value.file or "")
