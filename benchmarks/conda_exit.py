"""Count how short conda sessions end: py-rattler's threads can crash an exit.

    python benchmarks/conda_exit.py LOCK [RUNS]

LOCK is any lock of conda packages for this machine whose packages are few. Each of RUNS
(200) fresh processes makes an environment from it, and ends at once. Exits 1 if one did
not end with 0.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

SESSION = """
import os, sys
from pathlib import Path
from noxlock.locks import parse_conda_lock
from noxlock.model import Environment, ProjectInstall
from noxlock.workflows.environments import BuildRequest
from noxlock.workflows.parts import default_parts

root, file = Path(sys.argv[1]), Path(sys.argv[2])
default_parts(root).builder.build(
    BuildRequest(
        root=root,
        name="session",
        environment=Environment(conda=file.name),
        python="3",
        prefix=root / "env",
        project=ProjectInstall.NONE,
        conda=parse_conda_lock(file.name, file.read_bytes()),
    )
)
"""


def main(lock: str, runs: str = "200") -> int:
    """Run the sessions; returns the status to exit with."""
    ends: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SESSION, folder, str(Path(lock).resolve())]
        for _ in range(int(runs)):
            result = subprocess.run(command, capture_output=True, check=False)
            ends[result.returncode] += 1
            if result.returncode:
                print(result.stderr.decode(errors="replace")[-400:], file=sys.stderr)
    for status, count in sorted(ends.items()):
        print(f"{count:5} ended with {status}")
    return int(set(ends) != {0})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
