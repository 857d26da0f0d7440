"""Make an environment out of a warm store again and again, in one process.

    python link.py PROJECT ENVIRONMENT

Each line of stdin is a path where the environment is to be made. The answer, a line of
JSON, says what its linking took: seconds, cpu (of children too, once they have ended),
mib, and whole, the seconds of all that `Builder.build` did.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.model import ProjectInstall
from noxlock.store.store import Store
from noxlock.workflows.environments import BuildRequest
from noxlock.workflows.parts import default_parts
from noxlock.workflows.project import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import Interpreter
    from noxlock.store import LinkedWheel, Recycled
    from noxlock.workflows.environments import Builder


class Timed(Store):
    """A store that keeps how long the last linking took."""

    seconds = 0.0

    def link(
        self,
        wheels: Sequence[LinkedWheel],
        prefix: Path,
        interpreter: Interpreter,
        /,
        *,
        recycled: Recycled | None = None,
    ) -> dict[str, tuple[int, int]]:
        """Link, and read the clock before and after."""
        begin = time.perf_counter()
        placed = super().link(wheels, prefix, interpreter, recycled=recycled)
        self.seconds = time.perf_counter() - begin
        return placed


def link(builder: Builder, request: BuildRequest) -> tuple[float, float]:
    """Return the seconds of the linking alone, and those of the whole build."""
    timed = Timed(builder.store.root)
    begin = time.perf_counter()
    replace(builder, store=timed).build(request)
    whole = time.perf_counter() - begin
    # Conda packages are linked by rattler: of those the whole build counts.
    return whole if request.conda else timed.seconds, whole


def request_of(project: Project, name: str, prefix: Path) -> BuildRequest:
    """Return the request for a declared environment at *prefix*."""
    environment = project.environment(name)
    python = environment.python
    lock_file = environment.pypi or ""
    return BuildRequest(
        root=project.root,
        name=name,
        environment=environment,
        python=python if isinstance(python, str) else python[0],
        prefix=prefix,
        project=ProjectInstall.NONE,
        lock=project.lock_file(lock_file) if lock_file else None,
        lock_file=lock_file,
        conda=project.conda_lock_file(environment.conda) if environment.conda else None,
    )


def main(root: str, name: str) -> None:
    """Answer until stdin ends."""
    project = Project.open(Path(root))
    builder = default_parts(project.root, offline=True).builder
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    for line in sys.stdin:
        before = os.times()
        seconds, whole = link(builder, request_of(project, name, Path(line.strip())))
        used = sum(os.times()[:4]) - sum(before[:4])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        answer = {"seconds": seconds, "whole": whole, "cpu": used, "mib": peak}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
