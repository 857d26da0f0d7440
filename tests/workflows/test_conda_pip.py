"""uv as a tool: its environment from its own lock, run with the user's settings."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from noxlock.locks.environment_yml import read_environments
from noxlock.locks.virtual_packages import virtual_packages
from noxlock.model import CondaPackage, Subdir
from noxlock.solvers import _pip_section
from noxlock.workflows.conda_pip import UvSection
from noxlock.workflows.parts import Parts
from support.index_server import serve_index
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TOOL = """\
import sys

def main():
    if sys.argv[-1] == "pylock.toml":
        index = sys.argv[sys.argv.index("--default-index") + 1]
        url = index.replace("simple/", "files/app-1.0-py3-none-any.whl")
        print('lock-version = "1.0"')
        print('[[packages]]\\nname = "app"\\nversion = "1.0"')
        print(f'wheels = [{{url = "{url}", hashes = {{sha256 = "{"0" * 64}"}}}}]')
    else:
        print("app==1.0  # via -r requirements.in")
"""
LOCK = """\
[[package]]
name = "uv"
version = "0.9.9"
optional = false
python-versions = "*"
groups = ["main"]
files = [{{file = "{file}", hash = "sha256:{digest}"}}]

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "{empty}"
"""
PROJECT = """\
[project]
name = "tool"
version = "0"
requires-python = ">=3.11"
dependencies = ["uv"]
"""


def test_uv_comes_from_its_own_lock_and_asks_the_users_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = {"console_scripts": {"uv": "stand_in:main"}}
    name, wheel = make_wheel("uv", "0.9.9", {"stand_in.py": TOOL}, entry_points=scripts)
    digest = hashlib.sha256(wheel).hexdigest()
    lock = LOCK.format(file=name, digest=digest, empty="0" * 64)
    files = {"poetry.lock": lock.encode(), "pyproject.toml": PROJECT.encode()}
    monkeypatch.setattr(_pip_section, "pins", lambda: files)
    source = b"channels: [a]\ndependencies:\n- python\n- pip:\n  - app\n"
    wanted = read_environments([("e.yml", source)], Subdir.LINUX_64)
    python = CondaPackage(
        name="python",
        version="3.11.7",
        build="0",
        subdir="linux-64",
        filename="python.conda",
        url="https://conda.example.org/ch/linux-64/python.conda",
        channel=None,
    )
    with serve_index({name: wheel}) as server:
        environ = {
            "PATH": os.defpath,
            "NOXLOCK_CACHE_DIR": str(tmp_path / "cache"),
            "PIP_INDEX_URL": server.url,
            "PIP_CONFIG_FILE": os.devnull,
        }
        parts = Parts(tmp_path, offline=False, environ=environ, home=tmp_path)
        section = UvSection(parts, tmp_path / "conda-lock.yml", tmp_path / "tools")
        virtual = virtual_packages(Subdir.LINUX_64)
        rows = [section(wanted, (python,), virtual, None) for _ in range(2)]
    assert rows[0] == rows[1]
    assert [(row.name, row.sha256) for row in rows[0]] == [("app", "0" * 64)]
    assert "127.0.0.1" not in rows[0][0].url
    assert rows[0][0].url.endswith("/app/app-1.0-py3-none-any.whl")
