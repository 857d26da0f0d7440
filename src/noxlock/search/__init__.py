"""Find the package changes that made a check drift, and prove it. Pure.

History in, next probes out: the caller makes environments, runs the check and keeps the
history; nothing in here has a state.

    problem = changes_between(old_plan, new_plan, metadata=..., pypi_names=...)
    rules = Compatibility(problem, environments=..., extras=..., satisfies=...)
    search = Search(
        problem.changed, rules.implications(), loaded=..., fits=rules.fits
    )
    history, releases = [], {}
    while True:
        state = State(history=history, running=running, releases=releases)
        match search.next(state, jobs=4):
            case Run(probes=probes):  # start them, and wait for any that runs
                history.append(Observation(probe=..., outcome=...))
            case FindReleases(changes=ids):  # ask an index
                releases |= {each: ... for each in ids}
            case Done(conclusion=conclusion):
                break
    search.conclusion(state)  # what is known, at any time

A `Probe` names a mix: the changes taken from the new lock, one of them perhaps at a
release in between; `problem.at(probe.new)` gives its packages. Kept as JSON, the
history of `Observation`s is all that a later process needs to go on. What is proven of
a culprit is said at `Culprit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock._lazy import lazily

if TYPE_CHECKING:
    from noxlock.search.changes import (
        Candidate,
        Change,
        ChangeId,
        Changes,
        Layer,
        Metadata,
        changes_between,
    )
    from noxlock.search.conclusion import (
        Conclusion,
        Culprit,
        CulpritPackage,
        Done,
        FindReleases,
        Phase,
        Progress,
        Run,
        SearchVerdict,
        Step,
        Unresolved,
    )
    from noxlock.search.history import Observation, Outcome, OutcomeKind, Probe
    from noxlock.search.implications import Compatibility, Implication
    from noxlock.search.metadata import locked_metadata
    from noxlock.search.noise import Limits
    from noxlock.search.search import Options, Search, State

__all__ = [
    "Candidate",
    "Change",
    "ChangeId",
    "Changes",
    "Compatibility",
    "Conclusion",
    "Culprit",
    "CulpritPackage",
    "Done",
    "FindReleases",
    "Implication",
    "Layer",
    "Limits",
    "Metadata",
    "Observation",
    "Options",
    "Outcome",
    "OutcomeKind",
    "Phase",
    "Probe",
    "Progress",
    "Run",
    "Search",
    "SearchVerdict",
    "State",
    "Step",
    "Unresolved",
    "changes_between",
    "locked_metadata",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "changes": (
                "Candidate Change ChangeId Changes Layer Metadata changes_between"
            ),
            "conclusion": (
                "Conclusion Culprit CulpritPackage Done FindReleases Phase Progress Run"
                " SearchVerdict Step Unresolved"
            ),
            "history": "Observation Outcome OutcomeKind Probe",
            "implications": "Compatibility Implication",
            "metadata": "locked_metadata",
            "noise": "Limits",
            "search": "Options Search State",
        },
    )
