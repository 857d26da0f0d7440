"""An executable that stands in for Poetry: it does what a small script says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["stand_in"]

HEADER = """\
#!{python}
import json, os, sys, time
from pathlib import Path

def record():
    seen = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "env": dict(os.environ)}}
    Path({seen!r}).write_text(json.dumps(seen))

record()
"""


def stand_in(folder: Path, script: str) -> Path:
    """Return a program in *folder* that notes how it was called, then runs *script*.

    What it notes is in `seen.json` beside it: `arguments`, `folder`, `env`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "poetry"
    header = HEADER.format(python=sys.executable, seen=str(folder / "seen.json"))
    program.write_text(header + script, encoding="utf-8")
    program.chmod(0o755)
    return program
