"""A baseline on disk: the outputs of a check and their record, replaced as a whole."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.errors import CompareError, DefinitionError
from noxlock.workflows.outputs import is_plain
from noxlock.workflows.records import encode_record, parse_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import Record

__all__ = ["RECORD", "Baseline"]

RECORD: Final = "record.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The folder of a baseline; it may not be there yet."""

    root: Path
    """The project's folder."""
    folder: str
    """The baseline's, relative to it."""

    @property
    def path(self) -> Path:
        """The folder on disk."""
        return self.root / self.folder

    @property
    def _new(self) -> Path:
        return self.path.with_name(f".{self.path.name}.noxlock-new")

    @property
    def _old(self) -> Path:
        return self.path.with_name(f".{self.path.name}.noxlock-old")

    def check(self) -> None:
        """Raise DefinitionError where the folder is no place for a baseline."""
        root, path = self.root.resolve(), self.path.resolve()
        if path == root or not path.is_relative_to(root):
            raise DefinitionError(
                f"the baseline `{self.folder}` is not a folder inside the project"
            )
        if not self.path.exists():
            return
        if not self.path.is_dir() or (
            any(self.path.iterdir()) and not (self.path / RECORD).exists()
        ):
            raise DefinitionError(
                f"`{self.folder}` is no baseline: it has no {RECORD}",
                hint="name another folder, or restore or remove this one",
            )

    def read(self) -> Record | None:
        """Return its record, or None where there is no baseline.

        Raises:
            CompareError: The record is damaged.
        """
        if self._old.exists() and not self.path.exists():
            self._old.rename(self.path)  # a run was killed between two renames
        file = self.path / RECORD
        name = f"{self.folder}/{RECORD}"
        try:
            return parse_record(file.read_bytes(), name)
        except FileNotFoundError:
            return None
        except OSError as error:
            what = f"the record cannot be read: {error.strerror or error}"
            raise CompareError(what, file=name) from error

    def write(
        self, record: Record, outputs: Mapping[str, Path], old: Record | None
    ) -> None:
        """Replace the baseline by *outputs* and *record*, as a whole or not at all.

        Files in the folder that no record speaks of, a README say, are kept.

        Raises:
            CompareError: It cannot be written; the old one is as it was.
        """
        try:
            self._prepare(record, outputs, old)
            _remove(self._old)
            if self.path.exists():
                self.path.rename(self._old)
            try:
                self._new.rename(self.path)
            except OSError:
                if self._old.exists():
                    self._old.rename(self.path)
                raise
            _remove(self._old)
        except OSError as error:
            what = f"the baseline cannot be written: {error.strerror or error}"
            raise CompareError(what, file=self.folder) from error
        finally:
            _remove(self._new)

    def _prepare(
        self, record: Record, outputs: Mapping[str, Path], old: Record | None
    ) -> None:
        _remove(self._new)
        recorded = {RECORD, *filter(is_plain, old.outputs if old else ())}
        if self.path.exists():
            shutil.copytree(self.path, self._new, symlinks=True)
            for name in recorded:
                (self._new / name).unlink(missing_ok=True)
            _remove_empty(self._new)
        self._new.mkdir(parents=True, exist_ok=True)
        for name, source in outputs.items():
            target = self._new / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        (self._new / RECORD).write_bytes(encode_record(record))


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _remove_empty(folder: Path) -> None:
    for inner in sorted(folder.rglob("*"), reverse=True):
        if inner.is_dir() and not inner.is_symlink() and not any(inner.iterdir()):
            inner.rmdir()
