"""What was measured, as text, Markdown and JSON."""

from __future__ import annotations

import os
import platform
import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.harness import Outcome, Result

__all__ = ["as_json", "as_markdown", "machine"]

_WORDS = {True: "met", False: "NOT MET", None: "not measured"}


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    found: dict[str, Any] = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }
    if hasattr(os, "getloadavg"):
        found["load"] = [round(each, 2) for each in os.getloadavg()]
    return found


def as_markdown(result: Result) -> str:
    """Return a case's table of figures, then its facts and its targets."""
    lines = [f"### {result.name}: {result.summary}", ""]
    if result.error:
        lines += [f"**FAILED**: {result.error}", ""]
    if rows := _rows(result):
        lines += [
            "| contestant | median s | min - max s | cpu s | peak MiB | runs |",
            "|---|---:|---:|---:|---:|---:|",
            *(
                f"| {row['name']} | {row['median']:.3f} |"
                f" {row['min']:.3f} - {row['max']:.3f} | {row['cpu']:.2f} |"
                f" {row['mib']:.0f} | {row['runs']} |"
                for row in rows
            ),
            "",
        ]
    if result.outcomes:
        lines += ["| target | measured | bound | |", "|---|---:|---:|---|"]
        lines += [_target(outcome) for outcome in result.outcomes] + [""]
    lines += [f"- {name}: {_shown(it)}" for name, it in result.figures.facts.items()]
    lines += [f"- left out: {line}" for line in result.left_out]
    return "\n".join(lines).rstrip() + "\n"


def as_json(results: Sequence[Result], start: dict[str, Any]) -> dict[str, Any]:
    """Return all of it, every single run included."""
    cases = [
        {
            "case": result.name,
            "summary": result.summary,
            "error": result.error,
            "contestants": _rows(result),
            "samples": {
                name: [
                    {"seconds": one.seconds, "cpu": one.cpu, "mib": one.mib}
                    for one in samples
                ]
                for name, samples in result.figures.samples.items()
            },
            "targets": [
                {
                    "text": outcome.text,
                    "value": outcome.value,
                    "bound": outcome.bound,
                    "unit": outcome.unit,
                    "met": outcome.met,
                }
                for outcome in result.outcomes
            ],
            "facts": dict(result.figures.facts),
            "left-out": list(result.left_out),
        }
        for result in results
    ]
    return {"machine": start, "cases": cases}


def _rows(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "median": statistics.median(one.seconds for one in samples),
            "min": min(one.seconds for one in samples),
            "max": max(one.seconds for one in samples),
            "cpu": statistics.median(one.cpu for one in samples),
            "mib": max(one.mib for one in samples),
            "runs": len(samples),
        }
        for name, samples in result.figures.samples.items()
        if samples
    ]


def _target(outcome: Outcome) -> str:
    value = "-" if outcome.value is None else f"{outcome.value:.3f}{outcome.unit}"
    bound = f"{outcome.bound:g}{outcome.unit}"
    return f"| {outcome.text} | {value} | <= {bound} | {_WORDS[outcome.met]} |"


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
