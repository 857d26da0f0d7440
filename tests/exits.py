"""Lock a small channel again and again: `python tests/exits.py [RUNS]`.

A process that ends right after py-rattler's work can crash at exit. This runs many of
them, says how many did, and exits with 1 if one did.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.conda_repodata import PUBLIC, serve_channels, write_channels

SHORT = """
import sys
from pathlib import Path
from noxlock.report.progress import Quiet
from noxlock.solvers.rattler import CondaSettings
from noxlock.workflows.conda_lock import CondaLockRequest, lock_conda
root = Path(sys.argv[1])
request = CondaLockRequest(root=root, lock="conda-lock.yml",
    sources=("environment.yml",), targets=("linux-64", "osx-arm64", "win-64"))
environ = {"NOXLOCK_CONDA_MIRRORS": sys.argv[2]}
settings = CondaSettings(cache=root / "cache", environ=environ, files=())
sys.exit(len(lock_conda(request, settings, Quiet()).failures))
"""


def main(runs: int) -> int:
    """Return the exit status after *runs* processes."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        source = f"channels: [{PUBLIC}/main]\ndependencies: [python, numpy, accel]\n"
        (root / "environment.yml").write_text(source, encoding="utf-8")
        with serve_channels(write_channels(root / "channels")) as served:
            command = [sys.executable, "-c", SHORT, name, served.mirrors]
            ended = [
                subprocess.run(command, check=False).returncode for _ in range(runs)
            ]
    bad = [status for status in ended if status]
    print(f"{len(bad)} of {runs} processes ended badly {sorted(set(bad))}")  # noqa: T201
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
