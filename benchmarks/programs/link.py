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
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.envs import find_interpreter
from noxlock.model import ProjectInstall
from noxlock.plan import plan
from noxlock.workflows.environments import BuildRequest
from noxlock.workflows.parts import default_parts
from noxlock.workflows.project import Project

if TYPE_CHECKING:
    from noxlock.workflows.environments import Builder


def link(builder: Builder, request: BuildRequest) -> tuple[float, float]:
    """Return the seconds of the linking alone, and those of the whole build.

    The linking: all of the build but the plan, which is made once more to know it.
    """
    begin = time.perf_counter()
    builder.build(request)
    whole = time.perf_counter() - begin
    if request.lock is None:  # conda's plan takes next to nothing
        return whole, whole
    begin = time.perf_counter()
    interpreter = find_interpreter(
        request.python,
        cache=builder.store.root,
        environ=builder.environ,
        root=request.root,
    )
    environment = request.environment
    plan(
        request.lock,
        groups=environment.groups,
        extras=environment.extras,
        target=interpreter.target,
        only_binary=environment.only_binary,
    )
    return whole - (time.perf_counter() - begin), whole


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
        lock=project.read_lock(lock_file) if lock_file else None,
        lock_file=lock_file,
        conda=project.read_conda_lock(environment.conda) if environment.conda else None,
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
