"""Where the report of an update goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError
from noxlock.model.update import UpdateReport, UpdateVerdict
from noxlock.workflows.update.showing import ready, write_report

if TYPE_CHECKING:
    from pathlib import Path

REPORT = UpdateReport(verdict=UpdateVerdict.CURRENT)


def test_it_goes_to_its_file_and_to_the_page_of_the_run(tmp_path: Path) -> None:
    path, page = tmp_path / "new/report.md", tmp_path / "page.md"
    page.write_text("before\n")

    ready(path)
    write_report(REPORT, path, {"GITHUB_STEP_SUMMARY": str(page)})

    assert path.read_text().startswith("## Update: the locks are the newest")
    assert page.read_text() == f"before\n{path.read_text()}\n"


def test_a_page_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    write_report(REPORT, tmp_path / "a.md", {"GITHUB_STEP_SUMMARY": str(tmp_path)})

    assert (tmp_path / "a.md").exists()


def test_a_place_that_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for path in (tmp_path, tmp_path / "file/report.md"):
        with pytest.raises(DefinitionError, match="--markdown: the report cannot be"):
            ready(path)
    with pytest.raises(DefinitionError, match="the report cannot be written"):
        write_report(REPORT, tmp_path, {})
