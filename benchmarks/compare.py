"""How long two large arrays take to compare: noxlock against NumPy and PyTorch.

    python benchmarks/compare.py [--gib 1] [--big 20] [--rounds 5] [--torch PYTHON]

Two .npy files of float32 are compared in three ways: identical; 30% of the elements off
by 1 or 2 ULP; 1% of them off by more than rtol. noxlock (from the files, every figure
included), `np.testing.assert_allclose`, `np.allclose` and `torch.testing.assert_close`
(from arrays that were loaded before the clock starts, which is in their favour) take
turns, each in its own process; so a noisy machine is noisy for all. Medians, ratios and
peak memory are printed, as a table or with --json.

The bandwidth is measured in the same rounds: all cores add up the same mapped files,
and as many bytes of memory of their own. --big compares sparse files of so many GiB.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # the folder of this script, whose bisect.py is not Python's

import argparse
import json
import mmap
import os
import resource
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

RTOL = 1e-5
CASES = ("identical", "ulp", "violating")
RATE = 0.01
PIECE = 1 << 22
SPAN = 1 << 20
WINDOW = 1 << 23


def make(folder: Path, gib: float) -> None:
    """Write the baseline and the three arrays that are compared with it."""
    count = int(gib * (1 << 28))
    random = np.random.default_rng(0)
    header = {"descr": "<f4", "fortran_order": False, "shape": (count,)}
    files = {name: (folder / f"{name}.npy").open("wb") for name in ("baseline", *CASES)}
    for file in files.values():
        np.lib.format.write_array_header_1_0(file, header)
    for start in range(0, count, PIECE):
        size = min(PIECE, count - start)
        old = random.standard_normal(size, dtype="f4")
        old[old == 0] = 1  # one ULP from zero is infinitely far, relatively
        chance = random.random(size, dtype="f4")
        steps = np.searchsorted([0.7, 0.85], chance).astype("i4")
        factors = 1 + ((1e-4 + chance) * (chance < RATE)).astype("f4")
        new = {"ulp": (old.view("i4") + steps).view("f4"), "violating": old * factors}
        for name, file in files.items():
            file.write(new.get(name, old).data)
    for file in files.values():
        file.close()


def make_big(folder: Path, gib: float) -> None:
    """Write two sparse arrays; the last element of one is 1."""
    count = int(gib * (1 << 28))
    header = {"descr": "<f4", "fortran_order": False, "shape": (count,)}
    for name in ("big-baseline", "big"):
        with (folder / f"{name}.npy").open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            file.truncate(file.tell() + 4 * count)
    with (folder / "big.npy").open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(np.float32(1).tobytes())


def noxlock(baseline: Path, actual: Path) -> Callable[[], object]:
    """Return the comparison of two files with all statistics."""
    # Imported here, so that it takes no memory of the others.
    from noxlock.compare import compare_output  # noqa: PLC0415
    from noxlock.model import Tolerance  # noqa: PLC0415

    import_module("noxlock.compare.formats.npy")  # else the first comparison does it

    tolerance = Tolerance(rtol=RTOL)
    return lambda: str(compare_output(baseline, actual, tolerance).verdict)


def assert_allclose(baseline: Path, actual: Path) -> Callable[[], object]:
    """Return NumPy's assertion."""
    new, old = np.load(actual), np.load(baseline)

    def run() -> str:
        try:
            np.testing.assert_allclose(new, old, rtol=RTOL)
        except AssertionError:
            return "drifted"
        return "within-tolerance"

    return run


def allclose(baseline: Path, actual: Path) -> Callable[[], object]:
    """Return NumPy's predicate."""
    new, old = np.load(actual), np.load(baseline)
    return lambda: bool(np.allclose(new, old, rtol=RTOL, atol=0))


def assert_close(baseline: Path, actual: Path) -> Callable[[], object]:
    """Return PyTorch's assertion."""
    torch = import_module("torch")

    new, old = (torch.from_numpy(np.load(path)) for path in (actual, baseline))

    def run() -> str:
        try:
            torch.testing.assert_close(new, old, rtol=RTOL, atol=0)
        except AssertionError:
            return "drifted"
        return "within-tolerance"

    return run


def read_files(baseline: Path, actual: Path) -> Callable[[], object]:
    """Return the plain reading of both files, mapped, by all cores."""

    def run() -> int:
        total = 0
        for path in (baseline, actual):
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            data = np.frombuffer(mapped, np.uint64, len(mapped) // 8)
            total += add_up(data, partial(release, mapped))
            del data
            mapped.close()
        return total

    return run


def release(mapped: mmap.mmap, start: int) -> None:
    """Give back the memory of a window, so that it is not counted as this process's."""
    mapped.madvise(mmap.MADV_DONTNEED, start, WINDOW)


def read_memory(baseline: Path, actual: Path) -> Callable[[], object]:
    """Return the plain reading of as much memory of its own, by all cores."""
    size = baseline.stat().st_size + actual.stat().st_size
    data = np.ones(size // 8, np.uint64)
    return lambda: add_up(data, lambda _: None)


def add_up(data: np.ndarray[Any, Any], done: Callable[[int], object]) -> int:
    """Add up *data* by all cores, a window each."""

    def window(start: int) -> int:
        stop = min(start + WINDOW, data.nbytes)
        total = sum(
            int(np.add.reduce(data[at // 8 : min(at + SPAN, stop) // 8]))
            for at in range(start, stop, SPAN)
        )
        if stop == start + WINDOW:
            done(start)
        return total

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(window, range(0, data.nbytes, WINDOW)))


METHODS: dict[str, Callable[[Path, Path], Callable[[], object]]] = {
    "noxlock": noxlock,
    "np.testing.assert_allclose": assert_allclose,
    "np.allclose": allclose,
    "torch.testing.assert_close": assert_close,
    "read the files": read_files,
    "read memory": read_memory,
}


def child(method: str, baseline: str, actual: str) -> None:
    """Run one method once; print its seconds, its result and its peak memory."""
    run = METHODS[method](Path(baseline), Path(actual))
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mib = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(json.dumps({"seconds": seconds, "mib": mib, "result": str(result)}))


def measure(python: str, method: str, baseline: Path, actual: Path) -> dict[str, Any]:
    """Run one method once, in a process of its own."""
    command = [python, __file__, "--child", method, str(baseline), str(actual)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{method} failed with {python}:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rounds(folder: Path, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Let all take turns; return the median of each."""
    methods = [name for name in METHODS if "torch" not in name or arguments.torch]
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _ in range(arguments.rounds):
        for case in CASES:
            for method in methods:
                if "read" in method and case != CASES[0]:
                    continue
                python = arguments.torch if "torch" in method else sys.executable
                paths = folder / "baseline.npy", folder / f"{case}.npy"
                found = measure(python, method, *paths)
                runs.setdefault((case, method), []).append(found)
    return [
        {
            "case": case,
            "method": method,
            "seconds": statistics.median(one["seconds"] for one in found),
            "best": min(one["seconds"] for one in found),
            "mib": max(one["mib"] for one in found),
            "result": found[0]["result"] if "read" not in method else "",
        }
        for (case, method), found in runs.items()
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return a Markdown table; ratios are to noxlock in the same case."""
    own = {row["case"]: row for row in rows if row["method"] == "noxlock"}
    lines = [
        "| case | method | median s | best s | to noxlock | peak MiB | result |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        ratio = row["seconds"] / own[row["case"]]["seconds"]
        lines.append(
            f"| {row['case']} | {row['method']} | {row['seconds']:.3f} |"
            f" {row['best']:.3f} | {ratio:.2f} | {row['mib']:.0f} | {row['result']} |"
        )
    return "\n".join(lines)


def torch_python(python: str) -> str | None:
    """Return *python* where it can import PyTorch; else say that it cannot."""
    found = subprocess.run([python, "-c", "import torch"], check=False, stderr=-3)
    if not found.returncode:
        return python
    print("torch cannot be imported: torch.testing is left out", file=sys.stderr)
    return None


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=1)
    parser.add_argument("--big", type=float, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--torch", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--folder", type=Path, help="Where the files are made.")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    arguments.torch = torch_python(arguments.torch)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        # A child's peak starts from its parent's: so the parent stays small.
        command = [sys.executable, __file__, "--make", name, str(arguments.gib)]
        subprocess.run(command, check=True)
        rows = rounds(folder, arguments)
        if arguments.big:
            make_big(folder, arguments.big)
            paths = folder / "big-baseline.npy", folder / "big.npy"
            found = measure(sys.executable, "noxlock", *paths)
            case = f"{arguments.big:g} GiB, one element"
            rows.append({"case": case, "method": "noxlock", "best": found["seconds"]})
            rows[-1] |= found
    print(json.dumps(rows, indent=1) if arguments.json else table(rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    elif sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        main()
