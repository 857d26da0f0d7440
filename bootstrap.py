"""Run nox with this clone's noxlock, from nothing but a Python: `python3 bootstrap.py`.

Everything after the file's name goes to nox. The first run makes a virtual environment
under `.nox/` from the hashes in `poetry.lock`; the next ones only start nox. Nothing is
installed anywhere else. Only the standard library is used here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / ".nox"


def requirements() -> str:
    """Return the `main` group of poetry.lock as a requirements file with hashes."""
    import tomllib  # noqa: PLC0415 - not there before 3.11, which `main` refuses first

    lock = tomllib.loads((ROOT / "poetry.lock").read_text("utf-8"))
    lines = []
    for package in lock["package"]:
        if "main" not in package["groups"] or package.get("optional"):
            continue
        markers = package.get("markers")
        if isinstance(markers, dict):
            markers = markers.get("main")
        condition = f" ; {markers}" if markers else ""
        hashes = " ".join(f"--hash={file['hash']}" for file in package["files"])
        lines.append(f"{package['name']}=={package['version']}{condition} {hashes}\n")
    return "".join(lines)


def environment() -> Path:
    """Return the interpreter of an environment that holds what poetry.lock says."""
    files = ("poetry.lock", "pyproject.toml", "bootstrap.py")
    texts = [(ROOT / file).read_text("utf-8") for file in files]
    facts = [sys.executable, sys.version, str(ROOT), *texts]
    key = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:12]
    prefix = FOLDER / f"bootstrap-{key}"
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = prefix / scripts / ("python.exe" if os.name == "nt" else "python")
    ready = prefix / "ready"
    if ready.exists():
        return python

    print("bootstrap: making .nox/bootstrap from poetry.lock, once", file=sys.stderr)
    for old in FOLDER.glob("bootstrap-*"):
        shutil.rmtree(old, ignore_errors=True)
    venv.create(prefix, with_pip=True)
    pins = prefix / "requirements.txt"
    pins.write_text(requirements(), "utf-8")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env["PYTHONNOUSERSITE"] = "1"
    for arguments in (
        ["--require-hashes", "--no-deps", "-r", str(pins)],
        ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
    ):
        subprocess.run([*pip, *arguments], check=True, env=env, cwd=ROOT)  # noqa: S603
    ready.touch()
    return python


def main() -> int:
    """Start nox in its environment and return its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this may be any Python
        found = ".".join(map(str, sys.version_info[:3]))
        print(
            f"error: noxlock needs Python 3.11 or later, not {found}", file=sys.stderr
        )
        return 2
    try:
        python = environment()
    except subprocess.CalledProcessError as error:
        print("error: pip could not install what poetry.lock pins", file=sys.stderr)
        return error.returncode
    noxfile = ROOT / "noxfile.py"
    command = [str(python), "-m", "nox", "-f", str(noxfile), *sys.argv[1:]]
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
