"""Write a new baseline beside the old one, and put it in its place."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from noxlock.definitions import parse_size
from noxlock.errors import CompareError
from noxlock.workflows.baselines import layout, replacing
from noxlock.workflows.baselines.documents import encode_tolerances
from noxlock.workflows.baselines.objects import copy_digested, file_digest
from noxlock.workflows.baselines.samples import encode_samples
from noxlock.workflows.baselines.sizes import format_size
from noxlock.workflows.baselines.stored import Stored, encode_stored
from noxlock.workflows.baselines.stores import AT_ONCE, object_key, shown_address
from noxlock.workflows.history import encode_history
from noxlock.workflows.records import encode_statement, output_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from noxlock.model import ArraySummary, BaselineStore
    from noxlock.workflows.baselines.baseline import Accepted, Baseline

__all__ = ["MOST_DIFF", "Writer", "large_files"]

MOST_DIFF: Final = 10 * 1024**2
"""Bytes of the diff of a changed tree that a baseline keeps."""
_NO_ENDINGS: Final = b"* -text\n"
"""gitattributes: "Unsetting the text attribute on a path tells Git not to attempt any
end-of-line conversion": each byte is in a digest."""


def large_files(
    sizes: Mapping[str, int], outputs: Iterable[str], store: BaselineStore | None
) -> list[str]:
    """Return the files that go to the *store*: of each output above its size, all.

    Args:
        sizes: Of each file by its name in the record.
        outputs: The outputs; a folder is as large as all of its files.
        store: None: there is none, and no file is too large.
    """
    if store is None:
        return []
    limit = parse_size(store.above)
    found: list[str] = []
    for output in outputs:
        files = [
            name for name in sizes if name == output or name.startswith(f"{output}/")
        ]
        if sum(sizes[name] for name in files) > limit:
            found += files
    return found


@dataclass(kw_only=True, slots=True)
class Writer:
    """One call of `Baseline.write`."""

    baseline: Baseline
    accepted: Accepted
    large: dict[str, Stored] = field(default_factory=dict)
    figures: dict[str, dict[str, tuple[ArraySummary, ...]]] = field(
        default_factory=dict
    )
    """Of large outputs, by the files in them."""

    def write(self) -> None:
        """Write the baseline, or leave all as it was and raise CompareError."""
        baseline = self.baseline
        new = replacing.new_folder(baseline.path)
        try:
            replacing.heal(baseline.path)
            replacing.make(new)
            self._write_outputs(new)
            self._write_locks(new)
            self._write_documents(new)
            replacing.finish(new)
            self._keep_others(new)
            replacing.replace(baseline.path)
        except OSError as error:
            what = f"the baseline cannot be written: {error.strerror or error}"
            raise CompareError(what, file=baseline.folder) from error
        finally:
            replacing.remove(new)

    def _write_outputs(self, new: Path) -> None:
        recorded = self.accepted.record.outputs
        files = output_files(self.accepted.outputs)
        if files.keys() != recorded.keys():
            name = min(files.keys() ^ recorded.keys())
            raise self._changed(name)
        sizes = {name: source.stat().st_size for name, source in files.items()}
        large = large_files(sizes, self.accepted.outputs, self.baseline.store)
        for name, source in files.items():
            if name in large:
                continue
            target = new / layout.OUTPUTS / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if copy_digested(source, target) != recorded[name]:
                raise self._changed(name)
        if not large:
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            stored = pool.map(
                lambda name: self._store(name, files[name], sizes[name]), large
            )
            # In one thread: reading images changes the filters of warnings, which
            # "is not thread-safe" (Python's words of catch_warnings).
            for name, one in zip(large, stored, strict=True):
                self.large[name] = replace(one, arrays=self._arrays(name))

    def _arrays(self, name: str) -> tuple[ArraySummary, ...]:
        from noxlock.compare.summaries import summarise_files  # noqa: PLC0415 - NumPy: only where there is a large output

        output = next(
            each
            for each in self.accepted.outputs
            if name == each or name.startswith(f"{each}/")
        )
        if output not in self.figures:
            path = self.accepted.outputs[output]
            self.figures[output] = summarise_files(path)
        return self.figures[output].get(name[len(output) + 1 :], ())

    def _store(self, name: str, source: Path, size: int) -> Stored:
        digest = self.accepted.record.outputs[name]
        if file_digest(source) != digest:
            raise self._changed(name)
        try:
            self.baseline.require_store().put(source, digest, size)
        except CompareError as error:
            raise error.inside(file=name) from error.__cause__
        return Stored(sha256=digest, size=size, key=object_key(digest))

    def _write_locks(self, new: Path) -> None:
        for name, source in self.accepted.locks.items():
            target = new / layout.LOCKS / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if copy_digested(source, target) != self.accepted.record.locks.get(name):
                raise self._changed(name)

    def _write_documents(self, new: Path) -> None:
        accepted, record = self.accepted, self.accepted.record
        entries = [*reversed(self.baseline.history()), accepted.entry]
        (new / layout.HISTORY).write_bytes(encode_history(entries))
        (new / layout.TOLERANCES).write_bytes(encode_tolerances(record.tolerances))
        if accepted.samples:
            (new / layout.SAMPLES).write_bytes(encode_samples(accepted.samples))
        if self.large:
            assert self.baseline.store is not None  # noqa: S101 - it took them
            address = shown_address(self.baseline.store.url)
            data = encode_stored(address, self.large)
            (new / layout.STORED).write_bytes(data)
        self._write_diff(new)
        (new / layout.RECORD).write_bytes(encode_statement(record))

    def _write_diff(self, new: Path) -> None:
        diff = self.accepted.dirty
        found = None if diff is None else sha256(diff).hexdigest()
        if found != self.accepted.record.dirty:
            raise self._changed(layout.DIRTY)
        if diff is None:
            return
        if len(diff) > MOST_DIFF:
            raise CompareError(
                f"the tree differs from its commit by {format_size(len(diff))}, more"
                f" than the {format_size(MOST_DIFF)} that a baseline keeps",
                file=self.baseline.folder,
                hint="commit first, or let git ignore what is no source",
            )
        (new / layout.DIRTY).write_bytes(diff)

    def _keep_others(self, new: Path) -> None:
        """Keep what no record speaks of: a README, a .gitattributes."""
        path = self.baseline.path
        try:
            old = self.baseline.read()
        except CompareError:
            old = None  # what was recorded is not known: the folders are noxlock's
        recorded: set[str] = set()
        folders = {f"{layout.OUTPUTS}/", f"{layout.LOCKS}/"}
        if old is not None:
            recorded |= {f"{layout.OUTPUTS}/{name}" for name in old.outputs}
            recorded |= {f"{layout.LOCKS}/{name}" for name in old.locks}
            outputs = self.accepted.outputs
            folders = {f"{layout.OUTPUTS}/{name}/" for name in outputs}

        def is_own(name: str) -> bool:
            return (
                name in layout.OWN
                or name in recorded
                or name.startswith(tuple(folders))
            )

        if os.path.lexists(path):
            replacing.keep_others(path, new, is_own)
        attributes = new / layout.ATTRIBUTES
        if not os.path.lexists(attributes):
            attributes.write_bytes(_NO_ENDINGS)

    def _changed(self, name: str) -> CompareError:
        return CompareError(
            "it is not what the record says: it was changed while it was recorded",
            file=name,
        )
