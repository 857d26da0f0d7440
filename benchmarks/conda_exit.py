"""Count how short conda sessions end: py-rattler's threads can crash an exit.

    python benchmarks/conda_exit.py [RUNS]

Each of RUNS (200) fresh processes locks a few packages of the tests' channel, which is
served on loopback, makes an environment from that lock, and ends at once. Exits 1 if
one did not end with 0.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # the folder of this script, whose bisect.py is not Python's

import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.conda_channel import HOST, conda_channels
from support.conda_server import serve_channel

SOURCE = "channels: [{channel}]\ndependencies: [accel, dated, layered]\n"
SESSION = """
import sys
from pathlib import Path
from noxlock.locks import parse_conda_lock
from noxlock.model import Definitions, Environment, LockDefinition, ProjectInstall
from noxlock.workflows.environments import BuildRequest
from noxlock.workflows.lock import LockOptions, run_lock
from noxlock.workflows.parts import default_parts
from noxlock.workflows.project import Project

root, name = Path(sys.argv[1]), "conda-lock.yml"
lock = LockDefinition(source="environment.yml", targets=(sys.argv[2],))
parts = default_parts(root)
project = Project.open(root, Definitions(locks={name: lock}))
(locked,) = run_lock(project, LockOptions(), parts, folder=root / "tools")
parts.builder.build(
    BuildRequest(
        root=root,
        name="session",
        environment=Environment(conda=name),
        python="3",
        prefix=root / "env",
        project=ProjectInstall.NONE,
        conda=parse_conda_lock(name, (root / name).read_bytes()),
    )
)
sys.exit(len(locked.failed))
"""


def main(runs: str = "200") -> int:
    """Run the sessions; returns the status to exit with."""
    ends: Counter[int] = Counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_channel(conda_channels().root) as server,
    ):
        source = SOURCE.format(channel=server.channel("main"))
        Path(folder, "environment.yml").write_text(source, "utf-8")
        command = [sys.executable, "-c", SESSION, folder, HOST]
        environ = os.environ | {"NOXLOCK_CACHE_DIR": f"{folder}/cache"}
        for _ in range(int(runs)):
            Path(folder, "conda-lock.yml").unlink(missing_ok=True)
            result = subprocess.run(
                command, env=environ, capture_output=True, check=False
            )
            ends[result.returncode] += 1
            if result.returncode:
                print(result.stderr.decode(errors="replace")[-400:], file=sys.stderr)
    for status, count in sorted(ends.items()):
        print(f"{count:5} ended with {status}")
    return int(set(ends) != {0})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
