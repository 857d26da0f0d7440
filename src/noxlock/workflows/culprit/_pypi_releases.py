"""Releases of a distribution: from the pages of its index, or as they were kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from noxlock.index import FetchRequest
from noxlock.index.addresses import local_path, without_credentials
from noxlock.model import IndexSource, Kind, PlannedPackage, Sha256
from noxlock.plan.wheels import is_wheel
from noxlock.search import Candidate, Metadata
from noxlock.store.memo import Memo, memo_key
from noxlock.workflows.culprit._span import Span, chosen
from noxlock.workflows.culprit.metadata import parse_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from noxlock.index import ListedFile
    from noxlock.model import Plan
    from noxlock.workflows.supply import Supplies

__all__ = ["PypiReleases"]

_MOST: Final = 256
"""Releases whose metadata are read; of the others nothing is known."""
_SETTINGS: Final = ("PIP_", "UV_", "POETRY_PYPI_")


class _Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release, as it is kept in the store."""

    version: str
    filename: str
    url: str | None
    """None where it can be had with a login, or a secret, only."""
    sha256: Sha256
    requirements: tuple[str, ...] = ()
    requires_python: str | None = None


@dataclass(frozen=True, slots=True)
class PypiReleases:
    """Answers for one plan."""

    plan: Plan
    supplies: Supplies
    base: Path

    def between(self, old: Candidate, new: Candidate) -> tuple[Candidate, ...]:
        """Return the releases between both ends, from the old towards the new.

        Raises:
            FetchError: No index answers.
        """
        first, last = self._end(old), self._end(new)
        span = Span.of(old.version, new.version)
        if first is None or last is None or span is None:
            return ()
        only_binary = Kind.SDIST not in {first.kind, last.kind}
        found = self._known(last, span, only_binary=only_binary)
        made = [(_package(last, release), release) for release in found]
        offline, stored = self.supplies.offline, self.supplies.is_stored
        return tuple(
            _candidate(package, release)
            for package, release in made
            if not offline or stored(package)
        )

    def _end(self, candidate: Candidate) -> PlannedPackage | None:
        """Return the package that is one end; None where it is no release."""
        package = candidate.package
        if not isinstance(package, PlannedPackage):
            return None
        if not isinstance(package.source, IndexSource):
            return None
        return self.supplies.decided(package, self.plan)

    def _known(
        self, new: PlannedPackage, span: Span, *, only_binary: bool
    ) -> Sequence[_Release]:
        memo = Memo(self.supplies.store.root)
        key = self._key(new, span, only_binary=only_binary)
        kept = memo.get(key)
        if kept is not None:
            return msgspec.json.decode(kept, type=tuple[_Release, ...])
        if self.supplies.offline:
            self.supplies.progress.warn(
                f"{new.name}: the releases between {span.old} and {span.new} are not"
                " known, and noxlock is offline"
            )
            return ()
        found = self._ask(new, span, only_binary=only_binary)
        if found:
            memo.put(key, msgspec.json.encode(found))
        return found

    def _key(self, new: PlannedPackage, span: Span, *, only_binary: bool) -> str:
        plan, environ = self.plan, self.supplies.environ
        source = new.source.index if isinstance(new.source, IndexSource) else None
        places = [source, plan.indexes, plan.extra_indexes, plan.find_links]
        if plan.find_links:
            places.append(str(self.base.absolute()))
        settings = sorted(
            item for item in environ.items() if item[0].startswith(_SETTINGS)
        )
        target = msgspec.to_builtins(plan.target)
        what = [new.name, str(span.old), str(span.new), only_binary]
        return memo_key("releases", what, target, places, settings)

    def _ask(
        self, new: PlannedPackage, span: Span, *, only_binary: bool
    ) -> tuple[_Release, ...]:
        listed = map(_hashed, self._listing(new, span))
        found = chosen(listed, span, self.plan.target, only_binary=only_binary)
        metadata = self._metadata([file for _, file in found])
        releases = []
        for version, file in found:
            known = metadata.get(file.filename, Metadata())
            clean = without_credentials(file.url)
            releases.append(
                _Release(
                    version=str(version),
                    filename=file.filename,
                    url=clean if clean == file.url else None,
                    sha256=Sha256(file.sha256 or ""),
                    requirements=known.requirements,
                    requires_python=known.requires_python or file.requires_python,
                )
            )
        return tuple(releases)

    def _listing(self, new: PlannedPackage, span: Span) -> Iterator[ListedFile]:
        plan = self.plan
        request = FetchRequest(
            packages=(new,),
            target=plan.target,
            base=self.base,
            indexes=plan.indexes,
            extra_indexes=plan.extra_indexes,
            find_links=plan.find_links,
        )
        for file in self.supplies.index.listing(request):
            if span.holds(file.filename):
                yield file

    def _metadata(self, files: Sequence[ListedFile]) -> dict[str, Metadata]:
        """Return what the files ask for, by their names, where it can be had."""
        data: dict[str, bytes] = {}
        lacking = []
        for file in files:
            if not is_wheel(file.filename):
                continue  # what it requires is known when it is built
            stored = self.supplies.store.metadata(Sha256(file.sha256 or ""))
            if stored is None:
                lacking.append(file)
            else:
                data[file.filename] = stored
        if lacking:
            came = self.supplies.index.metadata(lacking[:_MOST])
            data |= {f.filename: came[f.url] for f in lacking if f.url in came}
        parsed = {name: parse_metadata(each) for name, each in data.items()}
        return {name: each for name, each in parsed.items() if each}


def _hashed(file: ListedFile) -> ListedFile:
    """Return *file* with its sha256, where it lies on this disk."""
    path = local_path(file.url)
    if file.sha256 or path is None:
        return file
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return file
    return replace(file, sha256=digest)


def _package(new: PlannedPackage, release: _Release) -> PlannedPackage:
    return structs.replace(
        new,
        version=release.version,
        kind=Kind.WHEEL if is_wheel(release.filename) else Kind.SDIST,
        artifact=release.filename,
        url=release.url,
        sha256=release.sha256,
        path=None,
        hashes=(),
    )


def _candidate(package: PlannedPackage, release: _Release) -> Candidate:
    return Candidate(
        version=release.version,
        identity=release.sha256,
        requirements=release.requirements,
        requires_python=release.requires_python,
        wheel=release.filename if is_wheel(release.filename) else None,
        provides=(package.name,),
        package=package,
    )
