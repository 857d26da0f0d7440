"""What changed of a package besides its version, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from noxlock.model import CondaPackage, Layer, LockedPackage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

    from noxlock.locks.difference.pinned import Pins
    from noxlock.model import Dependency

__all__ = [
    "artifact_details",
    "condition_details",
    "group_details",
    "kind_of_build",
    "single_details",
    "version_details",
]

# What a build string has of python, platform and hash: not what it is for.
_INCIDENTAL: Final = re.compile(
    r"(?:(?:cp|np|pl|py|r)\d*)*(?:h[0-9a-f]{5,})?|unix|(?:linux|osx|win)\w*"
)
_TAIL: Final = re.compile(r"(?<=\w)(?:py\d+)?h[0-9a-f]{5,}$|(?<=\w)py\d+$")
_WHEEL: Final = ".whl"
_SDIST_ONLY: Final = "sdist only: it has to be built"


def artifact_details(old: Pins, new: Pins, *, alike: bool) -> Iterator[str]:
    """Yield what makes other artifacts of the same versions.

    Args:
        old: The pins of one name.
        new: Likewise, of the same versions.
        alike: Whether both locks are of one format: of two, one may list fewer files.
    """
    if old.layer is Layer.CONDA:
        yield from _rebuilt(old, new)
    else:
        yield from _other_files(old.files, new.files, alike=alike)
    yield from _moved(old, new, alike=alike)


def single_details(pins: Pins) -> Iterator[str]:
    """Yield what is worth to be known of what was not there before."""
    if _wheels(pins) is False:
        yield _SDIST_ONLY
    if not _plain(pins.sources):
        yield f"source {_listed(pins.sources)}"


def version_details(old: Pins, new: Pins, *, alike: bool) -> Iterator[str]:
    """Yield what is worth to be known of another version."""
    before, after = _kinds(old), _kinds(new)
    if before != after and (before or after):
        yield f"build {_listed(old.builds)} -> {_listed(new.builds)}"
    yield from _moved(old, new, alike=alike)


def group_details(old: Set[str], new: Set[str]) -> Iterator[str]:
    """Yield what changed of the groups that want a package."""
    if old != new:
        yield f"groups {_signed(old, new)}"


def condition_details(old: Pins, new: Pins) -> Iterator[str]:
    """Yield what changed of markers, pythons, extras and edges."""
    before, after = _pypi(old), _pypi(new)
    for name, said in (("marker", _markers), ("python", _pythons)):
        was, now = said(before), said(after)
        if was != now:
            yield f"{name} {was or 'any'} -> {now or 'any'}"
    extras = {extra for each in before for extra in each.extras}
    others = {extra for each in after for extra in each.extras}
    if extras != others:
        yield f"extras {_signed(extras, others)}"
    ours, theirs = _edges(before), _edges(after)
    if ours.keys() != theirs.keys():
        yield f"requires {_signed(ours.keys(), theirs.keys())}"
    elif ours != theirs:
        names = sorted(name for name in ours if ours[name] != theirs[name])
        yield f"requires other versions, or elsewhere, of {', '.join(names)}"


def kind_of_build(build: str) -> frozenset[str]:
    """Return what a build string says that a build is for: `cuda126`, `mkl`.

    Python, platform, hash and number are left out, the number being its first word, or
    its last.
    """
    words = build.split("_")
    inner = [w for w in words if not w.isdigit() or w not in (words[0], words[-1])]
    plain = (_TAIL.sub("", word) for word in inner)
    return frozenset(word for word in plain if word and not _INCIDENTAL.fullmatch(word))


def _kinds(pins: Pins) -> set[frozenset[str]]:
    return {kind for build in pins.builds if (kind := kind_of_build(build))}


def _rebuilt(old: Pins, new: Pins) -> Iterator[str]:
    if old.builds != new.builds:
        yield f"build {_listed(old.builds)} -> {_listed(new.builds)}"
    elif not _same_digests(old, new):
        before, after = ({name for name, _ in pins.files} for pins in (old, new))
        if before != after:
            yield f"file {_listed(sorted(before))} -> {_listed(sorted(after))}"
        else:
            yield "other hash of the same file"


def _same_digests(old: Pins, new: Pins) -> bool:
    """Return whether the files are the same, as far as both locks have digests."""
    for ours in (p for p in old.packages if isinstance(p, CondaPackage)):
        twins = [p for p in new.packages if isinstance(p, CondaPackage)]
        if not any(_same_package(ours, theirs) for theirs in twins):
            return False
    return True


def _same_package(ours: CondaPackage, theirs: CondaPackage) -> bool:
    if ours.filename != theirs.filename:
        return False
    for mine, other in ((ours.sha256, theirs.sha256), (ours.md5, theirs.md5)):
        if mine and other:
            return mine == other
    return True


def _other_files(
    old: Set[tuple[str, str]], new: Set[tuple[str, str]], *, alike: bool
) -> Iterator[str]:
    before, after = _digests(old), _digests(new)
    replaced = {
        name
        for name in before.keys() & after.keys()
        if before[name] and after[name] and before[name].isdisjoint(after[name])
    }
    known = {digest for _, digest in old}, {digest for _, digest in new}
    if not alike and not replaced and (not all(known) or known[0] & known[1]):
        return
    gone = {p for p in old - new if p[0] not in replaced}
    come = {p for p in new - old if p[0] not in replaced}
    parts = [
        (len(come), "added"),
        (len(gone), "removed"),
        (len(replaced), "replaced under the same name"),
    ]
    if any(count for count, _ in parts):
        said = ", ".join(f"{count} {word}" for count, word in parts if count)
        yield f"files: {said}"


def _digests(files: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, digest in files:
        if name:
            found.setdefault(name, set()).update({digest} - {""})
    return found


def _moved(old: Pins, new: Pins, *, alike: bool) -> Iterator[str]:
    had, has = _wheels(old), _wheels(new)
    if had is not None and has is not None and had != has:
        yield "has wheels now" if has else _SDIST_ONLY
    before, after = old.sources, new.sources
    # Another format may not say the index that the first one names.
    if before != after and (alike or not (_plain(before) and _plain(after))):
        what = "channel" if old.layer is Layer.CONDA else "source"
        default = "the index"
        yield f"{what} {_listed(before) or default} -> {_listed(after) or default}"


def _plain(sources: tuple[str, ...]) -> bool:
    """Return whether *sources* are but indexes or channels."""
    return not any("@" in each or each.endswith((_WHEEL, ".gz")) for each in sources)


def _wheels(pins: Pins) -> bool | None:
    """Return whether there are wheels; None where no file is named."""
    names = [name for name, _ in pins.files if name]
    if pins.layer is Layer.CONDA or not names:
        return None
    return any(name.endswith(_WHEEL) for name in names)


def _pypi(pins: Pins) -> list[LockedPackage]:
    found = [each for each in pins.packages if isinstance(each, LockedPackage)]
    return sorted(found, key=lambda each: (each.version or "", each.where))


def _markers(packages: Iterable[LockedPackage]) -> str:
    found: list[str] = []
    for package in packages:
        by_group = {group: str(m) for group, m in package.wanted_by.items() if m}
        if len(by_group) == len(package.wanted_by) and len({*by_group.values()}) == 1:
            found.append(next(iter(by_group.values())))
        else:
            found += [f"{group}: {by_group[group]}" for group in sorted(by_group)]
        if package.marker is not None:
            found.append(str(package.marker))
    return "; ".join(found)


def _pythons(packages: Iterable[LockedPackage]) -> str:
    return _listed(sorted({each.requires_python or "" for each in packages} - {""}))


def _edges(packages: Iterable[LockedPackage]) -> Mapping[str, list[Dependency]]:
    found: dict[str, list[Dependency]] = {}
    for package in packages:
        for dependency in package.dependencies:
            found.setdefault(dependency.name, []).append(dependency)
    return found


def _signed(old: Set[str], new: Set[str]) -> str:
    come, gone = sorted(new - old), sorted(old - new)
    return ", ".join([*(f"+{name}" for name in come), *(f"-{name}" for name in gone)])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
