"""A baseline on disk: the outputs of a check and their record, replaced as a whole."""

from __future__ import annotations

from noxlock.workflows.baselines.baseline import Accepted, Baseline, baseline_of
from noxlock.workflows.baselines.layout import OUTPUTS
from noxlock.workflows.records import RECORD

__all__ = ["OUTPUTS", "RECORD", "Accepted", "Baseline", "baseline_of"]
