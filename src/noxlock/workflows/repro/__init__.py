"""Rerun a check and compare with its baseline, or record the baseline."""

from __future__ import annotations

from noxlock.workflows.repro.alone import alone
from noxlock.workflows.repro.checking import Console, run_check
from noxlock.workflows.repro.preparing import require_files
from noxlock.workflows.repro.request import CheckRequest, folder_of, report_file

__all__ = [
    "CheckRequest",
    "Console",
    "alone",
    "folder_of",
    "report_file",
    "require_files",
    "run_check",
]
