"""See, from inside, what a run's surroundings are: set is not the same as in effect."""

from __future__ import annotations

from noxlock.envs.probe._read import Probed, probe_variables, read_probe
from noxlock.envs.probe._unmet import unmet

__all__ = ["Probed", "probe_variables", "read_probe", "unmet"]
