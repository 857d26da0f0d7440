"""How stored wheels become an environment: a function of the wheels, not of its place.

To work this out for 11,000 files was measured at a sixth of the time that linking them
takes; a recipe is kept (`memo`), so that this is done once for a lock and a python.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, json

from noxlock.store._groups import check_groups
from noxlock.store._manifest import EntryPoint, digest_text
from noxlock.store._places import FILES
from noxlock.store._schemes import destination, schemes
from noxlock.store._scripts import is_as_it_is, script_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.model import Interpreter
    from noxlock.store._manifest import Entry, StoredFile, WheelEntry
    from noxlock.store._schemes import Scheme, Schemes

__all__ = ["Recipe", "RecipeBuilder", "Rows", "Script", "row"]

_File: TypeAlias = tuple[str, str, int, int, bool, bool]
_Group: TypeAlias = tuple[int, str, str | None, list[_File]]
"""As `_worker` has them."""
_Way: TypeAlias = tuple[int, str, str]
"""Number of an entry, folder of the store, folder of the environment, relative to its
prefix: both with a `/` at the end."""

_PREFIX = Path(os.path.abspath(os.sep)) / "prefix"  # noqa: PTH100 - of no drive
"""Stands for the environment's own."""


class Script(Struct, frozen=True, array_like=True):
    """A script that names the environment's interpreter."""

    target: str
    """Relative to the prefix."""
    listed: str
    """What RECORD calls it."""
    point: EntryPoint | None = None
    source: str = ""
    """Without an entry point: the stored file that it is made from."""


class Rows(Struct, frozen=True, array_like=True):
    """What is written for one wheel."""

    record: str
    """Where its RECORD goes, relative to the prefix."""
    text: str
    """All of it but the lines of `scripts`."""
    plain: list[tuple[str, bytes]]
    """Other files, by their path relative to the prefix."""
    scripts: list[Script]


class Recipe(Struct, frozen=True, array_like=True):
    """All that is done to make an environment out of wheels."""

    entries: list[tuple[str, str]]
    """Folder and file name of each entry, for errors."""
    groups: list[_Group]
    """What is checked, and placed."""
    wheels: list[Rows]
    overridden: list[str]
    """Scripts in whose place is a file of a later wheel."""


@dataclass(frozen=True, slots=True)
class RecipeBuilder:
    """Takes in wheels, one after the other.

    All that is to be there is gathered by path, so that of several wheels with one file
    the last has it, whatever order the work is then done in.
    """

    interpreter: Interpreter
    _entries: list[tuple[str, str]] = field(default_factory=list)
    _groups: dict[_Way, list[_File]] = field(default_factory=dict)
    _owners: dict[str, _Way | None] = field(default_factory=dict)
    """Where each file comes from, by its path; None: it is written."""
    _checked: list[_Group] = field(default_factory=list)
    """What is not placed, and still has to be what was stored."""
    _wheels: list[Rows] = field(default_factory=list)
    _overridden: list[str] = field(default_factory=list)

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
        adding = _Adding(self, schemes(_PREFIX, target, info), wheel[1])
        adding.files(wheel[0], self._number(*wheel))
        if bytecode is not None:
            adding.bytecode(bytecode[0], bytecode[1], self._number(*bytecode))
        adding.entry_points()
        self._wheels.append(adding.metadata(direct_url))

    def recipe(self) -> Recipe:
        """Return what there is to do."""
        groups = [(*way, files) for way, files in self._groups.items()]
        return Recipe(
            entries=self._entries,
            groups=[*self._checked, *groups],
            wheels=self._wheels,
            overridden=self._overridden,
        )

    def _number(self, folder: Path, entry: Entry) -> int:
        self._entries.append((str(folder), entry.filename))
        return len(self._entries) - 1

    def place(self, way: _Way, files: Sequence[_File]) -> None:
        """Have stored *files*, all of one folder, at their place."""
        group, target = self._groups.setdefault(way, []), way[2]
        for file in files:
            path = target + file[0]
            if path in self._owners:
                self._forget(path)
            self._owners[path] = way
            group.append(file)

    def write(self, path: str) -> None:
        """Have a file at *path*, relative to the prefix, that is made for it."""
        if path in self._owners:
            self._forget(path)
        self._owners[path] = None

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
        if owner is None:
            self._overridden.append(path)
            return
        files, name = self._groups[owner], path[len(owner[2]) :]
        file = next(each for each in files if each[0] == name)
        files.remove(file)
        self._checked.append((owner[0], owner[1], None, [file]))


@dataclass(frozen=True, slots=True)
class _Adding:
    """One wheel that is being taken in."""

    whole: RecipeBuilder
    schemes: Schemes
    wheel: WheelEntry
    _rows: dict[str, str] = field(default_factory=dict)
    """Lines of RECORD by path."""
    _scripts: list[Script] = field(default_factory=list)

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
                self._note(file.path, f"sha256={file.sha256}", file.size)
            self.whole.place((number, base + folder, lib + folder), placed)

    def _data(self, entry: Path, number: int, file: StoredFile) -> None:
        """Take in a file of a folder that may be the wheel's data folder."""
        scheme, path = destination(file.path, self.wheel.dist_info)
        source = f"{entry}/{FILES}/{file.path}"
        target, listed = self._inside(scheme) + path, self._listed(scheme, path)
        if scheme == "scripts" and not is_as_it_is(source, file):
            self.whole.check(number, entry, file)
            self._script(Script(target=target, listed=listed, source=source))
            return
        folder, slash, name = target.rpartition("/")
        way = (number, source.removesuffix(name), folder + slash)
        self.whole.place(way, [file.row(name)])
        self._note(listed, f"sha256={file.sha256}", file.size)

    def bytecode(self, entry: Path, manifest: Entry, number: int) -> None:
        """Take in the wheel's bytecode; RECORD lists it without hash, as pip does."""
        base, lib = f"{entry}/{FILES}/", self._inside("lib")
        for folder, files in groupby(manifest.files, _folder):
            placed = []
            for file in files:
                placed.append(file.row(file.path[len(folder) :]))
                self._note(file.path, "", "")
            self.whole.place((number, base + folder, lib + folder), placed)

    def entry_points(self) -> None:
        """Have the scripts of the entry points."""
        for point in self.wheel.scripts:
            name = script_name(point, self.schemes)
            target = self._inside("scripts") + name
            listed = self._listed("scripts", name)
            self._script(Script(target=target, listed=listed, point=point))

    def _script(self, script: Script) -> None:
        self.whole.write(script.target)
        self._scripts.append(script)
        self._rows.pop(script.listed, None)

    def metadata(self, direct_url: Mapping[str, object] | None) -> Rows:
        """Have INSTALLER, direct_url.json (PEP 610), and RECORD as the last file."""
        info, lib = self.wheel.dist_info, self._inside("lib")
        plain = {f"{info}/INSTALLER": b"noxlock\n"}
        if direct_url is not None:
            data = json.encode(direct_url, order="sorted")
            plain[f"{info}/direct_url.json"] = data
        for path, data in plain.items():
            self.whole.write(lib + path)
            self._rows[path] = row(path, data)
        record = f"{info}/RECORD"
        self._note(record, "", "")
        self.whole.write(lib + record)
        return Rows(
            record=lib + record,
            text="".join(line for _, line in sorted(self._rows.items())),
            plain=[(lib + path, data) for path, data in plain.items()],
            scripts=self._scripts,
        )

    def _inside(self, scheme: Scheme) -> str:
        """Return the folder of *scheme*, relative to the prefix, with a `/`."""
        folder = os.path.relpath(self.schemes.of(scheme), _PREFIX)
        return "" if folder == "." else folder.replace(os.sep, "/") + "/"

    def _listed(self, scheme: Scheme, path: str) -> str:
        """Return what RECORD calls the file at *path* of *scheme*."""
        if scheme == "lib":
            return path
        folder = os.path.relpath(self.schemes.of(scheme), self.schemes.lib)
        return f"{folder}/{path}".replace(os.sep, "/")

    def _note(self, path: str, digest: str, size: int | str) -> None:
        self._rows[path] = _line(path, digest, size)


def row(path: str, data: bytes) -> str:
    """Return the line of RECORD for a file that is made for an environment."""
    return _line(
        path, f"sha256={digest_text(hashlib.sha256(data).digest())}", len(data)
    )


def _line(path: str, digest: str, size: int | str) -> str:
    if "," in path or '"' in path or "\n" in path or "\r" in path:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow((path, digest, size))
        return text.getvalue()
    return f"{path},{digest},{size}\n"


def _folder(file: StoredFile) -> str:
    """Return the folder of *file* in its entry, with a `/` at the end, or ""."""
    return file.path[: file.path.rfind("/") + 1]
