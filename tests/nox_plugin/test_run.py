"""Declared sessions under the real nox: what they run, in what, and nox's own flags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.nox_project import HERE

if TYPE_CHECKING:
    from support.nox_project import NoxProject

SESSIONS = """
environments:
  cpu: {pypi: poetry.lock}
sessions:
  test:
    environment: cpu
    run: "tool {posargs:-q tests}"
"""


def test_a_session_runs_its_command_in_the_locked_environment(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": SESSIONS})

    ran = project.nox("-s", "test")

    assert ran.status == 0, ran.err
    assert ran.tool[0].startswith('tool 1.0 ["-q", "tests"] in sample')
