"""Nothing of the user's reaches a command but what is meant to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from noxlock.envs import apply_variables, find_interpreter, make_venv
from noxlock.envs.hermetic import hermetic_variables
from support.workshop import write_tree

PREFIX = Path("/somewhere/.nox/cpu")

LOOK = """
import json, os, site, sys
try:
    import leaked
except ImportError:
    leaked = None
pip = sorted(name for name in os.environ if name.startswith("PIP_"))
print(json.dumps([leaked is not None, site.ENABLE_USER_SITE, sys.path, pip]))
"""


def test_a_poisoned_home_and_environment_reach_nothing(tmp_path: Path) -> None:
    interpreter = find_interpreter("3")
    make_venv(tmp_path / "env", interpreter)
    minor = interpreter.target.python_minor
    home = tmp_path / "home"
    write_tree(
        home,
        {
            f".local/lib/python{minor}/site-packages/leaked.py": "",
            ".config/pip/pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
            "path/leaked.py": "",
            "startup.py": "raise SystemExit('startup ran')",
        },
    )
    poisoned = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": str(home / "path"),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "PYTHONUSERBASE": str(home / ".local"),
    }
    prefix = tmp_path / "env"
    variables = apply_variables(poisoned, hermetic_variables(prefix, poisoned))
    found = subprocess.run(
        ["python", "-c", LOOK], env=variables, check=True, capture_output=True
    )
    leaked, user_site, path, pip = json.loads(found.stdout)
    assert (leaked, user_site) == (False, False)
    assert not [entry for entry in path if str(home) in entry]
    assert pip == ["PIP_CONFIG_FILE", "PIP_DISABLE_PIP_VERSION_CHECK"]


def test_what_conda_pip_uv_and_poetry_have_set_is_removed() -> None:
    user = {
        "CONDA_PREFIX": "/conda",
        "CONDA_OVERRIDE_CUDA": "12.4",
        "PIP_TARGET": "/elsewhere",
        "UV_INDEX_URL": "http://127.0.0.1/",
        "POETRY_VIRTUALENVS_PATH": "/p",
        "PYTHONOPTIMIZE": "2",
        "LD_LIBRARY_PATH": "/cuda",
        "PYTHONUNBUFFERED": "1",
    }
    changes = hermetic_variables(PREFIX, user)
    assert {name for name, value in changes.items() if value is None} == {
        "CONDA_PREFIX",
        "PIP_TARGET",
        "UV_INDEX_URL",
        "POETRY_VIRTUALENVS_PATH",
        "PYTHONOPTIMIZE",
    }
    kept = apply_variables(user, changes)
    assert kept["CONDA_OVERRIDE_CUDA"] == "12.4"
    assert kept["LD_LIBRARY_PATH"] == "/cuda"
    assert kept["PYTHONUNBUFFERED"] == "1"


def test_the_programs_of_the_environment_come_first() -> None:
    scripts = str(PREFIX / ("Scripts" if sys.platform == "win32" else "bin"))
    changes = hermetic_variables(PREFIX, {"PATH": "/usr/bin"})
    assert changes["PATH"] == f"{scripts}{os.pathsep}/usr/bin"
    assert hermetic_variables(PREFIX, {"PATH": ""})["PATH"] == scripts
    assert changes["VIRTUAL_ENV"] == str(PREFIX)
