"""Run commands: no shell, the whole environment given, Ctrl-C passed on."""

from __future__ import annotations

from noxlock.process._measure import Measured, end_all, measure
from noxlock.process._run import Completed, run

__all__ = ["Completed", "Measured", "end_all", "measure", "run"]
