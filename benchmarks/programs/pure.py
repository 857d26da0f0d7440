"""Plan and check projects again and again, in one process.

Each line of stdin is `plan PROJECT` or `check PROJECT`, where the environment is named
`many`. The answer, a line of JSON, says seconds, cpu and mib. All is read from disk
anew; what is measured is the work, not the start of the process.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.envs import find_interpreter
from noxlock.plan import plan
from noxlock.workflows.check import check_project
from noxlock.workflows.parts import default_parts
from noxlock.workflows.project import Project

if TYPE_CHECKING:
    from noxlock.model import Target


def run(what: str, root: Path, target: Target) -> None:
    """Do it once."""
    project = Project.open(root)
    if what == "check":
        wrong = [finding for finding in check_project(project) if finding.wrong]
        if wrong:
            raise ValueError(wrong)
        return
    environment = project.environment("many")
    lock = project.read_lock(environment.pypi or "")
    plan(lock, groups=environment.groups, extras=environment.extras, target=target)


def main() -> None:
    """Answer until stdin ends."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    cache = default_parts(Path.cwd(), offline=True).cache
    found = find_interpreter("3", cache=cache, environ=os.environ, root=Path.cwd())
    for line in sys.stdin:
        what, _, root = line.strip().partition(" ")
        before, begin = time.process_time(), time.perf_counter()
        run(what, Path(root), found.target)
        seconds = time.perf_counter() - begin
        used = time.process_time() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        print(json.dumps({"seconds": seconds, "cpu": used, "mib": peak}), flush=True)


if __name__ == "__main__":
    main()
