"""Stored wheels into a virtual environment, with the files that are its own."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import json

from noxlock.store._crew import run_crew
from noxlock.store._manifest import check_groups, digest_text, refuse
from noxlock.store._places import FILES
from noxlock.store._schemes import destination, schemes
from noxlock.store._scripts import entry_script, for_interpreter, is_as_it_is

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.model import Interpreter
    from noxlock.store._manifest import Entry, StoredFile, WheelEntry
    from noxlock.store._place import LinkMode
    from noxlock.store._schemes import Scheme, Schemes
    from noxlock.store._worker import File, Group

__all__ = ["Installation"]


class _Written(NamedTuple):
    """A file of the environment that is made for it."""

    data: bytes
    executable: bool


_Way: TypeAlias = tuple[int, str, str]
"""Number of an entry, folder of the store, folder of the environment, relative to its
prefix: both with a `/` at the end."""


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
    _groups: dict[_Way, list[File]] = field(default_factory=dict)
    _owners: dict[str, _Way | _Written] = field(default_factory=dict)
    """Where each file comes from, by its path relative to the prefix."""
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
        groups = [(*way, files) for way, files in self._groups.items()]
        work = [*self._checked, *groups]
        damaged = run_crew(self.mode, work, quick=self.quick, prefix=self.prefix)
        refuse(damaged, self._entries)
        for path, owner in self._owners.items():
            if isinstance(owner, _Written):
                _write(f"{self.prefix}/{path}", owner)
        return {
            target + file[0]: (file[2], file[3] * 1_000_000_000)
            for _, _, target, files in groups
            if not target.endswith("/__pycache__/")
            for file in files
        }

    def _number(self, folder: Path, entry: Entry) -> int:
        self._entries.append((folder, entry))
        return len(self._entries) - 1

    def place(self, way: _Way, files: Sequence[File]) -> None:
        """Have stored *files*, all of one folder, at their place."""
        group, target = self._groups.setdefault(way, []), way[2]
        for file in files:
            path = target + file[0]
            if path in self._owners:
                self._forget(path)
            self._owners[path] = way
            group.append(file)

    def write(self, path: str, file: _Written) -> None:
        """Have a file at *path*, relative to the prefix, that is made for it."""
        if path in self._owners:
            self._forget(path)
        self._owners[path] = file

    def check(self, number: int, folder: Path, file: StoredFile) -> None:
        """Check *file*, which is not placed as it is."""
        self._checked.extend(check_groups(number, folder, [file]))

    def _forget(self, path: str) -> None:
        """Do not have what another wheel had at *path*, nor the bytecode of that.

        It would be believed: every stored source has the same time, and two may well
        have one size.
        """
        self._drop(path)
        folder, slash, name = path.rpartition("/")
        if name.endswith(".py"):
            tag = self.interpreter.cache_tag
            cached = f"{folder}{slash}__pycache__/{name[:-3]}.{tag}.pyc"
            if cached in self._owners:
                self._drop(cached)

    def _drop(self, path: str) -> None:
        owner = self._owners.pop(path)
        if isinstance(owner, _Written):
            return
        files, name = self._groups[owner], path[len(owner[2]) :]
        file = next(each for each in files if each[0] == name)
        files.remove(file)
        self._checked.append((owner[0], owner[1], None, [file]))


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
        base, lib = f"{entry}/{FILES}/", self._inside("lib")
        for folder, files in groupby(self.wheel.files, _folder):
            if folder.partition("/")[0].endswith(".data"):
                for file in files:
                    self._data(entry, number, file)
                continue
            placed = []
            for file in files:
                placed.append(file.row(file.path[len(folder) :]))
                self._note(file.path, f"sha256={file.digest}", file.size)
            self.whole.place((number, base + folder, lib + folder), placed)

    def _data(self, entry: Path, number: int, file: StoredFile) -> None:
        """Take in a file of a folder that may be the wheel's data folder."""
        scheme, path = destination(file.path, self.wheel.dist_info)
        source = f"{entry}/{FILES}/{file.path}"
        if scheme == "scripts" and not is_as_it_is(source, file):
            self.whole.check(number, entry, file)
            data = for_interpreter(Path(source).read_bytes(), self.schemes.python)
            self.write(scheme, path, data, executable=True)
            return
        folder, slash, name = (self._inside(scheme) + path).rpartition("/")
        way = (number, source.removesuffix(name), folder + slash)
        self.whole.place(way, [file.row(name)])
        self._note(self._listed(scheme, path), f"sha256={file.digest}", file.size)

    def bytecode(self, entry: Path, manifest: Entry, number: int) -> None:
        """Take in the wheel's bytecode; RECORD lists it without hash, as pip does."""
        base, lib = f"{entry}/{FILES}/", self._inside("lib")
        for folder, files in groupby(manifest.files, _folder):
            placed = []
            for file in files:
                placed.append(file.row(file.path[len(folder) :]))
                self._note(file.path, "", "")
            self.whole.place((number, base + folder, lib + folder), placed)

    def scripts(self) -> None:
        """Write the scripts of the entry points."""
        for point in self.wheel.scripts:
            name, data = entry_script(point, self.schemes)
            self.write("scripts", name, data, executable=True)

    def metadata(self, direct_url: Mapping[str, object] | None) -> None:
        """Write INSTALLER, direct_url.json (PEP 610), and RECORD as the last file."""
        info = self.wheel.dist_info
        self.write("lib", f"{info}/INSTALLER", b"noxlock\n")
        if direct_url is not None:
            data = json.encode(direct_url, order="sorted")
            self.write("lib", f"{info}/direct_url.json", data)
        record = f"{info}/RECORD"
        self._note(record, "", "")
        text = "".join(line for _, line in sorted(self._rows.items()))
        written = _Written(text.encode(), executable=False)
        self.whole.write(self._inside("lib") + record, written)

    def write(
        self, scheme: Scheme, path: str, data: bytes, *, executable: bool = False
    ) -> None:
        """Have a file of this environment alone."""
        self.whole.write(self._inside(scheme) + path, _Written(data, executable))
        digest = digest_text(hashlib.sha256(data).digest())
        self._note(self._listed(scheme, path), f"sha256={digest}", len(data))

    def _inside(self, scheme: Scheme) -> str:
        """Return the folder of *scheme*, relative to the prefix, with a `/`."""
        folder = os.path.relpath(self.schemes.of(scheme), self.whole.prefix)
        return "" if folder == "." else folder.replace(os.sep, "/") + "/"

    def _listed(self, scheme: Scheme, path: str) -> str:
        """Return what RECORD calls the file at *path* of *scheme*."""
        if scheme == "lib":
            return path
        folder = os.path.relpath(self.schemes.of(scheme), self.schemes.lib)
        return f"{folder}/{path}".replace(os.sep, "/")

    def _note(self, path: str, digest: str, size: int | str) -> None:
        if "," in path or '"' in path or "\n" in path or "\r" in path:
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerow((path, digest, size))
            self._rows[path] = text.getvalue()
        else:
            self._rows[path] = f"{path},{digest},{size}\n"


def _folder(file: StoredFile) -> str:
    """Return the folder of *file* in its entry, with a `/` at the end, or ""."""
    return file.path[: file.path.rfind("/") + 1]


def _write(target: str, file: _Written) -> None:
    """Write a file in place of what is there: never into it, it may be a link."""
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    Path(target).unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(target, flags, 0o777 if file.executable else 0o666)
    with open(handle, "wb") as stream:  # noqa: PTH123
        stream.write(file.data)
