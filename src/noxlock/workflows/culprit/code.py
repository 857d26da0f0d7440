"""What tells the code of a project from any other: runs of other code are not known."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from noxlock.definitions import baseline_folder
from noxlock.workflows.repro.tree import read_content

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from noxlock.model import Check
    from noxlock.workflows.project import Project

__all__ = ["code_of"]


def code_of(project: Project, check: Check, environ: Mapping[str, str]) -> str:
    """Return a digest of all files of the project that git does not ignore.

    Committed or not is the same. Without git, of all files by size and time. The
    baselines do not count, nor do the locks: those are what a search itself varies.
    """
    checks = project.definitions.checks.items()
    leave_out = {baseline_folder(name, each) for name, each in checks}
    leave_out |= project.definitions.locks.keys()
    leave_out |= set(project.environment(check.environment).locks)
    content = read_content(project.root, sorted(leave_out), environ)
    if content is not None:
        return hashlib.sha256(content).hexdigest()
    return _without_git(project.root, leave_out)


def _without_git(root: Path, leave_out: Collection[str]) -> str:
    left_out = {os.path.join(root, each) for each in leave_out}  # noqa: PTH118
    facts = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith((".", "__pycache__"))
            and os.path.join(folder, name) not in left_out  # noqa: PTH118
        )
        for name in sorted(files):
            path = os.path.join(folder, name)  # noqa: PTH118
            if path not in left_out:
                status = os.stat(path)  # noqa: PTH116
                facts.append((path, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(facts).encode()).hexdigest()
