"""The folder of a baseline: read, and replaced as a whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noxlock.definitions import baseline_folder
from noxlock.errors import CompareError, DefinitionError
from noxlock.model import BaselineStore
from noxlock.workflows.baselines import layout, replacing
from noxlock.workflows.baselines.samples import parse_samples
from noxlock.workflows.baselines.stored import parse_stored
from noxlock.workflows.baselines.stores import check_address, open_store
from noxlock.workflows.baselines.views import Fetched, fetch
from noxlock.workflows.baselines.writing import Writer, large_files
from noxlock.workflows.history import parse_history
from noxlock.workflows.outputs import is_plain
from noxlock.workflows.records import parse_statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import Check, HistoryEntry, Record
    from noxlock.workflows.baselines.stored import Stored
    from noxlock.workflows.baselines.stores import ObjectStore

__all__ = ["Accepted", "Baseline", "baseline_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """All that a new baseline is made of."""

    record: Record
    outputs: Mapping[str, Path]
    """Output to its file or folder; the record's digests are of these."""
    locks: Mapping[str, Path] = field(default_factory=dict)
    """As `records.lock_files` has them."""
    dirty: bytes | None = None
    """The diff of the changed tree; the record has its digest."""
    samples: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    """By output and key: the values of the recorded runs."""
    entry: HistoryEntry
    """As `history.make_entry` has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The folder of a baseline; it may not be there yet."""

    root: Path
    """The project's folder."""
    folder: str
    """The baseline's, relative to it."""
    store: BaselineStore | None = None
    """Where large outputs go; None: into the folder as all others."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The user's variables: the cache folder."""

    @property
    def path(self) -> Path:
        """The folder on disk."""
        return self.root / self.folder

    def check(self) -> None:
        """Raise DefinitionError where the folder or the store is no place for it."""
        if self.store is not None:
            check_address(self.store.url)
        root, path = self.root.resolve(), self.path.resolve()
        if path == root or not path.is_relative_to(root):
            raise DefinitionError(
                f"the baseline `{self.folder}` is not a folder inside the project"
            )
        if self.path.is_symlink():
            raise DefinitionError(f"the baseline `{self.folder}` is a link")
        replacing.heal(self.path)
        if not self.path.exists() or (self.path / layout.RECORD).exists():
            return
        if (self.path / layout.OLD_RECORD).exists():
            raise DefinitionError(
                f"`{self.folder}` has a {layout.OLD_RECORD}, as no noxlock writes it"
                " any more",
                hint="remove the folder and record the baseline anew with --accept",
            )
        if not self.path.is_dir() or any(self.path.iterdir()):
            raise DefinitionError(
                f"`{self.folder}` is no baseline: it has no {layout.RECORD}",
                hint="name another folder, or restore or remove this one",
            )

    def read(self) -> Record | None:
        """Return its record, or None where there is no baseline.

        Raises:
            CompareError: The record is damaged.
        """
        data, name = self.read_file(layout.RECORD), self._name(layout.RECORD)
        if data is None:
            return None
        record = parse_statement(data, name)
        for file in (*record.outputs, *record.locks):
            if not is_plain(file):
                what = f"`{file}` is no path beneath the baseline"
                raise CompareError(what, file=name)
        return record

    def fetch(self, record: Record) -> Fetched:
        """Return the folder with all recorded outputs, and which could not be had.

        The large ones come from the store, digest-checked, and are kept in the cache.
        """
        return fetch(self, record)

    def outputs(self, record: Record) -> Path:
        """Return the folder with all recorded outputs, as `fetch` does.

        Raises:
            CompareError: One that is kept in the store cannot be had.
        """
        fetched = self.fetch(record)
        for error in fetched.faults.values():
            raise error
        return fetched.folder

    def write(self, accepted: Accepted) -> None:
        """Replace the baseline by what is *accepted*, as a whole or not at all.

        Large outputs are uploaded before anything is replaced. Files in the folder that
        no record speaks of, a README say, are kept.

        Raises:
            CompareError: It cannot be written; the old one is as it was.
        """
        Writer(baseline=self, accepted=accepted).write()

    def history(self) -> tuple[HistoryEntry, ...]:
        """Return the accepted baselines, the newest first.

        Raises:
            CompareError: The history is damaged.
        """
        data = self.read_file(layout.HISTORY) or b""
        return parse_history(data, self._name(layout.HISTORY))[::-1]

    def samples(self) -> dict[str, dict[str, tuple[float, ...]]]:
        """Return, by output and key, the values of the recorded runs.

        Raises:
            CompareError: The file is damaged.
        """
        data = self.read_file(layout.SAMPLES)
        return {} if data is None else parse_samples(data, self._name(layout.SAMPLES))

    def stored(self) -> dict[str, Stored]:
        """Return the outputs that are kept in the store, by name.

        Raises:
            CompareError: The file is damaged.
        """
        data = self.read_file(layout.STORED)
        return {} if data is None else parse_stored(data, self._name(layout.STORED))

    def is_settled(self, record: Record) -> bool:
        """Return whether each output lies where it would be put now.

        Not so where a store was declared since, another one, or none any more.

        Raises:
            CompareError: The list of stored outputs is damaged.
        """
        stored = self.stored()
        sizes = {name: one.size for name, one in stored.items()}
        for name in record.outputs.keys() - sizes.keys():
            path = self.path / layout.OUTPUTS / name
            sizes[name] = path.stat().st_size if path.is_file() else 0
        declared = record.tolerances.outputs
        outputs = {
            next((each for each in declared if name.startswith(f"{each}/")), name)
            for name in sizes
        }
        wanted = large_files(sizes, outputs, self.store)
        return stored.keys() == set(wanted) and all(
            map(self._is_stored, stored.values())
        )

    def _is_stored(self, one: Stored) -> bool:
        try:
            self.require_store().prove(one.sha256, one.size)
        except CompareError:
            return False
        return True

    def require_store(self) -> ObjectStore:
        """Return the store of large outputs.

        Raises:
            CompareError: None is declared.
            DefinitionError: Its address is no good.
        """
        if self.store is None:
            raise CompareError(
                "large outputs are kept in a store, and the check has no"
                " `baseline-store`",
                file=self._name(layout.STORED),
                hint="declare the one that this file names",
            )
        return open_store(self.store.url, self.root, self.environ)

    def _name(self, file: str) -> str:
        return f"{self.folder}/{file}"

    def read_file(self, file: str) -> bytes | None:
        """Return the bytes of one of its files, None where it is not there.

        Raises:
            CompareError: It cannot be read, or is a link.
        """
        replacing.heal(self.path)
        path = self.path / file
        try:
            if replacing.is_linked(self.path, file):
                what = "it is a link, or lies behind one"
                raise CompareError(what, file=self._name(file))
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            what = f"it cannot be read: {error.strerror or error}"
            raise CompareError(what, file=self._name(file)) from error


def baseline_of(
    check: Check, name: str, root: Path, environ: Mapping[str, str]
) -> Baseline:
    """Return the baseline of a check of the project at *root*."""
    store = check.baseline_store
    return Baseline(
        root=root,
        folder=baseline_folder(name, check),
        store=BaselineStore(url=store) if isinstance(store, str) else store,
        environ=environ,
    )
