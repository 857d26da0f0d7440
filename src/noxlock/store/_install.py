"""Stored wheels into a virtual environment, with the files that are its own."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import json

from noxlock.store._crew import run_crew
from noxlock.store._manifest import check_groups, digest_text, refuse
from noxlock.store._places import FILES
from noxlock.store._schemes import destination, schemes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import Interpreter
    from noxlock.store._manifest import Entry, EntryPoint, StoredFile, WheelEntry
    from noxlock.store._place import LinkMode
    from noxlock.store._schemes import Scheme, Schemes
    from noxlock.store._worker import File, Group

__all__ = ["Installation"]

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
_QUOTED = frozenset(',"\r\n')
"""What makes a field of CSV need quotes."""


class _Placed(NamedTuple):
    """A file of the environment that comes out of the store."""

    number: int
    """Of its entry."""
    source: str
    """Its folder in the store, with a `/` at the end."""
    target: str
    """Its folder in the environment, relative to the prefix, likewise."""
    file: File


class _Written(NamedTuple):
    """A file of the environment that is made for it."""

    data: bytes
    executable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """Wheels on their way into one environment.

    First all that is to be there is gathered, by path, so that of several wheels with
    one file the last has it, whatever order the work is then done in.
    """

    prefix: Path
    interpreter: Interpreter
    mode: LinkMode
    quick: bool
    """Whether sizes and times are enough of a check."""
    _entries: list[tuple[Path, Entry]] = field(default_factory=list)
    _files: dict[str, _Placed | _Written] = field(default_factory=dict)
    """By path, relative to the prefix."""
    _checked: list[Group] = field(default_factory=list)
    """What is not placed, and still has to be what was stored."""

    def add(
        self,
        wheel: tuple[Path, WheelEntry],
        bytecode: tuple[Path, Entry] | None,
        direct_url: Mapping[str, object] | None,
    ) -> None:
        """Take in a wheel.

        Args:
            wheel: Its folder in the store and what is in it.
            bytecode: The same of its bytecode; None: it has none.
            direct_url: What its `direct_url.json` says; None: it has none.
        """
        target, info = self.interpreter.target, wheel[1].dist_info
        adding = _Adding(self, schemes(self.prefix, target, info), wheel[1])
        adding.files(wheel[0], self._number(*wheel))
        if bytecode is not None:
            adding.bytecode(bytecode[0], bytecode[1], self._number(*bytecode))
        adding.scripts()
        adding.metadata(direct_url)

    def run(self) -> dict[str, tuple[int, int]]:
        """Check and place everything, then write the rest.

        Returns:
            Size and mtime in nanoseconds of what was placed, by its path relative to
            the prefix; not of bytecode.

        Raises:
            OSError: The prefix is not writable.
            StoreError: A stored file is damaged.
        """
        groups: dict[tuple[int, str, str], list[File]] = {}
        written: dict[str, _Written] = {}
        placed = {}
        for path, file in self._files.items():
            if isinstance(file, _Written):
                written[path] = file
                continue
            groups.setdefault(file[:3], []).append(file.file)
            if not file.target.endswith("/__pycache__/"):
                placed[path] = (file.file[2], file.file[3] * 1_000_000_000)
        work = [*self._checked, *((*key, files) for key, files in groups.items())]
        damaged = run_crew(self.mode, work, quick=self.quick, prefix=self.prefix)
        refuse(damaged, self._entries)
        for path, one in written.items():
            _write(f"{self.prefix}/{path}", one)
        return placed

    def _number(self, folder: Path, entry: Entry) -> int:
        self._entries.append((folder, entry))
        return len(self._entries) - 1

    def put(self, path: str, file: _Placed | _Written) -> None:
        """Have *file* at *path*; what another wheel had there goes."""
        before = self._files.get(path)
        if before is not None:
            self._only_check(before)
            self._drop_bytecode(path)
        self._files[path] = file

    def check(self, number: int, folder: Path, file: StoredFile) -> None:
        """Check *file*, which is not placed as it is."""
        self._checked.extend(check_groups(number, folder, [file]))

    def _only_check(self, file: _Placed | _Written) -> None:
        if isinstance(file, _Placed):
            self._checked.append((file.number, file.source, None, [file.file]))

    def _drop_bytecode(self, path: str) -> None:
        """Forget the bytecode of a module that another one takes the place of.

        It would be believed: every stored source has the same time, and two may well
        have one size.
        """
        folder, slash, name = path.rpartition("/")
        if name.endswith(".py"):
            tag = self.interpreter.cache_tag
            cached = f"{folder}{slash}__pycache__/{name[:-3]}.{tag}.pyc"
            if cached in self._files:
                self._only_check(self._files.pop(cached))


@dataclass(frozen=True, slots=True)
class _Adding:
    """One wheel that is being taken in."""

    whole: Installation
    schemes: Schemes
    wheel: WheelEntry
    _rows: dict[str, str] = field(default_factory=dict)
    """Lines of RECORD by path."""

    def files(self, entry: Path, number: int) -> None:
        """Take in the wheel's files, scripts among them with their new first line."""
        base = f"{entry}/{FILES}/"
        lib = self._inside("lib")
        for file in self.wheel.files:
            scheme, path = destination(file.path, self.wheel.dist_info)
            source = base + file.path
            if scheme == "scripts" and not _as_it_is(source, file):
                self.whole.check(number, entry, file)
                data = _for_interpreter(Path(source).read_bytes(), self.schemes.python)
                self.write(scheme, path, data, executable=True)
                continue
            target = lib if scheme == "lib" else self._inside(scheme)
            self._place(number, (source, target + path), file)
            self._note(scheme, path, f"sha256={file.digest}", str(file.size))

    def bytecode(self, entry: Path, manifest: Entry, number: int) -> None:
        """Take in the wheel's bytecode; RECORD lists it without hash, as pip does."""
        base, lib = f"{entry}/{FILES}/", self._inside("lib")
        for file in manifest.files:
            self._place(number, (base + file.path, lib + file.path), file)
            self._note("lib", file.path, "", "")

    def scripts(self) -> None:
        """Write the scripts of the entry points."""
        for point in self.wheel.scripts:
            name, data = _script(point, self.schemes)
            self.write("scripts", name, data, executable=True)

    def metadata(self, direct_url: Mapping[str, object] | None) -> None:
        """Write INSTALLER, direct_url.json (PEP 610), and RECORD as the last file."""
        info = self.wheel.dist_info
        self.write("lib", f"{info}/INSTALLER", b"noxlock\n")
        if direct_url is not None:
            data = json.encode(direct_url, order="sorted")
            self.write("lib", f"{info}/direct_url.json", data)
        record = f"{info}/RECORD"
        self._note("lib", record, "", "")
        text = "".join(line for _, line in sorted(self._rows.items()))
        target = self._inside("lib") + record
        self.whole.put(target, _Written(text.encode(), executable=False))

    def write(
        self, scheme: Scheme, path: str, data: bytes, *, executable: bool = False
    ) -> None:
        """Have a file of this environment alone."""
        self.whole.put(self._inside(scheme) + path, _Written(data, executable))
        digest = digest_text(hashlib.sha256(data).digest())
        self._note(scheme, path, f"sha256={digest}", str(len(data)))

    def _place(self, number: int, way: tuple[str, str], file: StoredFile) -> None:
        source, target = way
        parent, slash, name = target.rpartition("/")
        folder = source[: len(source) - len(name)]
        placed = _Placed(number, folder, parent + slash, file.row(name))
        self.whole.put(target, placed)

    def _inside(self, scheme: Scheme) -> str:
        """Return the folder of *scheme*, relative to the prefix, with a `/`."""
        folder = os.path.relpath(self.schemes.of(scheme), self.whole.prefix)
        return "" if folder == "." else folder.replace(os.sep, "/") + "/"

    def _note(self, scheme: Scheme, path: str, digest: str, size: str) -> None:
        if scheme != "lib":
            folder = os.path.relpath(self.schemes.of(scheme), self.schemes.lib)
            path = f"{folder}/{path}".replace(os.sep, "/")
        if _QUOTED.isdisjoint(path):
            self._rows[path] = f"{path},{digest},{size}\n"
        else:
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerow((path, digest, size))
            self._rows[path] = text.getvalue()


def _script(point: EntryPoint, schemes: Schemes) -> tuple[str, bytes]:
    """Return name and content of the script of an entry point.

    As the package installer has it, which takes longer to import than all scripts of an
    environment to write; where a launcher is needed, it makes that.
    """
    if schemes.launcher == "posix":
        text = _SCRIPT.format(
            module=point.module,
            name=point.attribute.partition(".")[0],
            function=point.attribute,
        )
        return point.name, _for_interpreter(text.encode(), schemes.python)
    from installer.scripts import Script  # noqa: PLC0415 - see above

    section: Literal["gui", "console"] = "gui" if point.gui else "console"
    script = Script(point.name, point.module, point.attribute, section)
    return script.generate(str(schemes.python), schemes.launcher)


def _write(target: str, file: _Written) -> None:
    """Write a file in place of what is there: never into it, it may be a link."""
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    Path(target).unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(target, flags, 0o777 if file.executable else 0o666)
    with open(handle, "wb") as stream:  # noqa: PTH123
        stream.write(file.data)


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
