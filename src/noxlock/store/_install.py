"""A stored wheel into a virtual environment, with the files that are its own."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from installer.scripts import Script
from msgspec import json

from noxlock.store._manifest import digest_text
from noxlock.store._place import place
from noxlock.store._places import FILES
from noxlock.store._schemes import destination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.store._manifest import Entry, StoredFile, WheelEntry
    from noxlock.store._place import LinkMode
    from noxlock.store._schemes import Scheme, Schemes

__all__ = ["Installation"]

_PLACEHOLDER = b"#!python"
_SHEBANG_LIMIT = 127
"""Bytes of the `#!` line that every Linux kernel reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """One wheel on its way into one environment."""

    wheel: WheelEntry
    schemes: Schemes
    mode: LinkMode
    _rows: list[tuple[str, str, str]] = field(default_factory=list)
    _folders: set[str] = field(default_factory=set)

    def files(self, entry: Path) -> None:
        """Place the wheel's files, scripts among them with their new first line."""
        base = f"{entry}/{FILES}"
        for file in self.wheel.files:
            scheme, path = destination(file.path, self.wheel.dist_info)
            source = f"{base}/{file.path}"
            if scheme == "scripts" and not _as_it_is(source, file):
                data = _for_interpreter(Path(source).read_bytes(), self.schemes.python)
                self.write(scheme, path, data, executable=True)
            else:
                self._place(scheme, path, source, file)

    def bytecode(self, entry: Path, manifest: Entry) -> None:
        """Place the wheel's bytecode; RECORD lists it without hash, as pip does."""
        base = f"{entry}/{FILES}"
        lib = str(self.schemes.lib)
        for file in manifest.files:
            target = f"{lib}/{file.path}"
            self._folder(target)
            place(self.mode, f"{base}/{file.path}", target, False)  # noqa: FBT003
            self._rows.append((file.path, "", ""))

    def scripts(self) -> None:
        """Write the scripts of the entry points."""
        for point in self.wheel.scripts:
            script = Script(
                point.name,
                point.module,
                point.attribute,
                "gui" if point.gui else "console",
            )
            name, data = script.generate(
                str(self.schemes.python), self.schemes.launcher
            )
            self.write("scripts", name, data, executable=True)

    def metadata(self, direct_url: Mapping[str, object] | None) -> None:
        """Write INSTALLER, direct_url.json (PEP 610), and RECORD as the last file."""
        info = self.wheel.dist_info
        self.write("lib", f"{info}/INSTALLER", b"noxlock\n")
        if direct_url is not None:
            data = json.encode(direct_url, order="sorted")
            self.write("lib", f"{info}/direct_url.json", data)
        record = f"{info}/RECORD"
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows(sorted({*self._rows, (record, "", "")}))
        self.write("lib", record, text.getvalue().encode())

    def write(
        self, scheme: Scheme, path: str, data: bytes, *, executable: bool = False
    ) -> None:
        """Write a file of this environment alone, in place of what is there."""
        target = f"{self.schemes.of(scheme)}/{path}"
        self._folder(target)
        Path(target).unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(target, flags, 0o777 if executable else 0o666)
        with open(handle, "wb") as stream:  # noqa: PTH123
            stream.write(data)
        digest = digest_text(hashlib.sha256(data).digest())
        self._note(scheme, path, digest, len(data))

    def _place(self, scheme: Scheme, path: str, source: str, file: StoredFile) -> None:
        target = f"{self.schemes.of(scheme)}/{path}"
        self._folder(target)
        place(self.mode, source, target, file.executable)
        self._note(scheme, path, file.digest, file.size)

    def _folder(self, target: str) -> None:
        folder = os.path.dirname(target)  # noqa: PTH120
        if folder not in self._folders:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            self._folders.add(folder)

    def _note(self, scheme: Scheme, path: str, digest: str, size: int) -> None:
        if scheme != "lib":
            folder = os.path.relpath(self.schemes.of(scheme), self.schemes.lib)
            path = f"{folder}/{path}".replace(os.sep, "/")
        self._rows.append((path, f"sha256={digest}", str(size)))


def _as_it_is(source: str, file: StoredFile) -> bool:
    """Whether a script needs neither another first line nor another mode."""
    if not file.executable:
        return False
    with open(source, "rb") as stream:  # noqa: PTH123
        return stream.read(len(_PLACEHOLDER)) != _PLACEHOLDER


def _for_interpreter(data: bytes, python: Path) -> bytes:
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
