import numpy as np

from tides import PERIODS, amplitudes


def test_a_pure_tide_has_its_own_amplitude_alone() -> None:
    hours = np.arange(1000.0)
    found = amplitudes(2 * np.cos(2 * np.pi * hours / PERIODS["M2"]), hours)
    assert np.allclose(found, [2, 0, 0, 0], atol=1e-8)
