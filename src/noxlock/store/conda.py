"""Conda packages in the store: unpacked once, checked each time, compiled once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.store._bytecode import Source, compile_sources, write_bytecode
from noxlock.store._conda_entry import SITE, Unpacked, seal, source_of
from noxlock.store._crew import run_crew
from noxlock.store._groups import check_entries, place_groups, refuse, renumbered
from noxlock.store._manifest import (
    Checking,
    Entry,
    absent,
    read_entry,
    touch_entry,
    write_entry,
    wrong_digest,
)
from noxlock.store._place import LinkMode, Placer
from noxlock.store._places import FILES, Places
from noxlock.store._settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from noxlock.model import CondaPackage, Interpreter
    from noxlock.store._manifest import StoredFile
    from noxlock.store._worker import Group

__all__ = ["CondaStore", "conda_key"]


def conda_key(package: CondaPackage) -> str:
    """Return what *package* is stored under: the best digest that its lock has.

    What was taken for its MD5 digest never stands for a SHA-256 one.
    """
    return package.sha256 or f"md5-{package.md5}"


class CondaStore:
    """The part of the store that holds conda packages.

    Args:
        root: Folder of the store.
        environ: Where `NOXLOCK_LINK_MODE` and `NOXLOCK_VERIFY` are read from.
    """

    def __init__(self, root: Path, *, environ: Mapping[str, str] | None = None) -> None:
        settings = read_settings(os.environ if environ is None else environ)
        self.places = Places(root)
        self._placer = Placer(settings.mode)
        self._checking = settings.checking

    def has(self, package: CondaPackage) -> bool:
        """Return whether *package* is stored."""
        return touch_entry(self.places.conda(conda_key(package)))

    def folder(self, package: CondaPackage) -> Path:
        """Return the folder of the unpacked files of *package*."""
        return self.places.conda(conda_key(package)) / FILES

    def mode_to(self, packages: Sequence[CondaPackage], folder: Path) -> LinkMode:
        """Return how files of *packages* come into *folder*: never `auto`.

        Raises:
            StoreError: The mode that was asked for does not work there.
        """
        if not packages:
            return LinkMode.COPY
        return self._placer.between(self.places.conda(conda_key(packages[0])), folder)

    def sha256(self, package: CondaPackage) -> str:
        """Return the sha256 of the archive that *package* was unpacked from."""
        return self._read(package)[1].sha256

    def add(
        self,
        package: CondaPackage,
        archive: Path,
        extract: Callable[[Path, Path], tuple[str, str]],
    ) -> None:
        """Unpack *archive* into the store.

        Args:
            package: As it is locked; its digest is checked.
            archive: Its file.
            extract: Unpacks an archive into a new folder and returns the sha256 and the
                md5 of the bytes that it read.

        Raises:
            HashMismatchError: The bytes are not those that were locked.
            StoreError: It is no conda package, or the store cannot be written.
        """
        if self.has(package):
            return
        with (
            self.places.using(f"store `{archive.name}`"),
            self.places.staging() as staged,
        ):
            entry = staged / "entry"
            entry.mkdir()
            sha256, md5 = extract(archive, entry / FILES)
            _require(package, archive, sha256, md5)
            write_entry(entry, seal(entry / FILES, archive.name, sha256))
            self.places.publish(entry, self.places.conda(conda_key(package)))

    def check(self, packages: Sequence[CondaPackage]) -> None:
        """Refuse what is not, byte for byte, what was stored.

        Raises:
            StoreError: A package is damaged or not stored.
        """
        with self.places.using("read the store", hint=""):
            entries = [self._read(package) for package in packages]
            check_entries(entries, self._checking)
            for folder, _ in entries:
                touch_entry(folder)

    def uncompiled(
        self, packages: Sequence[CondaPackage], interpreter: Interpreter
    ) -> tuple[str, ...]:
        """Return the keys of *packages* whose modules are still to be compiled."""
        return tuple(
            key
            for key in dict.fromkeys(map(conda_key, packages))
            if not touch_entry(self.places.conda_bytecode(key, interpreter))
        )

    def compile(
        self, packages: Sequence[CondaPackage], interpreter: Interpreter
    ) -> None:
        """Compile the modules that came without bytecode; skips what is done.

        Raises:
            StoreError: A package is damaged, or the interpreter failed.
        """
        places = self.places
        missing = self.uncompiled(packages, interpreter)
        if not missing:
            return
        with self.places.using("store bytecode"), places.staging() as staged:
            work = []
            for key in missing:
                entry = read_entry(places.conda(key), Unpacked)
                if entry is None:
                    raise absent(key)
                found = _sources(places.conda(key), entry, staged / key, interpreter)
                work.append((key, entry.filename, found))
            done = compile_sources([found for *_, found in work], interpreter, staged)
            for key, filename, found in work:
                write_bytecode(staged / key, found, done, filename)
                target = places.conda_bytecode(key, interpreter)
                places.publish(staged / key, target)

    def place_bytecode(
        self, packages: Sequence[CondaPackage], prefix: Path, interpreter: Interpreter
    ) -> None:
        """Put the compiled modules of *packages* beside their sources at *prefix*.

        Raises:
            StoreError: Bytecode is damaged, or *prefix* is not writable.
        """
        with self.places.using(f"link into `{prefix}`", hint=""):
            named, groups = self._bytecode(packages, interpreter)
            if not groups:
                return
            mode = self._placer.between(Path(named[0][0]), prefix)
            quick = self._checking is Checking.QUICK
            damaged = run_crew(mode, groups, quick=quick, prefix=prefix)
            refuse(damaged, named)

    def _bytecode(
        self, packages: Sequence[CondaPackage], interpreter: Interpreter
    ) -> tuple[list[tuple[str, str]], list[Group]]:
        """Return folder and file name of the packages' bytecode, and where it goes.

        Of a module that several packages bring none is put: which of them it is there
        is not known here.
        """
        site = _site_packages(interpreter)
        entries = [self._read(package)[1] for package in packages]
        owners: dict[str, int] = {}
        for entry in entries:
            for file in entry.files:
                target = _installed(file.path, entry, site)
                owners[target] = owners.get(target, 0) + 1
        named: list[tuple[str, str]] = []
        groups: list[Group] = []
        for number, package in enumerate(packages):
            key = conda_key(package)
            folder = self.places.conda_bytecode(key, interpreter)
            bytecode = read_entry(folder, Entry)
            if bytecode is None:
                raise absent(key)
            named.append((str(folder), bytecode.filename))
            targets: dict[StoredFile, str | None] = {}
            for file in bytecode.files:
                path = _installed(file.path, entries[number], site)
                single = owners.get(source_of(path)) == 1
                targets[file] = path if single else None
            groups += place_groups(number, folder, targets)
        return named, groups

    def contents(
        self, packages: Sequence[CondaPackage], interpreter: Interpreter | None
    ) -> tuple[list[tuple[str, str]], list[Group]]:
        """Return the entries of *packages*, and where each file goes as it is.

        Args:
            packages: What is in the environment.
            interpreter: Its python; None: it has none.

        Returns:
            Folder and file name of each entry, bytecode too; and the groups.
        """
        site = "" if interpreter is None else _site_packages(interpreter)
        named: list[tuple[str, str]] = []
        groups: list[Group] = []
        for number, package in enumerate(packages):
            folder, entry = self._read(package)
            named.append((str(folder), entry.filename))
            targets = {file: _installed(file.path, entry, site) for file in entry.files}
            groups += place_groups(number, folder, targets)
        if interpreter is not None:
            compiled, more = self._bytecode(packages, interpreter)
            groups += renumbered(more, len(named))
            named += compiled
        return named, groups

    def _read(self, package: CondaPackage) -> tuple[Path, Unpacked]:
        key = conda_key(package)
        entry = read_entry(self.places.conda(key), Unpacked)
        if entry is None:
            raise absent(key)
        return self.places.conda(key), entry


def _require(package: CondaPackage, archive: Path, sha256: str, md5: str) -> None:
    if package.sha256 is not None:
        kind, found, wanted = "sha256", sha256, str(package.sha256)
    else:
        kind, found, wanted = "md5", md5, str(package.md5)
    if found != wanted:
        raise wrong_digest(archive, kind, found, wanted)


def _sources(
    folder: Path, entry: Unpacked, staged: Path, interpreter: Interpreter
) -> list[Source]:
    """Return what is to be compiled; nothing that is for another python."""
    site = _site_packages(interpreter)
    files = {file.path: file for file in entry.files}
    found = []
    for path in entry.sources:
        if not _installed(path, entry, site).startswith(site):
            continue
        parent, _, name = path.rpartition("/")
        cached = f"{parent}/__pycache__/{name[:-3]}.{interpreter.cache_tag}.pyc"
        target = staged / FILES / cached
        inside = _installed(path, entry, site).removeprefix(site)
        found.append(
            Source(
                wheel=folder, file=files[path], target=target, path=cached, name=inside
            )
        )
    return found


def _site_packages(interpreter: Interpreter) -> str:
    """Return the folder of modules in a conda environment, relative to it."""
    if interpreter.target.subdir.startswith("win-"):
        return "Lib/site-packages/"
    return f"lib/python{interpreter.target.python_minor}/site-packages/"


def _installed(path: str, entry: Unpacked, site: str) -> str:
    """Return where a file of the package lies in the environment."""
    if entry.noarch and path.startswith(SITE):
        return site + path.removeprefix(SITE)
    return path
