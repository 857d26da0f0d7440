"""What changed between locks, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from noxlock.model import ChangeKind, Layer
from noxlock.report.console import make_console
from noxlock.report.words import plain, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from noxlock.model import LockChange, LockDifference

__all__ = [
    "change_lines",
    "named",
    "note_lines",
    "summary",
    "total",
    "versions",
    "where",
    "why",
    "write_changes",
]

_STYLES: Final = {
    ChangeKind.UPGRADED: "cyan",
    ChangeKind.DOWNGRADED: "yellow",
    ChangeKind.ADDED: "green",
    ChangeKind.REMOVED: "red",
    ChangeKind.REBUILT: "magenta",
    ChangeKind.CHANGED: "blue",
}
_DETAIL: Final = 160
_TARGETS: Final = 3


def write_changes(
    differences: Sequence[LockDifference], stream: TextIO, environ: Mapping[str, str]
) -> None:
    """Write each lock's summary, and a line for all that changed."""
    coloured = stream.isatty() or bool(environ.get("FORCE_COLOR"))
    for each in differences:
        heading = f"{plain(each.lock)}: {summary(each)}"
        if coloured:
            _write_coloured(heading, each, stream, environ)
        else:  # without rich, which takes longer than a comparison
            lines = [heading, *(f"  {line}" for line in change_lines(each))]
            stream.writelines(f"{line}\n" for line in lines)


def summary(difference: LockDifference) -> str:
    """Return `3 upgraded, 1 added; 52 unchanged`."""
    counts = difference.counts
    rest = f"{difference.unchanged:,} unchanged"
    if counts:
        return f"{_counted(counts)}; {rest}"
    what = "its packages are the same" if not difference.is_empty else "no changes"
    return f"{what}; {rest}"


def total(differences: Iterable[LockDifference]) -> str:
    """Return the counts of several locks together; "" where nothing changed."""
    counts: dict[ChangeKind, int] = {}
    for each in differences:
        for kind, count in each.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    return _counted({kind: counts[kind] for kind in ChangeKind if kind in counts})


def change_lines(difference: LockDifference) -> list[str]:
    """Return a line for all that changed, in columns; first what is of the lock."""
    return [*note_lines(difference), *_aligned(_rows(difference))]


def note_lines(difference: LockDifference) -> list[str]:
    """Return a line for all that changed of the lock as a whole."""
    lines = [shortened(note, _DETAIL) for note in difference.notes]
    for names, word in (
        (difference.added_targets, "added"),
        (difference.removed_targets, "removed"),
    ):
        if names:
            what = "target" if len(names) == 1 else "targets"
            lines.append(f"{what} {word}, with all of it: {', '.join(names)}")
    return [plain(line) for line in lines]


def named(change: LockChange, difference: LockDifference) -> str:
    """Return the package's name, and its layer where the lock has both."""
    mixed = any(each.layer is Layer.CONDA for each in difference.changes)
    if mixed and change.layer is Layer.PYPI:
        return f"{change.name} (pypi)"
    return change.name


def versions(change: LockChange) -> tuple[str, str]:
    """Return the versions before and after, by commas."""
    old, new = (
        ", ".join(side.versions) if side else "" for side in (change.old, change.new)
    )
    return old, new


def where(change: LockChange, difference: LockDifference) -> str:
    """Return the targets of a change; "" where there is but one to be meant."""
    if len(difference.targets) == 1:
        return ""
    if len(change.targets) > _TARGETS and change.targets == difference.targets:
        return f"all {len(change.targets)} targets"
    return ", ".join(change.targets)


def why(change: LockChange, arrow: str = " -> ") -> str:
    """Return `direct`, or the way to the package; "" where the lock cannot tell."""
    if change.direct is None:
        return ""
    if change.direct:
        return "direct"
    return arrow.join(change.path) or "transitive"


def _counted(counts: Mapping[ChangeKind, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())


def _rows(difference: LockDifference) -> Iterator[tuple[str, ...]]:
    for change in difference.changes:
        old, new = versions(change)
        same = change.kind in {ChangeKind.REBUILT, ChangeKind.CHANGED}
        details = (shortened(each, _DETAIL) for each in change.details)
        cells = (
            change.kind,
            named(change, difference),
            new if same or not old else f"{old} -> {new}" if new else old,
            ", ".join(change.groups),
            where(change, difference),
            "; ".join(filter(None, (why(change), *details))),
        )
        yield tuple(map(plain, cells))


def _aligned(rows: Iterable[tuple[str, ...]]) -> list[str]:
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width
        ).rstrip()
        for row in listed
    ]


def _write_coloured(
    heading: str,
    difference: LockDifference,
    stream: TextIO,
    environ: Mapping[str, str],
) -> None:
    from rich.text import Text  # noqa: PLC0415 - slow to import

    console = make_console(stream, environ)
    console.print(Text(heading, "bold"), soft_wrap=True)
    for line in note_lines(difference):
        console.print(Text(f"  {line}"), soft_wrap=True)
    lines = _aligned(_rows(difference))
    for line, change in zip(lines, difference.changes, strict=True):
        text = Text(f"  {line}")
        text.stylize(_STYLES[change.kind], 2, 2 + len(change.kind))
        console.print(text, soft_wrap=True)
