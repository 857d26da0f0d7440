"""The locks of a project are replaced at the end, and only as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError, StaleLockError
from noxlock.model import Definitions, LockDefinition
from noxlock.workflows.parts import Parts
from noxlock.workflows.project import Project
from noxlock.workflows.update.candidates import Candidates
from support.nox_project import PYPROJECT, poetry_lock, tool_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import LockDefinition as Locked


def lock(version: str = "1.0") -> bytes:
    return poetry_lock(PYPROJECT, dict([tool_wheel(version)])).encode()


def candidates(root: Path, locks: dict[str, Locked] | None = None) -> Candidates:
    if locks is None:
        locks = {"poetry.lock": LockDefinition()}
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "poetry.lock").write_bytes(lock())
    return Candidates(
        project=Project.open(root, Definitions(locks=locks)),
        parts=Parts(root, offline=True, environ={}, home=root),
        folder=root / ".nox/noxlock",
        work=root / ".nox/update/work",
    )


def test_what_changed_is_written_and_told(tmp_path: Path) -> None:
    found = candidates(tmp_path)
    old, new = found.old, {"poetry.lock": lock("2.0")}

    (difference,) = found.differences(old, new)
    written = found.write(new)

    assert difference.lock == "poetry.lock"
    assert [each.name for each in difference.changes] == ["tool"]
    assert found.differences(old, old) == ()
    assert written == ("poetry.lock",)
    assert (tmp_path / "poetry.lock").read_bytes() == new["poetry.lock"]


def test_a_lock_that_was_changed_meanwhile_is_left(tmp_path: Path) -> None:
    found = candidates(tmp_path)
    new = {**found.old, "poetry.lock": lock("2.0")}
    (tmp_path / "poetry.lock").write_bytes(b"# by hand\n")

    with pytest.raises(StaleLockError, match="changed while the update ran"):
        found.write(new)

    assert (tmp_path / "poetry.lock").read_bytes() == b"# by hand\n"


def test_a_project_without_locks_has_nothing_to_update(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no lock is declared"):
        _ = candidates(tmp_path, {}).old
