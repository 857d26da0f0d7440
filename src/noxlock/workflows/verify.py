"""Whether a baseline still is what was recorded: each file, each digest, each lock."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from noxlock.errors import CompareError, NoxlockError
from noxlock.model import Tolerance, Tolerances
from noxlock.workflows.baselines import layout
from noxlock.workflows.baselines.documents import RESTORE, decode
from noxlock.workflows.baselines.objects import file_digest
from noxlock.workflows.baselines.replacing import is_linked, walk
from noxlock.workflows.baselines.stores import AT_ONCE
from noxlock.workflows.records import is_canonical, record_digest
from noxlock.workflows.verify_plan import planned_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from noxlock.model import Record
    from noxlock.workflows.baselines import Baseline
    from noxlock.workflows.baselines.stored import Stored

__all__ = ["Finding", "verify_baseline"]

_ENDINGS: Final = (
    "git changed its line endings: put `{folder}/** -text` into .gitattributes, remove"
    " this file, and `git checkout` it"
)
_FORGED: Final = "restore the record first: this is judged by it"
_STRANGE: Final = "remove it, or move it out of the folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that does not fit."""

    file: str
    """Relative to the project."""
    what: str
    hint: str
    """What to do about it."""

    def __str__(self) -> str:
        """Return it on one line."""
        return f"{self.file}: {self.what}; {self.hint}"


def verify_baseline(
    baseline: Baseline, check: str, *, offline: bool = False
) -> tuple[Finding, ...]:
    """Return all that does not fit in a baseline; empty: it is what was recorded.

    Not checked: that the command would give these outputs again; that is what running
    the check is for.

    Args:
        baseline: The baseline, which is there.
        check: The name of its check.
        offline: Leave out what is kept in a store.

    Raises:
        CompareError: There is no baseline.
    """
    try:
        data = baseline.read_file(layout.RECORD)
        record = baseline.read()
    except CompareError as error:
        return (_told(error, f"{baseline.folder}/{layout.RECORD}"),)
    if record is None or data is None:
        raise CompareError(
            "there is no baseline",
            file=baseline.folder,
            hint=f'record one with `nox -s "repro({check})" -- --accept`',
        )
    proof = _Proof(
        baseline=baseline, record=record, data=data, check=check, offline=offline
    )
    return tuple(proof.findings())


def _told(error: NoxlockError, file: str) -> Finding:
    return Finding(file=error.file or file, what=error.what, hint=error.hint or RESTORE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proof:
    baseline: Baseline
    record: Record
    data: bytes
    """The record's file."""
    check: str
    offline: bool

    def findings(self) -> Iterator[Finding]:
        """Yield what does not fit, by file."""
        changed = self._was_changed()
        parts: tuple[Callable[[], Iterator[Finding]], ...] = (
            self._of_record,
            self._of_outputs,
            self._of_stored,
            self._of_tolerances,
            self._of_samples,
            self._of_diff,
            self._of_history,
            self._of_locks,
        )
        for part in parts:
            try:
                for finding in part():
                    own = finding.file == self._name(layout.RECORD)
                    yield finding if own or not changed else _judged_by(finding)
            except CompareError as error:
                yield _told(error, self.baseline.folder)

    def _of_record(self) -> Iterator[Finding]:
        if not is_canonical(self.data):
            what = "it is not as noxlock wrote it: another tool changed its form"
            yield self._finding(layout.RECORD, what)
        if self.record.check != self.check:
            what = f"it is of the check `{self.record.check}`, not `{self.check}`"
            yield self._finding(layout.RECORD, what)
        if what := self._was_changed():
            yield self._finding(layout.RECORD, what)

    def _was_changed(self) -> str:
        """Return that the record is not the one that the history has, or ""."""
        try:
            digests = [entry.record for entry in self.baseline.history()]
        except CompareError:  # said of the history itself
            return ""
        own = hashlib.sha256(self.data).hexdigest()
        if not is_canonical(self.data):  # that is said; what it says may be the same
            own = record_digest(self.record)
        if not digests or own == digests[0]:
            return ""
        if own in digests:
            return f"it is an earlier one than the newest of {layout.HISTORY}"
        return (
            "it was changed since it was accepted: its sha256 is not the one in"
            f" {layout.HISTORY}"
        )

    def _of_outputs(self) -> Iterator[Finding]:
        stored = self.baseline.stored()
        here = {
            name: sha256
            for name, sha256 in self.record.outputs.items()
            if name not in stored
        }
        yield from self._of_folder(layout.OUTPUTS, here)

    def _of_folder(self, folder: str, recorded: Mapping[str, str]) -> Iterator[Finding]:
        for name, sha256 in recorded.items():
            yield from self._of_file(f"{folder}/{name}", sha256)
        for name in walk(self._path(folder)):
            if name not in recorded:
                what = "the record does not list it"
                yield self._finding(f"{folder}/{name}", what, _STRANGE)

    def _of_file(self, name: str, sha256: str) -> Iterator[Finding]:
        path = self._path(name)
        if is_linked(self.baseline.path, name):
            yield self._finding(name, "it is a link, or lies behind one")
        elif not path.is_file():
            yield self._finding(name, "it is missing")
        elif file_digest(path) != sha256:
            yield self._finding(
                name, "its sha256 is not the record's", self._why(path, sha256)
            )

    def _why(self, path: Path, sha256: str) -> str:
        data = path.read_bytes().replace(b"\r\n", b"\n")
        if hashlib.sha256(data).hexdigest() == sha256:
            return _ENDINGS.format(folder=self.baseline.folder)
        return RESTORE

    def _of_stored(self) -> Iterator[Finding]:
        stored = self.baseline.stored()
        fitting: dict[str, Stored] = {}
        for name, one in stored.items():
            sha256 = self.record.outputs.get(name)
            if sha256 != one.sha256:
                what = "its sha256 is not the record's"
                if sha256 is None:
                    what = "the record does not list it"
                yield self._finding(layout.STORED, f"`{name}`: {what}")
            else:
                fitting[name] = one
        if self.offline:
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for found in pool.map(self._of_object, fitting, fitting.values()):
                yield from found

    def _of_object(self, name: str, one: Stored) -> tuple[Finding, ...]:
        try:
            self.baseline.require_store().prove(one.sha256, one.size)
        except CompareError as error:
            hint = error.hint or "--offline leaves out what is in the store"
            return (self._finding(layout.STORED, f"`{name}`: {error.what}", hint),)
        return ()

    def _of_tolerances(self) -> Iterator[Finding]:
        name = layout.TOLERANCES
        data = self._read(name)
        if data is None:
            yield self._finding(name, "it is missing")
        elif decode(data, Tolerances, self._name(name)) != self.record.tolerances:
            yield self._finding(name, "these are not the tolerances of the record")

    def _of_samples(self) -> Iterator[Finding]:
        samples = self.baseline.samples()
        for name, tolerance in self.record.tolerances.outputs.items():
            if (
                _is_noisy(tolerance)
                and name in self.record.outputs
                and name not in samples
            ):
                what = f"the recorded runs of `{name}` are missing"
                yield self._finding(layout.SAMPLES, what)

    def _of_diff(self) -> Iterator[Finding]:
        name, recorded = layout.DIRTY, self.record.dirty
        if recorded is not None:
            yield from self._of_file(name, recorded)
        elif self._path(name).exists():
            yield self._finding(name, "the record does not list it", _STRANGE)

    def _of_history(self) -> Iterator[Finding]:
        if not self.baseline.history():
            yield self._finding(layout.HISTORY, "it is missing")

    def _of_locks(self) -> Iterator[Finding]:
        found = list(self._of_folder(layout.LOCKS, self.record.locks))
        yield from found
        if found:
            return
        kept = {
            name: self._read(f"{layout.LOCKS}/{name}") for name in self.record.locks
        }
        locks = {name: data for name, data in kept.items() if data is not None}
        for what in planned_anew(self.record, locks):
            yield self._finding(layout.LOCKS, what)

    def _path(self, name: str) -> Path:
        return self.baseline.path / name

    def _name(self, name: str) -> str:
        return f"{self.baseline.folder}/{name}"

    def _read(self, name: str) -> bytes | None:
        return self.baseline.read_file(name)

    def _finding(self, name: str, what: str, hint: str = RESTORE) -> Finding:
        return Finding(file=self._name(name), what=what, hint=hint)


def _judged_by(finding: Finding) -> Finding:
    return replace(finding, hint=_FORGED)


def _is_noisy(tolerance: Tolerance) -> bool:
    inner = tolerance.keys.values()
    return tolerance.distribution is not None or any(map(_is_noisy, inner))
