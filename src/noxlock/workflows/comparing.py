"""Compares two files, or two folders file by file, with tolerances of a file's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec
from msgspec import inspect

from noxlock.compare import Settings, compare_output, format_of
from noxlock.compare._files import Side, is_empty
from noxlock.compare.formats.folders import files
from noxlock.compare.tolerance import Limits
from noxlock.definitions.document import Problems
from noxlock.definitions.formats import parse_document
from noxlock.definitions.shape import check_shape
from noxlock.errors import CompareError, DefinitionError, nearest
from noxlock.model import OutputReport, Tolerance, Tolerances, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Closest", "compare_paths", "parse_tolerances", "strange_names"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Closest:
    """What two paths are compared by."""

    tolerances: Tolerances = field(default_factory=Tolerances)
    file: str = ""
    """Where *tolerances* stand; "" where nobody gave a file."""
    everywhere: Tolerance = field(default_factory=Tolerance)
    """What holds for an output that sets no rtol and no atol of its own."""
    threads: int | None = None
    said: tuple[str, str] = ("", "")
    """What the user typed for a side whose path is only a copy; else ""."""


def parse_tolerances(file: str, data: bytes) -> Tolerances:
    """Return the tolerances of a YAML, TOML or JSON file: keys as a check has them.

    Raises:
        DefinitionError: Bad text, unknown keys, values of the wrong kind, each with its
            line; a limit that is no number from 0; a dtype that no number has.
    """
    document = parse_document(file, data)
    problems = Problems()
    check_shape(document, document.data, inspect.type_info(Tolerances), (), problems)
    problems.raise_any()
    found = msgspec.convert(document.data, Tolerances)
    for name in (None, *found.outputs):
        path = ("tolerance",) if name is None else ("outputs", name)
        tolerance = Tolerance() if name is None else found.outputs[name]
        try:
            Limits(tolerance, found.tolerance)
        except CompareError as error:
            raise document.error(path, error.what, hint=error.hint) from None
    return found


def compare_paths(
    expected: Path, actual: Path, closest: Closest
) -> tuple[OutputReport, ...]:
    """Compare two files, or all files beneath two folders, each an output.

    A folder that the tolerances name is one output, as is a Zarr store. Two empty files
    are identical.

    Raises:
        CompareError: One is missing, cannot be read, or only one is a folder.
        DefinitionError: The tolerances name an output that no folder has; of two files,
            they name outputs, and none is these.
    """
    for path in (expected, actual):
        if not path.exists():
            raise CompareError("there is no such file or folder", file=str(path))
    if expected.is_dir() != actual.is_dir():
        kinds = [
            f"{said or path} is a {'folder' if path.is_dir() else 'file'}"
            for path, said in zip((expected, actual), closest.said, strict=True)
        ]
        raise CompareError(
            f"a file cannot be compared with a folder: {', '.join(kinds)}"
        )
    if not expected.is_dir() or format_of(expected).name != "folder":
        _check_named(expected.name, closest)
        return (_compare(expected.name, expected, actual, closest),)
    return _compare_folders(expected, actual, closest)


def strange_names(expected: Path, actual: Path, closest: Closest) -> tuple[str, ...]:
    """Return the outputs that the tolerances name and that are nowhere to be seen.

    Of two files alone: neither they, nor any file beside or around them. It need be no
    mistake, as a file of tolerances may be shared; for two folders it is an error.
    Names with `*` are meant for others as well.
    """
    if expected.is_dir() and format_of(expected).name == "folder":
        return ()
    folders = [*expected.absolute().parents, *actual.absolute().parents]
    return tuple(
        key
        for key in closest.tolerances.outputs
        if "*" not in key
        and not _covers(key, expected.name)
        and not any(_is_there(folder / key) for folder in folders)
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for any file
        return False


def _check_named(name: str, closest: Closest) -> None:
    """Refuse tolerances of outputs none of which is the one that is compared.

    Others may be named beside it: a baseline's file has those of all its outputs.
    """
    declared = list(closest.tolerances.outputs)
    if not declared or any(_covers(key, name) for key in declared):
        return
    meant = next((key for key in declared if nearest(key, [name])), declared[0])
    raise DefinitionError(
        "the compared file has another name",
        file=closest.file,
        key=f'outputs."{meant}"',
        hint=nearest(meant, [name]) or f"it is `{name}`",
    )


def _compare_folders(
    expected: Path, actual: Path, closest: Closest
) -> tuple[OutputReport, ...]:
    declared = closest.tolerances.outputs
    old = _outputs(files(Side("expected folder", expected)), declared)
    new = _outputs(files(Side("actual folder", actual)), declared)
    names = sorted({*old, *new})
    for key in declared:
        if not any(_covers(key, name) for name in names):
            raise DefinitionError(
                "no file of the two folders has this name",
                file=closest.file,
                key=f'outputs."{key}"',
                hint=nearest(key, names),
            )
    reports = []
    for name in names:
        if name in old and name in new:
            said = [each and f"{each.rstrip('/')}/{name}" for each in closest.said]
            own = replace(closest, said=(said[0], said[1]))
            report = _compare(name, expected / name, actual / name, own)
        else:
            why = "missing" if name in old else "new: not in the expected folder"
            report = OutputReport(output=name, verdict=Verdict.DRIFTED, reason=why)
        reports.append(report)
    return tuple(reports)


def _outputs(found: Mapping[str, Path], declared: Iterable[str]) -> set[str]:
    """Return the names of outputs: files, or the declared folder that they are in."""
    folders = [f"{key.rstrip('/')}/" for key in declared]
    return {
        next((each.rstrip("/") for each in folders if name.startswith(each)), name)
        for name in found
    }


def _compare(name: str, expected: Path, actual: Path, closest: Closest) -> OutputReport:
    if is_empty(expected) and is_empty(actual):
        label = format_of(expected).label
        return OutputReport(output=name, verdict=Verdict.IDENTICAL, format=label)
    found = _tolerance(name, closest.tolerances.outputs)
    given = closest.everywhere
    own = found.rtol is not None or found.atol is not None
    tolerance = msgspec.structs.replace(
        found,
        rtol=found.rtol if own else given.rtol,
        atol=found.atol if own else given.atol,
        equal_nan=found.equal_nan if found.equal_nan is not None else given.equal_nan,
    )
    kind = "output" if expected.is_dir() else "file"
    names = [
        f"{side} {kind} {said}".rstrip()
        for side, said in zip(("expected", "actual"), closest.said, strict=True)
    ]
    settings = Settings(
        defaults=closest.tolerances.tolerance,
        threads=closest.threads,
        names=(names[0], names[1]),
    )
    return compare_output(expected, actual, tolerance, output=name, settings=settings)


def _tolerance(name: str, outputs: Mapping[str, Tolerance]) -> Tolerance:
    """Return what is declared for an output; of several patterns the last one."""
    for key in (name, name.rpartition("/")[2]):
        if key in outputs:
            return outputs[key]
    matching = [key for key in outputs if _covers(key, name)]
    return outputs[matching[-1]] if matching else Tolerance()


def _covers(key: str, name: str) -> bool:
    pattern = ".*".join(map(re.escape, key.rstrip("/").split("*")))
    return any(
        re.fullmatch(pattern, each, re.DOTALL)
        for each in (name, name.rpartition("/")[2])
    )
