"""Whatever a search concludes can be said in every form."""

from __future__ import annotations

import io
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.model.culprit import CulpritReport, CulpritVerdict
from noxlock.report.culprits import sentence
from noxlock.report.culprits_markdown import culprits_markdown
from noxlock.report.culprits_terminal import write_culprits
from noxlock.report.json import to_json
from noxlock.search import Changes, Options, OutcomeKind
from noxlock.workflows.culprit.told import Known, Ran, told
from support.mixes import BAD, GOOD, UNRESOLVED, World, change, releases

pytestmark = pytest.mark.slow

NAMES = [f"p{number}" for number in range(6)]


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    weights=st.sampled_from([(1, 1, 0), (1, 1, 1), (3, 1, 0), (1, 0, 0), (0, 1, 1)]),
    needs=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))),
    budget=st.none() | st.integers(0, 12),
    between=st.integers(0, 5),
    flaky=st.booleans(),
)
def test_every_conclusion_is_said(  # noqa: PLR0913
    *,
    seed: int,
    weights: tuple[int, int, int],
    needs: list[tuple[str, str]],
    budget: int | None,
    between: int,
    flaky: bool,
) -> None:
    lots = Random(seed)  # noqa: S311 - no secret
    world = World(
        names=NAMES,
        needs=[(one, other) for one, other in needs if one != other],
        released=dict.fromkeys(NAMES, releases(between)),
        options=Options(most_runs=budget),
        oracle=lambda probe: (
            (
                lots if flaky else Random(f"{seed} {sorted(probe.new)} {probe.release}")  # noqa: S311
            ).choices((GOOD, BAD, UNRESOLVED), weights)[0]
        ),
    )
    found = world.explore()
    known = Known(
        check="digits",
        changes=Changes(changed=tuple(change(name) for name in NAMES)),
        ran=[
            Ran(
                seen=seen,
                seconds=1,
                difference="x" * (seen.outcome.kind is OutcomeKind.BAD),
            )
            for seen in found.history
        ],
        seconds=float(len(found.history)),
    )

    report = told(found.conclusion, known)

    assert report.verdict == CulpritVerdict(found.conclusion.verdict)
    assert sentence(report).startswith("digits ")
    assert "\n" not in sentence(report)
    assert len(report.evidence) == report.environments
    assert sum(row.runs for row in report.evidence) == report.runs
    assert msgspec.json.decode(to_json(report), type=CulpritReport) == report
    stream = io.StringIO()
    write_culprits(report, stream, {})
    assert stream.getvalue().startswith(sentence(report))
    assert culprits_markdown(report).startswith("### ")
