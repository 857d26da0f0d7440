"""Read environment.yml for one platform, as conda-lock does. Pure.

`# [linux]` selectors decide which dependencies count; several files are merged, the
last one that names a package being right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from noxlock.errors import SolveError, nearest
from noxlock.locks._conda_specs import (
    CondaSpec,
    PipSpec,
    marker_holds,
    parse_conda,
    parse_pip,
)
from noxlock.locks._environment_document import Document
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Wanted", "listed_platforms", "read_environments"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the sources of one lock ask for on one platform."""

    platform: Subdir
    channels: tuple[str, ...]
    """The first one has the most to say."""
    conda: tuple[CondaSpec, ...]
    pip: tuple[PipSpec, ...]
    pip_repositories: tuple[str, ...] = ()
    hashed_pip: CondaSpec | None = None
    """The `pip` that conda-lock hashes in the place of the project's own."""
    notes: tuple[str, ...] = ()
    """What was left out, and the user may not expect it."""


def listed_platforms(sources: Iterable[tuple[str, bytes]]) -> tuple[Subdir, ...]:
    """Return the platforms that the sources list under `platforms:`, each once.

    Raises:
        SolveError: A source is malformed, or a platform is not known.
    """
    found: dict[Subdir, None] = {}
    for file, data in sources:
        document = Document.of(file, data)
        for text, line in document.strings("platforms"):
            if text not in set(Subdir):
                raise SolveError(
                    f"unknown platform `{text}`",
                    file=file,
                    line=line,
                    hint=nearest(text, Subdir)
                    or f"known are {', '.join(sorted(Subdir))}",
                )
            found[Subdir(text)] = None
    return tuple(found)


def read_environments(sources: Sequence[tuple[str, bytes]], platform: Subdir) -> Wanted:
    """Return what the *sources*, names and bytes, ask for on *platform*.

    Raises:
        SolveError: A source is malformed, with its line; or their channels contradict
            each other.
    """
    parts = [_read(file, data, platform) for file, data in sources]
    conda: dict[str, CondaSpec] = {}
    pip: dict[str, PipSpec] = {}
    hashed: CondaSpec | None = None
    for part in parts:
        for spec in part.conda:
            conda[spec.name] = spec
            if spec.name == "pip":
                hashed = None
        if implied := part.hashed_pip:
            hashed = implied
            conda.setdefault("pip", replace(implied, version="", text="pip"))
        pip |= {spec.name: spec for spec in part.pip}
    return Wanted(
        platform=platform,
        channels=_united(sources, [part.channels for part in parts], "channels"),
        conda=tuple(conda.values()),
        pip=tuple(pip.values()),
        pip_repositories=_united(
            sources, [part.pip_repositories for part in parts], "pip-repositories"
        ),
        hashed_pip=hashed,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _united(
    sources: Sequence[tuple[str, bytes]], lists: list[tuple[str, ...]], key: str
) -> tuple[str, ...]:
    """Return the longest of *lists*; each other must be its end, as in conda-lock."""
    longest = max(lists, key=len, default=())
    for (file, _), each in zip(sources, lists, strict=True):
        if each and each != longest[-len(each) :]:
            raise SolveError(
                f"{', '.join(each)} is not the end of {', '.join(longest)},"
                " which another source lists",
                file=file,
                key=key,
                hint="list the same, in the same order, in every source",
            )
    return longest


def _read(file: str, data: bytes, platform: Subdir) -> Wanted:
    whole = Document.of(file, data)
    notes: list[str] = []
    chosen = Document.of(file, data, platform=platform, notes=notes)
    category = whole.scalar("category") or "main"
    conda: list[CondaSpec] = []
    pip: list[PipSpec] = []
    implied: CondaSpec | None = None
    for node in chosen.dependencies(whole):
        line = node.start_mark.line + 1
        if text := chosen.text(node):
            conda.append(parse_conda(text, category=category, file=file, line=line))
            continue
        section = chosen.pip_section(node)
        if section is None:
            continue
        for item, where in section:
            if item.startswith(("-e ", "--editable ")):
                notes.append(f"{file}:{where}: `{item}` is editable, and is not locked")
                continue
            spec = parse_pip(item, category=category, file=file, line=where)
            if marker_holds(spec, platform):
                pip.append(spec)
        implied = CondaSpec(
            text="pip",
            name="pip",
            version="*",
            build=None,
            channel=None,
            category="main",
            file=file,
            line=line,
        )
    channels = [text for text, _ in whole.strings("channels")]
    if "nodefaults" in channels:
        channels.remove("nodefaults")  # only what is listed is ever searched
    return Wanted(
        platform=platform,
        channels=tuple(channels),
        conda=tuple(conda),
        pip=tuple(pip),
        pip_repositories=tuple(t for t, _ in whole.strings("pip-repositories")),
        hashed_pip=implied,
        notes=tuple(notes),
    )
