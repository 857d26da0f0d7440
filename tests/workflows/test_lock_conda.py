"""Several locks at once: what each is asked for, and what becomes of failures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError, SolveError
from noxlock.model import Definitions, LockDefinition
from noxlock.report.progress import Quiet
from noxlock.store.memo import Memo
from noxlock.workflows.lock import LockOptions, LockOutcome, run_lock
from noxlock.workflows.parts import Parts
from noxlock.workflows.project import Project
from support.conda_repodata import PUBLIC, serve_channels, write_channels

if TYPE_CHECKING:
    from collections.abc import Sequence

SOUND = Path(__file__).parent.parent / "assets/conda-lock/sound.yml"
CHANNEL = "http://127.0.0.1:9/none"


class QuietParts(Parts):
    """The real parts, which say nothing."""

    @property
    def progress(self) -> Quiet:
        """Nothing."""
        return Quiet()


def outcomes(
    root: Path, names: Sequence[str], options: LockOptions
) -> tuple[LockOutcome, ...]:
    definition = LockDefinition(source="environment.yml", targets=("linux-64",))
    definitions = Definitions(locks=dict.fromkeys(names, definition))
    parts = QuietParts(root, offline=False, environ={}, home=root)
    project = Project.open(root, definitions)
    return run_lock(project, options, parts, folder=root / ".nox")


def test_a_lock_that_holds_nothing_of_what_is_updated_stays(tmp_path: Path) -> None:
    (tmp_path / "conda-lock.yml").write_bytes(SOUND.read_bytes())

    with pytest.raises(DefinitionError) as caught:
        outcomes(tmp_path, ["conda-lock.yml"], LockOptions(update=("nunpy",)))

    assert str(caught.value) == "lock: no lock holds `nunpy`"
    assert caught.value.hint == "did you mean `numpy`?"
    # The other one is not asked for: its source, which is not there, is not read.
    with pytest.raises(SolveError, match=r"environment\.yml: there is no such file"):
        outcomes(tmp_path, ["a.yml", "conda-lock.yml"], LockOptions(update=("numpy",)))


def test_every_failure_is_listed(tmp_path: Path) -> None:
    with pytest.raises(SolveError) as caught:
        outcomes(tmp_path, ["a.yml", "b.yml"], LockOptions())

    assert str(caught.value).splitlines() == [
        "2 locks failed",
        "  environment.yml: there is no such file",
        "  environment.yml: there is no such file",
    ]


def test_a_channel_that_cannot_be_reached_leaves_the_lock(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(
        f"channels: [{CHANNEL}]\ndependencies: [python]\n"
    )
    (tmp_path / "conda-lock.yml").write_bytes(SOUND.read_bytes())
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    definition = LockDefinition(source="environment.yml", targets=("linux-64",))
    project = Project.open(tmp_path, Definitions(locks={"conda-lock.yml": definition}))
    parts = QuietParts(tmp_path, offline=False, environ=environ, home=tmp_path)

    found = run_lock(project, LockOptions(), parts, folder=tmp_path / ".nox")

    assert [one.failed for one in found] == [("linux-64",)]
    assert (tmp_path / "conda-lock.yml").read_bytes() == SOUND.read_bytes()
    checked = run_lock(project, LockOptions(check=True), parts, folder=tmp_path)
    assert checked[0].stale


def test_pins_that_fit_are_kept_until_an_upgrade(tmp_path: Path) -> None:
    channels = write_channels(tmp_path / "channels")
    with serve_channels(channels) as served:
        environ = {
            "NOXLOCK_CACHE_DIR": str(tmp_path / "cache"),
            "NOXLOCK_CONDA_MIRRORS": served.mirrors,
        }
        source = tmp_path / "environment.yml"
        text = f"channels: [{PUBLIC}/main]\ndependencies: [{{0}}]\n"
        source.write_text(text.format("numpy <2.1"))
        definition = LockDefinition(source="environment.yml", targets=("linux-64",))
        definitions = Definitions(locks={"conda-lock.yml": definition})
        parts = QuietParts(tmp_path, offline=False, environ=environ, home=tmp_path)

        def lock(*, upgrade: bool = False) -> bytes:
            project = Project.open(tmp_path, definitions, memo=Memo(parts.cache))
            options = LockOptions(upgrade=upgrade)
            run_lock(project, options, parts, folder=tmp_path / ".nox")
            return (tmp_path / "conda-lock.yml").read_bytes()

        assert b"numpy-2.0.0-" in lock()
        source.write_text(text.format("numpy"))
        kept, asked = lock(), len(served.requests)
        settled = lock()

        assert b"numpy-2.0.0-" in kept
        assert settled == kept
        assert len(served.requests) == asked, "nothing was asked of the channel"
        assert b"numpy-2.1.0-" in lock(upgrade=True)
