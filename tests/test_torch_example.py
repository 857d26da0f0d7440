"""The PyTorch example locks nothing here, and reruns to the same bits on a CPU."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.model import Verdict
from support.drift_project import read_report, run_nox, user_environ
from support.nox_project import poetry_lock
from support.real_wheels import real_wheels, wheels_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import CheckReport
    from support.nox_project import Outcome

pytest.importorskip("ml_dtypes", reason="noxlock's extra `safetensors` is not here")
pytestmark = [pytest.mark.torch, pytest.mark.slow]

EXAMPLE = Path(__file__).parent.parent / "examples/torch"
# A build for CPUs only: the others need gigabytes besides.
PINS = (
    "torch==2.13.0+cpu",
    "filelock==3.16.1",
    "fsspec==2024.10.0",
    "jinja2==3.1.6",
    "markupsafe==3.0.2",
    "mpmath==1.3.0",
    "networkx==3.4.2",
    "numpy==2.2.6",
    "safetensors==0.5.3",
    "setuptools==80.9.0",
    "sympy==1.14.0",
    "typing-extensions==4.12.2",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store that starts empty."""
    return tmp_path_factory.mktemp("store")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A copy of the example, and how nox is run in it."""

    root: Path
    environ: Mapping[str, str]

    def nox(self, *args: str) -> Outcome:
        """Run nox with *args*."""
        return run_nox(self.root, self.environ, *args)

    def report(self) -> CheckReport:
        """Return what the last run wrote to report.json."""
        return read_report(self.root, "spirals")


@pytest.fixture
def example(tmp_path: Path, store: Path) -> Example:
    """Return a copy of the example with a lock of what pip takes here.

    The wheels come from a folder, as pip's `find-links` names it, and from no index.
    """
    wheels = real_wheels(*PINS)
    root = tmp_path / "spirals"
    shutil.copytree(EXAMPLE, root)
    pyproject = (root / "pyproject.toml").read_text("utf-8")
    lock = poetry_lock(pyproject, {n: path.read_bytes() for n, path in wheels.items()})
    (root / "poetry.lock").write_text(lock, "utf-8")
    links = {"PIP_FIND_LINKS": str(wheels_folder()), "PIP_NO_INDEX": "1"}
    return Example(root=root, environ=user_environ(tmp_path, store) | links)


def test_the_network_is_trained_to_the_same_bits_and_another_seed_drifts(
    example: Example,
) -> None:
    fresh = example.nox("-s", "lock", "--", "--check")
    recorded = example.nox("-s", "repro", "--", "--accept")
    assert recorded.status == 0, recorded.err
    first = example.report()
    ran = example.nox("-s", "repro")
    second = example.report()

    assert fresh.status == 0, fresh.err
    assert first.accepted
    assert ran.status == 0, ran.err
    assert second.verdict is Verdict.IDENTICAL
    assert {(each.axis, each.value): each.verdict for each in second.variations} == {
        ("threads", "2"): Verdict.IDENTICAL,
        ("hash-seed", "1"): Verdict.IDENTICAL,
    }
    assert not second.actual.unmet, "all that the profile asks for took effect"
    assert "torch" in second.actual.loaded

    script = example.root / "train.py"
    text = script.read_text("utf-8")
    script.write_text(text.replace("SEED = 20240229", "SEED = 20240301"), "utf-8")
    other = example.nox("-s", "repro", "--", "--no-vary")
    third = example.report()

    assert other.status == 1
    assert third.verdict is Verdict.DRIFTED
    assert not third.variations
    (model,) = [one for one in third.outputs if one.output == "model.safetensors"]
    assert model.difference is not None
    assert model.difference.violations > 4000
    assert {part.key for part in model.parts} == {
        f"{layer}.{kind}" for layer in (0, 2, 4) for kind in ("bias", "weight")
    }


def test_another_processors_kernels_stay_within_the_tolerance(
    example: Example,
) -> None:
    assert example.nox("-s", "repro", "--", "--accept", "--no-vary").status == 0
    definitions = example.root / "sessions/repro.yml"
    text = definitions.read_text("utf-8")
    definitions.write_text(text.replace("profile: portable", "profile: default"))

    ran = example.nox("-s", "repro", "--", "--no-vary")

    assert ran.status == 0, ran.err
    assert example.report().verdict is Verdict.WITHIN_TOLERANCE
    assert any(cause.name == "ATEN_CPU_CAPABILITY" for cause in example.report().causes)
