"""Reference algorithm: type I error of an adaptive two-stage trial, by Monte Carlo.

Two arms with binary outcomes. After the first stage the trial stops for futility, or
sets the size of the second from the effect seen so far. The stages are combined by the
inverse normal method (Lehmacher and Wassmer 1999), which keeps the level whatever the
adaptation. What is estimated, over a grid of response rates under the null hypothesis,
is how often it is rejected all the same.

Writes `estimates.csv` (a row a response rate), `rejections.npz` (int64 counts, by rate
and by final sample size) and `summary.json`.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

SEED = 1999
SIMULATIONS = 200_000
LEVEL = 0.025
FUTILITY = 0.0
FIRST = 50
SECOND = np.array([50, 100, 200])
RATES = np.linspace(0.1, 0.6, 11)

Floats = NDArray[np.float64]


def z_scores(treated: Floats, control: Floats, size: Floats) -> Floats:
    """Return pooled z statistics of counts out of *size* patients an arm."""
    pooled = (treated + control) / (2 * size)
    spread = np.sqrt(np.maximum(2 * pooled * (1 - pooled) / size, 1e-300))
    return np.where(pooled * (1 - pooled) > 0, (treated - control) / size / spread, 0.0)


def simulate(rate: float, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the second stage's size and whether each trial rejects, at *rate*."""
    size = np.full(SIMULATIONS, float(FIRST))
    first = z_scores(
        rng.binomial(FIRST, rate, SIMULATIONS).astype(float),
        rng.binomial(FIRST, rate, SIMULATIONS).astype(float),
        size,
    )
    # The weaker the effect so far, the larger the second stage.
    chosen = SECOND[2 - np.digitize(first, [0.5, 1.25])]
    second = z_scores(
        rng.binomial(chosen, rate).astype(float),
        rng.binomial(chosen, rate).astype(float),
        chosen.astype(float),
    )
    combined = (first + second) / np.sqrt(2)
    goes_on = first > FUTILITY
    rejects = goes_on & (combined > stats.norm.isf(LEVEL))
    return np.where(goes_on, chosen, 0).astype(float), rejects


def main() -> None:
    """Simulate every rate and write the outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    out: Path = parser.parse_args().out

    streams = np.random.default_rng(SEED).spawn(len(RATES))
    outcomes = [simulate(r, g) for r, g in zip(RATES, streams, strict=True)]
    counts = np.array([rejects.sum() for _, rejects in outcomes])
    sizes = np.array(
        [[np.sum(size == s) for s in (0, *SECOND)] for size, _ in outcomes]
    )
    # Clopper and Pearson's upper limit, at a joint level of 1 % over the grid.
    limit = stats.beta.isf(0.01 / len(RATES), counts + 1, SIMULATIONS - counts)

    np.savez(out / "rejections.npz", rejections=counts, sizes=sizes)
    with (out / "estimates.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["rate", "rejections", "type_1_error", "upper_limit"])
        for row in zip(RATES, counts, counts / SIMULATIONS, limit, strict=True):
            writer.writerow(
                [repr(float(row[0])), int(row[1]), *map(repr, map(float, row[2:]))]
            )
    summary = {
        "level": LEVEL,
        "simulations": SIMULATIONS,
        "largest_type_1_error": float(counts.max() / SIMULATIONS),
        "largest_upper_limit": float(limit.max()),
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(f"trial: type I error at most {summary['largest_type_1_error']:.4f}")


if __name__ == "__main__":
    main()
