"""How long a fresh environment takes: noxlock against uv and pip, the same pins.

    python benchmarks/environments.py [--runs 5] [--uv uv]

Each makes the `examples` environment of this project (numpy, scipy, scikit-learn) in an
empty folder, from its own warm cache, and imports scikit-learn in it. noxlock and pip
compile bytecode, uv does so with --compile-bytecode; all check hashes. The peers take
turns, so that a noisy machine is noisy for all; medians and ratios are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
GROUP = "examples"
IMPORT = ["-c", "import sklearn.linear_model"]


def call(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run *command*, quietly."""
    subprocess.run(command, check=True, capture_output=True, cwd=cwd)


def requirements(file: Path) -> None:
    """Write the group's pins with their hashes to *file*."""
    lock = tomllib.loads((ROOT / "poetry.lock").read_text("utf-8"))
    lines = []
    for package in lock["package"]:
        if GROUP in package["groups"]:
            marker = package.get("markers", "")
            condition = marker.get(GROUP, "") if isinstance(marker, dict) else marker
            hashes = [f"--hash={entry['hash']}" for entry in package["files"]]
            pin = f"{package['name']}=={package['version']}"
            lines.append(
                " ".join([f"{pin} ; {condition}" if condition else pin, *hashes])
            )
    file.write_text("\n".join(lines) + "\n", "utf-8")


def contestants(scratch: Path, uv: str) -> dict[str, Callable[[Path], None]]:
    """Return who makes an environment at a path, and imports scikit-learn there."""
    pins = scratch / "requirements.txt"
    requirements(pins)

    def python(prefix: Path) -> Path:
        return prefix / "bin" / "python"

    def by_noxlock(prefix: Path) -> None:
        nox = [sys.executable, "-m", "nox", "-f", ROOT / "noxfile.py"]
        call(*nox, "--envdir", prefix, "-s", "repro(trial)", "--install-only")
        call(python(next(prefix.glob("*/bin")).parent), *IMPORT)

    def by_uv(prefix: Path, *options: str) -> None:
        call(uv, "venv", "-q", "--python", "3.11", prefix)
        sync = [uv, "pip", "sync", "-q", "--require-hashes", *options]
        call(*sync, "--python", python(prefix), pins)
        call(python(prefix), *IMPORT)

    def by_pip(prefix: Path) -> None:
        call(sys.executable, "-m", "venv", prefix)
        pip = [python(prefix), "-m", "pip", "install", "-q", "--no-deps"]
        call(*pip, "--require-hashes", "-r", pins)
        call(python(prefix), *IMPORT)

    return {
        "noxlock": by_noxlock,
        "uv, bytecode": lambda prefix: by_uv(prefix, "--compile-bytecode"),
        "uv": by_uv,
        "pip": by_pip,
    }


def main() -> None:
    """Time every contestant and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--uv", default="uv")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="bench-"))
    makers = contestants(scratch, options.uv)
    times: dict[str, list[float]] = {name: [] for name in makers}
    for run in range(options.runs + 1):  # the first one warms the caches
        for name, make in makers.items():
            prefix = scratch / hashlib.sha256(f"{run}{name}".encode()).hexdigest()[:8]
            begin = time.perf_counter()
            make(prefix)
            if run:
                times[name].append(time.perf_counter() - begin)
            shutil.rmtree(prefix)
    shutil.rmtree(scratch)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        spread = f"{min(times[name]):.2f} - {max(times[name]):.2f}"
        ratio = median / medians["noxlock"]
        print(f"{name:14} {median:6.2f} s  ({spread})  {ratio:5.2f} x noxlock")
    print(json.dumps(medians))


if __name__ == "__main__":
    main()
