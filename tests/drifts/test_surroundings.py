"""One lock, one machine, other surroundings: results that really change, and those not.

`vary` must find the ones that change, and leave the ones that a converged solver gives.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest

from noxlock.model import Verdict
from support.drift_project import Drift

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import CheckReport, Variation
    from support.drift_project import DriftProject

    Make = Callable[[Drift], DriftProject]

pytestmark = [pytest.mark.drifts, pytest.mark.slow]

SKLEARN = (
    "scikit-learn==1.5.2",
    "scipy==1.14.1",
    "numpy==1.26.4",
    "joblib==1.4.2",
    "threadpoolctl==3.5.0",
)
# One model that stops at 100 iterations, and one of scaled features that converges.
SOLVERS = """\
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
features, labels = load_breast_cancer(return_X_y=True)
stopped = LogisticRegression().fit(features, labels)
np.save(folder / "stopped.npy", stopped.coef_)
solver = LogisticRegression(solver="lbfgs", tol=1e-12, max_iter=10_000)
model = make_pipeline(StandardScaler(), solver).fit(features, labels)
np.save(folder / "converged.npy", model[-1].coef_)
"""
MODELS = Drift(
    needs="scikit-learn",
    script=SOLVERS,
    outputs="""\
    outputs:
      stopped.npy: {rtol: 1e-6}
      converged.npy: {rtol: 1e-8}
    profile: {env: {OPENBLAS_CORETYPE: Haswell}}
    vary:
      threads: [1, 2]
      blas-core: [Haswell, Sandybridge, Prescott]
      hash-seed: [0, 1]
      file-order: [reversed]
      tz: [NPT-5:45]  # of Nepal; understood where there are no time zones
""",
)
ROUTES = Drift(
    needs="networkx",
    script="""\
import json
import sys
from pathlib import Path

import networkx as nx
from networkx.algorithms.approximation import steiner_tree

towns = nx.complete_graph(["a", "b", "c", "d", "e", "f"])
tree = steiner_tree(towns, ["a", "b", "c", "e"], method="kou")
edges = sorted(sorted(edge) for edge in tree.edges)
Path(sys.argv[1], "tree.json").write_text(json.dumps(edges))
Path(sys.argv[1], "length.json").write_text(json.dumps(len(edges)))
""",
    outputs="""\
    outputs: {tree.json: {}, length.json: {}}
    vary: {hash-seed: [0, 1], home: random, cwd: random}
""",
)
RANKING = Drift(
    needs="pandas",
    script="""\
import sys
from pathlib import Path

import numpy as np
import pandas as pd

scores = np.random.default_rng(0).integers(0, 10, 1000)
table = pd.DataFrame({"row": np.arange(1000), "score": scores})
folder = Path(sys.argv[1])
for kind in ("quicksort", "stable"):
    best = table.sort_values("score", kind=kind).head(10)
    best.to_csv(folder / f"{kind}.csv", index=False)
""",
    outputs="""\
    outputs: {quicksort.csv: {}, stable.csv: {}}
    vary: {cpu-level: [x86-64-v2, x86-64-v3]}
""",
)


@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="OpenBLAS's kernels of x86-64"
)
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="OpenBLAS needs two cores")
def test_threads_and_kernels_move_the_solver_that_did_not_converge(
    project: Make,
) -> None:
    repro = project(MODELS)
    repro.lock(*SKLEARN)

    recorded = repro.repro("--accept")
    assert recorded.status == 1, "it is recorded, and what is varied fails it still"
    assert repro.report().accepted, recorded.err
    first = repro.report()
    ran = repro.repro()

    report = repro.report()
    assert ran.status == 1, "a variation that is declared must not matter, and does"
    assert {output.output: output.verdict for output in report.outputs} == {
        "stopped.npy": Verdict.IDENTICAL,
        "converged.npy": Verdict.IDENTICAL,
    }
    assert report.verdict is Verdict.DRIFTED
    moving = {("threads", "2"), ("blas-core", "Sandybridge"), ("blas-core", "Prescott")}
    harmless = {
        ("hash-seed", "1"),
        ("file-order", "reversed"),
        ("tz", "NPT-5:45"),
    }
    assert named(report) == moving | harmless, "what the run itself has is left out"
    for (axis, value), variation in by_name(report).items():
        verdicts = verdicts_of(variation)
        if (axis, value) in moving:
            assert variation.verdict is Verdict.DRIFTED, (axis, value)
            assert verdicts["stopped.npy"] is Verdict.DRIFTED
            assert verdicts["converged.npy"].passed
            assert f"{axis} {value}" in ran.err.replace("=", " ").replace(": ", " ")
        else:
            assert variation.verdict is Verdict.IDENTICAL, (axis, value)
    # The bad one had said so all the time: a finding of its own.
    assert report.baseline is not None
    for record in (report.baseline, report.actual, first.actual):
        (warned,) = record.warnings
        assert warned.category == "sklearn.exceptions.ConvergenceWarning"
        assert "failed to converge" in warned.message
        assert warned.count == 1
    assert "ConvergenceWarning" in ran.out + ran.err


def test_the_hash_seed_moves_a_steiner_tree_and_not_its_length(project: Make) -> None:
    repro = project(ROUTES)
    repro.lock("networkx==3.6.1")

    recorded = repro.repro("--accept")
    assert recorded.status == 1, "it is recorded, and what is varied fails it still"
    assert repro.report().accepted, recorded.err
    ran = repro.repro()

    report = repro.report()
    assert ran.status == 1
    assert named(report) == {
        ("hash-seed", "1"),
        ("home", "random"),
        ("cwd", "random"),
    }
    found = by_name(report)
    assert verdicts_of(found["hash-seed", "1"]) == {
        "tree.json": Verdict.DRIFTED,
        "length.json": Verdict.IDENTICAL,
    }
    assert found["home", "random"].verdict is Verdict.IDENTICAL
    assert found["cwd", "random"].verdict is Verdict.IDENTICAL


@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"}, reason="levels of x86-64"
)
def test_the_processors_level_moves_what_an_unstable_sort_does_with_ties(
    project: Make,
) -> None:
    repro = project(RANKING)
    repro.lock(
        "pandas==2.2.3",
        "numpy==2.0.2",
        "pytz==2022.6",
        "six==1.16.0",
        "tzdata==2024.2",
        "python-dateutil==2.9.0.post0",
    )

    recorded = repro.repro("--accept")
    assert recorded.status == 1, "it is recorded, and what is varied fails it still"
    assert repro.report().accepted, recorded.err
    ran = repro.repro()

    report = repro.report()
    assert ran.status == 1, ran.err
    oldest = by_name(report)["cpu-level", "x86-64-v2"]
    assert verdicts_of(oldest) == {
        "quicksort.csv": Verdict.DRIFTED,
        "stable.csv": Verdict.IDENTICAL,
    }


def by_name(report: CheckReport) -> dict[tuple[str, str], Variation]:
    """Return the variations by axis and value."""
    return {(each.axis, each.value): each for each in report.variations}


def named(report: CheckReport) -> set[tuple[str, str]]:
    """Return axis and value of the variations."""
    return set(by_name(report))


def verdicts_of(variation: Variation) -> dict[str, Verdict]:
    """Return the verdict of each output."""
    return {output.output: output.verdict for output in variation.outputs}
