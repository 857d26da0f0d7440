"""What is kept of runs: handed out once, and whole lines only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.search import OutcomeKind
from noxlock.workflows.culprit.seen import Ledger, Seen, SeenKind, outcome

if TYPE_CHECKING:
    from pathlib import Path

SAME = Seen(kind=SeenKind.SAME, seconds=1.5)
DRIFTED = Seen(kind=SeenKind.DRIFTED, difference="by 1", loaded=("scipy",))


def test_each_run_is_handed_out_once_in_its_order(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "seen")
    assert first.take("plan") is None
    first.add("plan", SAME)
    first.add("plan", DRIFTED)
    assert first.take("plan") is None, "who adds one has it"

    second = Ledger(tmp_path / "seen")

    taken = [second.take("plan"), second.take("plan"), second.take("plan")]
    assert taken == [SAME, DRIFTED, None]
    assert second.take("other") is None


def test_a_line_that_was_cut_off_costs_no_other_run(tmp_path: Path) -> None:
    Ledger(tmp_path).add("plan", SAME)
    file = tmp_path / "plan.jsonl"
    file.write_bytes(file.read_bytes() + b'{"kind":"drif')
    cut = Ledger(tmp_path)
    assert [cut.take("plan"), cut.take("plan")] == [SAME, None]
    cut.add("plan", DRIFTED)

    again = Ledger(tmp_path)

    assert [again.take("plan") for _ in range(3)] == [SAME, DRIFTED, None]


@pytest.mark.parametrize(
    ("kind", "failing", "said"),
    [
        (SeenKind.SAME, False, OutcomeKind.GOOD),
        (SeenKind.SAME, True, OutcomeKind.GOOD),
        (SeenKind.DRIFTED, False, OutcomeKind.BAD),
        (SeenKind.FAILED, False, OutcomeKind.UNRESOLVED),
        (SeenKind.FAILED, True, OutcomeKind.BAD),
        (SeenKind.NOT_MADE, True, OutcomeKind.UNRESOLVED),
    ],
)
def test_a_failure_is_bad_only_where_failures_are_looked_for(
    kind: SeenKind,
    failing: bool,  # noqa: FBT001 - a parameter
    said: OutcomeKind,
) -> None:
    found = outcome(Seen(kind=kind, difference="why"), failing=failing)

    assert found.kind is said
    told = {
        OutcomeKind.GOOD: "",
        OutcomeKind.BAD: found.signature,
        OutcomeKind.UNRESOLVED: found.reason,
    }
    assert told[said] == ("" if said is OutcomeKind.GOOD else "why")
