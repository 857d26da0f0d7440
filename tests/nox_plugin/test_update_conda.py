"""Updates of conda locks, and of two locks of one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.locks import parse_conda_lock
from noxlock.model import Layer
from noxlock.model.update import UpdateReport, UpdateVerdict
from support.conda_channel import HOST, conda_channels
from support.conda_server import serve_channel

if TYPE_CHECKING:
    from pathlib import Path

    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

SESSIONS = """
locks:
  conda-lock.yml: {{from: environment.yml, targets: [{host}], explicit: true{newest}}}
environments:
  conda: {{conda: conda-lock.yml}}
checks:
  reference:
    environment: conda
    run: python reference.py {{outputs}}
    outputs: {{value.json: {{}}}}
"""
REFERENCE = """\
import json, pathlib, sys
(meta,) = pathlib.Path(sys.prefix, "conda-meta").glob("dated-*.json")
version = json.loads(meta.read_text())["version"]
pathlib.Path(sys.argv[1], "value.json").write_text(json.dumps(version >= "3"))
"""


def pins(root: Path) -> dict[str, str]:
    lock = parse_conda_lock("conda-lock.yml", (root / "conda-lock.yml").read_bytes())
    return {each.name: each.version for each in lock.platforms[0].packages}


def test_a_conda_package_is_held_at_its_last_good_release(project: NoxProject) -> None:
    with serve_channel(conda_channels().main.parent) as server:
        address = server.channel("main")
        early = ", exclude-newer: 2024-05-01"
        project.write(
            {
                "sessions/all.yml": SESSIONS.format(host=HOST, newest=early),
                "environment.yml": (
                    f"channels: [{address}]\ndependencies: [python, dated]\n"
                ),
                "reference.py": REFERENCE,
            }
        )
        assert project.nox("-s", "lock").status == 0
        assert project.nox("-s", "repro", "--", "--accept").status == 0
        assert pins(project.root)["dated"] == "1.0"
        project.write({"sessions/all.yml": SESSIONS.format(host=HOST, newest="")})

        ran = project.nox("-s", "update", "--", "--json")

        assert ran.status == 0, ran.err
        report = msgspec.json.decode(ran.out, type=UpdateReport)
        assert report.verdict is UpdateVerdict.HELD
        (held,) = report.held
        assert (held.name, held.layer, held.pin) == ("dated", Layer.CONDA, "dated <3.0")
        assert pins(project.root)["dated"] == "2.0"
        explicit = (project.root / f"conda-{HOST}.lock").read_text()
        assert "dated-2.0" in explicit
        assert project.nox("-s", "lock", "--", "--check").status == 0
