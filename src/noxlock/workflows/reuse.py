"""Whether an environment that is there is the one that would be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.envs.receipts import alteration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.envs.receipts import Receipt
    from noxlock.model import Interpreter, Plan

__all__ = [
    "NEW",
    "interpreter_facts",
    "why_conda_rebuild",
    "why_other_conda",
    "why_rebuild",
]

NEW = "new"


def interpreter_facts(interpreter: Interpreter) -> dict[str, str]:
    """Return what of an interpreter decides whether an environment still fits it."""
    return {
        "executable": str(interpreter.executable),
        "version": interpreter.version,
        "magic": interpreter.magic,
    }


def why_rebuild(
    prefix: Path,
    receipt: Receipt | None,
    plan: Plan,
    interpreter: Interpreter,
    project: str,
) -> str:
    """Return in a few words why *prefix* cannot be reused; "": it can.

    Args:
        prefix: The environment.
        receipt: What was built there.
        plan: What is to be there.
        interpreter: What is to run it.
        project: Digest of the project, and of folders that the lock names.
    """
    if receipt is None:
        return "the last build did not finish" if prefix.exists() else NEW
    now, then = interpreter_facts(interpreter), receipt.interpreter
    if now != then:
        key = "version" if now["version"] != then.get("version") else "executable"
        return f"interpreter changed: {then.get(key)} -> {now[key]}"
    if receipt.plan != plan.key:
        return f"plan changed{_difference(receipt, plan)}"
    if receipt.project != project:
        return "the project changed"
    return alteration(prefix, receipt.files) or ""


def why_conda_rebuild(
    prefix: Path,
    receipt: Receipt | None,
    plan: Plan,
    options: Mapping[str, str],
    project: str,
) -> str:
    """Return why a conda environment at *prefix* cannot be reused; "": it can.

    Args:
        prefix: The environment.
        receipt: What was built there.
        plan: What is to be there; its python is one of the packages.
        options: What else decides what is there, by its name for people.
        project: Digest of the project, and of folders that the lock names.
    """
    if receipt is None:
        return "the last build did not finish" if prefix.exists() else NEW
    other = why_other_conda(receipt, plan, options, project)
    return other or alteration(prefix, receipt.files) or ""


def why_other_conda(
    receipt: Receipt, plan: Plan, options: Mapping[str, str], project: str
) -> str:
    """Return why what *receipt* tells of was to be something else; "": it was not.

    Args:
        receipt: What was built.
        plan: As in `why_conda_rebuild`, and the others.
        options: Likewise.
        project: Likewise.
    """
    for name, value in options.items():
        then = receipt.options.get(name, "none")
        if then != value:
            return f"{name} changed: {then} -> {value}"
    if receipt.plan != plan.key:
        return f"plan changed{_difference(receipt, plan)}"
    if receipt.project != project:
        return "the project changed"
    return ""


def _difference(receipt: Receipt, plan: Plan) -> str:
    old = {p.name: (p.version, p.sha256) for p in receipt.packages}
    new = {str(p.name): (p.version, p.sha256) for p in plan.packages}
    new |= {p.name: (p.version, p.sha256) for p in plan.conda}
    changes = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            changes.append(f"{name} {new[name][0] or ''} added".replace("  ", " "))
        elif name not in new:
            changes.append(f"{name} removed")
        elif old[name][0] != new[name][0]:
            changes.append(f"{name} {old[name][0]} -> {new[name][0]}")
        elif new[name][1] and old[name][1] != new[name][1]:
            changes.append(f"{name} {new[name][0]}, other file")
    if not changes:
        return ""
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f": {changes[0]}{more}"
