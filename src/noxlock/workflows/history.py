"""What became of a check's accepted results, one entry each time they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from noxlock.errors import CompareError
from noxlock.model import HistoryEntry, OutputChange, PackageChange
from noxlock.workflows.records import record_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.model import OutputReport, PackageRecord, Record

__all__ = ["LIMIT", "encode_history", "make_entry", "parse_history", "summary_of"]

LIMIT: Final = 50
"""How many accepted baselines a history keeps."""

_LINE: Final = msgspec.json.Decoder(HistoryEntry)
_UNSET: Final = "not set"


def make_entry(
    old: Record | None, new: Record, outputs: Sequence[OutputReport] = ()
) -> HistoryEntry:
    """Return the entry that accepting *new* adds to the history.

    Args:
        old: The record that it replaces; None: it is the first.
        new: The record that is accepted.
        outputs: The comparison of the new outputs with the old ones.
    """
    before = {} if old is None else old.outputs
    folders = list(_folder_changes(before, new))
    beneath = tuple(f"{folder.output}/" for folder in folders)
    changes = [
        change
        for change in _output_changes(before, new.outputs, outputs)
        if not change.output.startswith(beneath)
    ]
    return HistoryEntry(
        created=new.created,
        commit=new.commit,
        outputs=(*changes, *folders),
        packages=() if old is None else tuple(_packages(old, new)),
        facts=() if old is None else tuple(_facts(old, new)),
        record=record_digest(new),
    )


def summary_of(report: OutputReport) -> str:
    """Return what differs, in a few words: `coef[3, 0] differs by 0.001`."""
    found = report.difference
    if found is None:
        return report.reason or str(report.verdict)
    place = found.worst
    if place.absolute is None:
        return f"{place.where}: {place.baseline} -> {place.actual}"
    relative = "" if place.relative is None else f" (relative {place.relative:.2g})"
    return f"{place.where} differs by {place.absolute:.3g}{relative}"


def encode_history(entries: Sequence[HistoryEntry]) -> bytes:
    """Return the newest of *entries*, a line of JSON each; the newest stays last."""
    lines = (msgspec.json.encode(entry, order="sorted") for entry in entries[-LIMIT:])
    return b"".join(line + b"\n" for line in lines)


def parse_history(data: bytes, file: str) -> tuple[HistoryEntry, ...]:
    """Return the entries that *data* holds, the oldest first.

    Raises:
        CompareError: A line is damaged.
    """
    found = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(_LINE.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CompareError(
                f"the history is damaged: {error}",
                file=file,
                line=number,
                hint="restore it from git, or remove the file: the history begins anew",
            ) from error
    return tuple(found)


def _folders(record: Record) -> list[str]:
    """Return the declared outputs of *record* that are folders."""
    return [name for name in record.tolerances.outputs if name not in record.outputs]


def _folder_changes(before: Mapping[str, str], new: Record) -> Iterator[OutputChange]:
    """Yield the folders that were not there, each in one entry whatever it holds."""
    for name in _folders(new):
        files = len(_of_output(new.outputs, name))
        if files and not _of_output(before, name):
            summary = f"new, {files} files" if files > 1 else "new, one file"
            yield OutputChange(output=name, verdict=None, summary=summary, sha256=None)


def _output_changes(
    before: Mapping[str, str],
    after: Mapping[str, str],
    reports: Sequence[OutputReport],
) -> Iterator[OutputChange]:
    """Yield what became of each output; files of one folder go together."""
    for report in reports:
        name = report.output
        old, new = _of_output(before, name), _of_output(after, name)
        if old and new and old != new:
            yield OutputChange(
                output=name,
                verdict=report.verdict,
                summary=summary_of(report),
                sha256=new.get(name),
            )
    told = [report.output for report in reports]
    for name in sorted(before.keys() | after.keys()):
        old_one, new_one = before.get(name), after.get(name)
        covered = any(
            name == each or name.startswith(f"{each}/")
            for each in told
            if _of_output(before, each) and _of_output(after, each)
        )
        if covered or old_one == new_one:
            continue
        summary = "new" if old_one is None else "gone" if new_one is None else "changed"
        yield OutputChange(output=name, verdict=None, summary=summary, sha256=new_one)


def _of_output(digests: Mapping[str, str], output: str) -> dict[str, str]:
    return {
        name: sha256
        for name, sha256 in digests.items()
        if name == output or name.startswith(f"{output}/")
    }


def _packages(old: Record, new: Record) -> Iterator[PackageChange]:
    before = {package.name: package for package in old.packages}
    after = {package.name: package for package in new.packages}
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        told, tells = _told(one), _told(other)
        if told == tells and one and other and one.sha256 != other.sha256:
            # Built here, twice: the bytes need not be the same.
            if one.built and other.built:
                continue
            told, tells = _bytes(one), _bytes(other)
        if told != tells:
            yield PackageChange(name=name, old=told, new=tells)


def _told(package: PackageRecord | None) -> str | None:
    return None if package is None else package.version or package.kind


def _bytes(package: PackageRecord) -> str:
    file = package.artifact or package.kind
    return f"{package.version} ({file}, {(package.sha256 or 'no digest')[:12]})"


def _facts(old: Record, new: Record) -> Iterator[str]:
    """Yield what else changed that can move results, a line each."""
    yield from _changed("input", old.inputs, new.inputs, "changed")
    if old.target != new.target:
        yield f"target: {old.target} -> {new.target}"
    if old.command != new.command:
        yield f"command: {' && '.join(old.command)} -> {' && '.join(new.command)}"
    if old.tolerances != new.tolerances:
        yield "tolerances: changed"
    if old.profile_name != new.profile_name:
        yield f"profile: {old.profile_name} -> {new.profile_name}"
    yield from _changed("interpreter", old.interpreter, new.interpreter)
    yield from _changed("profile", old.profile, new.profile)
    yield from _changed("machine", old.machine, new.machine)
    yield from _changed("effective", old.effective, new.effective)


def _changed(
    what: str, old: Mapping[str, str], new: Mapping[str, str], word: str = ""
) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, _UNSET), new.get(key, _UNSET)
        if before == after:
            continue
        short = word if _UNSET not in (before, after) else ""
        if word and not short:
            short = "not there any more" if after == _UNSET else "new"
        yield f"{what} {key}: {short or f'{before} -> {after}'}"
