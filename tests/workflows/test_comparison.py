"""Outputs beside their baseline: what the store lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.model import BaselineStore, Verdict
from support.checks import reasons

if TYPE_CHECKING:
    import pytest

    from support.checks import Project


def test_a_large_output_comes_from_the_store_or_is_not_comparable(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = tmp_path_factory.mktemp("store")
    project.environ = {
        **project.environ,
        "NOXLOCK_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
    }
    project.change(baseline_store=BaselineStore(url=str(store), above=100))
    assert project.run(accept=True).accepted
    assert not (project.baseline / "outputs" / "weights.npy").exists()
    assert project.run().verdict is Verdict.IDENTICAL

    project.change(baseline_store=None)
    project.environ = {
        **project.environ,
        "NOXLOCK_CACHE_DIR": str(tmp_path_factory.mktemp("empty")),
    }
    report = project.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "the check has no `baseline-store`" in reasons(report)["weights.npy"]
    assert reasons(report)["deep/metrics.json"] == ""
