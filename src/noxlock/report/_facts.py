"""Two records side by side, as rows; and a diff side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from noxlock.report.words import resources_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.model import PackageRecord, Record

__all__ = ["Fact", "Line", "Piece", "Table", "facts", "packages", "side_by_side"]

_RESULTS: Final = "Output digests"
_OWN: Final = frozenset(("started (UTC)", "took"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One fact of the two records; "" where a record does not have it."""

    name: str
    old: str
    new: str
    loaded: bool = False
    """Of a package: whether the run imported it."""
    own: bool = False
    """Whether every run has its own: when it started, how long it took."""

    @property
    def changed(self) -> bool:
        """Whether it is not what it was."""
        return self.old != self.new and not self.own


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Facts that belong together."""

    title: str
    rows: tuple[Fact, ...]
    results: bool = False
    """Whether it says what came of the run, not what it was."""

    @property
    def changed(self) -> int:
        """How many of them are not what they were."""
        return sum(row.changed for row in self.rows)


def facts(baseline: Record | None, actual: Record) -> list[Table]:
    """Return every fact of the two records, packages aside; without a baseline: one."""
    old = baseline or actual
    sides = [
        ("Run", _run(old), _run(actual)),
        ("Locks", old.locks, actual.locks),
        ("Inputs", old.inputs, actual.inputs),
        ("Interpreter", old.interpreter, actual.interpreter),
        ("Machine", old.machine, actual.machine),
        ("Profile", old.profile, actual.profile),
        ("In effect", old.effective, actual.effective),
        (_RESULTS, old.outputs, actual.outputs),
    ]
    tables = (
        Table(title=title, rows=_rows(one, two), results=title == _RESULTS)
        for title, one, two in sides
    )
    return [table for table in tables if table.rows]


def _run(record: Record) -> dict[str, str]:
    found = {
        "command": " && ".join(record.command),
        "started (UTC)": record.created,
        "took": resources_line(record.resources),
        "commit": record.commit or "",
        "uncommitted changes": record.dirty or "",
        "profile": record.profile_name,
        "target": record.target,
        "plan": record.plan,
        "noxlock": record.noxlock,
    }
    asked = {name: " ".join(values) for name, values in record.selection.items()}
    return {name: value for name, value in {**found, **asked}.items() if value}


def _rows(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Fact, ...]:
    names = dict.fromkeys((*old, *new))
    return tuple(
        Fact(
            name=name,
            old=old.get(name, ""),
            new=new.get(name, ""),
            own=name in _OWN,
        )
        for name in names
    )


def packages(baseline: Record | None, actual: Record) -> Table:
    """Return every package of the two records, those that changed first."""
    old = _installed(baseline or actual)
    new = _installed(actual)
    loaded = {
        canonicalize_name(name)
        for name in (*(baseline.loaded if baseline else ()), *actual.loaded)
    }
    rows = [
        Fact(
            name=name,
            old=old.get(name, ""),
            new=new.get(name, ""),
            loaded=canonicalize_name(name) in loaded,
        )
        for name in sorted(old.keys() | new.keys())
    ]
    rows.sort(key=lambda row: (not row.changed, not row.loaded))
    return Table(title="Packages", rows=tuple(rows))


def _installed(record: Record) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for each in record.packages:
        found.setdefault(each.name, []).append(_said(each))
    return {name: ", ".join(sorted(said)) for name, said in found.items()}


def _said(package: PackageRecord) -> str:
    words = [package.version or "no version", package.kind]
    if package.built:
        words.append("built here")
    elif package.sha256:
        words.append(package.sha256[:12])
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters of a line; *changed*: not in its counterpart."""

    text: str
    changed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A row of a diff; an empty side has no counterpart."""

    kind: str
    """`same`, `change` or `place`: a line that says where the next ones are."""
    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()


def side_by_side(diff: Sequence[str]) -> list[Line]:
    """Return the rows of a diff: what was removed beside what came in its place."""
    rows: list[Line] = []
    old: list[str] = []
    new: list[str] = []
    # In a unified diff the mark is followed by the line, else by a space.
    gap = "" if any(line.startswith("@@ -") for line in diff) else " "
    for line in diff:
        mark, text = line[:1], line[1:].removeprefix(gap)
        if mark == "-" and not new:
            old.append(text)
        elif mark == "-":
            rows += _paired(old, new)
            old, new = [text], []
        elif mark == "+":
            new.append(text)
        else:
            rows += _paired(old, new)
            old, new = [], []
            kind = "same" if mark == " " else "place"
            said = (Piece(text if mark == " " else line),)
            rows.append(Line(kind=kind, old=said, new=said))
    rows += _paired(old, new)
    return rows


def _paired(old: list[str], new: list[str]) -> Iterator[Line]:
    for one, other in zip_longest(old, new):
        if one is None or other is None:
            gone = () if one is None else (Piece(one),)
            come = () if other is None else (Piece(other),)
            yield Line(kind="change", old=gone, new=come)
        else:
            before, after = _pieces(one, other)
            yield Line(kind="change", old=before, new=after)


def _pieces(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return both lines, cut into what they begin and end with alike, and the rest."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])

    def cut(line: str) -> tuple[Piece, ...]:
        end = len(line) - tail
        pieces = Piece(line[:head]), Piece(line[head:end], True), Piece(line[end:])  # noqa: FBT003 - what the field says
        return tuple(piece for piece in pieces if piece.text)

    return cut(old), cut(new)


def _alike(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((at for at, (mine, yours) in pairs if mine != yours), shorter)
