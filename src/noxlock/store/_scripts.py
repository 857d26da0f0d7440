"""Scripts of an environment: those of entry points, and those with its interpreter."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.store._manifest import EntryPoint, StoredFile
    from noxlock.store._schemes import Schemes

__all__ = ["entry_script", "for_interpreter", "is_as_it_is", "script_name"]

_PLACEHOLDER = b"#!python"
_SCRIPT = """\
#!python
# -*- coding: utf-8 -*-
import re
import sys
from {module} import {name}
if __name__ == "__main__":
    sys.argv[0] = re.sub(r"(-script\\.pyw|\\.exe)?$", "", sys.argv[0])
    sys.exit({function}())
"""
_SHEBANG_LIMIT = 127
"""Bytes of the `#!` line that every Linux kernel reads."""


def script_name(point: EntryPoint, schemes: Schemes) -> str:
    """Return the file name of the script of an entry point."""
    return point.name if schemes.launcher == "posix" else f"{point.name}.exe"


def entry_script(point: EntryPoint, schemes: Schemes) -> bytes:
    """Return the content of the script of an entry point.

    As the package installer has it, which takes longer to import than all scripts of an
    environment to write; where a launcher is needed, it makes that.
    """
    if schemes.launcher == "posix":
        text = _SCRIPT.format(
            module=point.module,
            name=point.attribute.partition(".")[0],
            function=point.attribute,
        )
        return for_interpreter(text.encode(), schemes.python)
    from installer.scripts import Script  # noqa: PLC0415 - see above

    section: Literal["gui", "console"] = "gui" if point.gui else "console"
    script = Script(point.name, point.module, point.attribute, section)
    return script.generate(str(schemes.python), schemes.launcher)[1]


def is_as_it_is(source: str, file: StoredFile) -> bool:
    """Whether a script needs neither another first line nor another mode."""
    if not file.executable:
        return False
    with open(source, "rb") as stream:  # noqa: PTH123
        return stream.read(len(_PLACEHOLDER)) != _PLACEHOLDER


def for_interpreter(data: bytes, python: Path) -> bytes:
    """Return a script with the environment's interpreter where it asks for one.

    "If the first line of a file in scripts/ starts with exactly `b'#!python'`, rewrite
    to point to the correct interpreter" (binary distribution format).
    """
    if not data.startswith(_PLACEHOLDER):
        return data
    rest = data.partition(b"\n")[2]
    path = os.fsencode(python)
    if b" " not in path and len(path) + 3 <= _SHEBANG_LIMIT:
        return b"#!" + path + b"\n" + rest
    # Python reads the second and third line as one string, the shell runs the first.
    quoted = os.fsencode(shlex.quote(str(python)))
    return b"#!/bin/sh\n'''exec' " + quoted + b' "$0" "$@"\n' + b"' '''\n" + rest
