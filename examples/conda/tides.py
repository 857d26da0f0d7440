"""Harmonic analysis: the amplitudes of known tides in a series of sea levels."""

from __future__ import annotations

import sys
from pathlib import Path

import humanize
import numpy as np

PERIODS = {"M2": 12.4206012, "S2": 12.0, "K1": 23.93447213, "O1": 25.81933871}
"""Hours."""


def amplitudes(levels: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Return the amplitude of each tide, in the unit of *levels*, by least squares."""
    angles = 2 * np.pi * hours[:, None] / np.array(list(PERIODS.values()))
    design = np.hstack([np.ones((len(hours), 1)), np.cos(angles), np.sin(angles)])
    solution, *_ = np.linalg.lstsq(design, levels, rcond=None)
    cosines, sines = solution[1:].reshape(2, -1)
    return np.hypot(cosines, sines)


def main() -> None:
    """Analyse a made-up year of hourly levels and write the amplitudes."""
    hours = np.arange(365 * 24.0)
    truth = [1.2, 0.4, 0.3, 0.2]
    noise = np.random.default_rng(12).normal(scale=0.05, size=hours.size)
    waves = zip(truth, PERIODS.values(), strict=True)
    levels = noise + sum(a * np.cos(2 * np.pi * hours / p) for a, p in waves)
    np.save(Path(sys.argv[1]) / "amplitudes.npy", amplitudes(levels, hours))
    print(f"tides: {humanize.intcomma(hours.size)} levels analysed")


if __name__ == "__main__":
    main()
