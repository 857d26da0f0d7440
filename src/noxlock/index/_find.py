"""Where a planned file may come from, the best place first."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from noxlock.errors import FetchError
from noxlock.index._http import AccessError
from noxlock.index._layer import as_url
from noxlock.index._logins import login_of, with_login
from noxlock.index._search import Candidate, Search, describe
from noxlock.index.addresses import filename_of, local_path, origin_of
from noxlock.index.pages import Place
from noxlock.model import ArchiveSource, IndexSource, Sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.tags import Tag

    from noxlock.index import FetchRequest, ListedFile
    from noxlock.index.pages import Pages
    from noxlock.model import PlannedPackage

__all__ = ["Finder", "Sources"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """The places that are the user's own."""

    places: tuple[Place, ...]
    fallback: Place | None
    """The public default, where the settings name no default index."""
    public: str = ""
    """Simple page of the public default, named by the settings or not."""
    logins: dict[str, tuple[str, str]] = field(default_factory=dict)
    """User and password by the name that the project calls an index."""
    no_index: bool = False
    """Whether not even the lock's indexes may be asked."""


class Finder:
    """Asks places for the files of packages; safe to use from several threads.

    Args:
        pages: What the places list.
        request: Which lock is served.
        sources: The user's own places.
        ranks: How well each tag fits the target, 0 the best.
    """

    def __init__(
        self,
        pages: Pages,
        request: FetchRequest,
        sources: Sources,
        ranks: Mapping[Tag, int],
    ) -> None:
        self._pages = pages
        self._request = request
        self._sources = sources
        self._ranks = ranks
        self._dead: dict[str, AccessError] = {}

    def search(self, package: PlannedPackage) -> Search:
        """Begin the search for the file of *package*.

        Raises:
            FetchError: The lock has no sha256 for it.
        """
        one = () if package.sha256 is None else (package.sha256,)
        weak = self._request.md5.get(package.name)
        also = () if weak is None or one else (Sha256(weak),)
        accepted = frozenset((*one, *package.hashes, *also))
        search = Search(package=package, accepted=accepted)
        if not search.accepted:
            raise FetchError(
                f"{search.title} has no sha256 in the lock", hint="lock it with hashes"
            )
        search.rest = self._candidates(search)
        return search

    def listed(self, search: Search) -> tuple[ListedFile, ...]:
        """Return the files of the project in the first places that have any.

        What places say that cannot be asked is noted in *search*.
        """
        name = search.package.name
        for places in self._tiers(search.package):
            found: dict[str, ListedFile] = {}
            for place in places:
                for file in self._listing(search, place):
                    if _same(file.filename)[0] == name:
                        found.setdefault(file.filename, file)
            if found:
                return tuple(found.values())
        return ()

    def note(self, search: Search, candidate: Candidate, error: AccessError) -> None:
        """Note that *candidate* did not come; its host is not asked again if dead."""
        self._bury(candidate.url, error)
        error.grave = True
        search.notes[describe(candidate.place)] = error

    def _bury(self, url: str, error: AccessError) -> None:
        if error.unreachable:
            error.host = origin_of(url)
            self._dead[error.host] = error

    def _candidates(self, search: Search) -> Iterator[Candidate]:
        package = search.package
        for fixed in self._fixed(package):
            if not self._is_dead(search, fixed):
                yield fixed
        if package.path is not None or isinstance(package.source, ArchiveSource):
            return
        for places in self._tiers(package):
            if package.artifact is None:
                yield from self._best(search, places)
            else:
                for place in places:
                    yield from self._named(search, place, package.artifact)

    def _fixed(self, package: PlannedPackage) -> Iterator[Candidate]:
        if package.path is not None:
            url = (self._request.base.absolute() / package.path).as_uri()
        elif package.url is not None and not self._is_nowhere(package.url, package):
            url = package.url
        else:
            return
        mirrors = self._request.mirrors.get(url)
        for address in mirrors or (url,):
            yield Candidate(
                url=address,
                filename=package.artifact or filename_of(url),
                place=_mirror(address) if mirrors else _locked(address),
                sha256=package.sha256,
            )

    def _is_nowhere(self, url: str, package: PlannedPackage) -> bool:
        """Return whether *url* says only by which name an index has the file.

        So does a lock of conda for what was locked through a mirror.
        """
        page = f"{self._sources.public.rstrip('/')}/{package.name}"
        return url == f"{page}/{package.artifact}"

    def _is_dead(self, search: Search, candidate: Candidate) -> bool:
        dead = self._dead.get(origin_of(candidate.url))
        if dead:
            search.notes[describe(candidate.place)] = dead
        return dead is not None

    def _tiers(self, package: PlannedPackage) -> Iterator[list[Place]]:
        """Yield the places that the lock names, then those besides and the user's."""
        request, sources = self._request, self._sources
        source = package.source
        urls = request.indexes
        if isinstance(source, IndexSource) and source.index:
            urls = (with_login(source.index, login_of(sources.logins, source.name)),)
        locked = [_locked(url) for url in urls if not sources.no_index]
        yield locked
        links = (as_url(text, request.base, Path.home()) for text in request.find_links)
        users = [_locked(url, find_links=True) for url in links]
        if not sources.no_index:
            users += [_locked(url) for url in request.extra_indexes]
        users += sources.places
        # A private name is not told to a public index that nobody named.
        if sources.fallback and not locked:
            users.append(sources.fallback)
        seen = {place.url.rstrip("/") for place in locked}
        yield [place for place in users if place.url.rstrip("/") not in seen]

    def _listing(self, search: Search, place: Place) -> tuple[ListedFile, ...]:
        name = describe(place)
        dead = self._dead.get(origin_of(place.url))
        if dead and local_path(place.url) is None:
            search.notes[name] = dead
            return ()
        try:
            return self._pages.listing(place, search.package.name)
        except AccessError as error:
            self._bury(place.url, error)
            search.notes[name] = error
            return ()

    def _named(
        self, search: Search, place: Place, artifact: str
    ) -> Iterator[Candidate]:
        files = self._listing(search, place)
        found = [file for file in files if file.filename == artifact]
        if not found:
            wanted = _same(artifact)
            found = [file for file in files if _same(file.filename) == wanted]
        if not found:
            search.notes.setdefault(describe(place), _lacks("it has no such file"))
        for file in found:
            if self._may_be(search, place, file):
                yield _candidate(place, file, artifact)

    def _best(self, search: Search, places: list[Place]) -> Iterator[Candidate]:
        """Yield what may be one of the locked hashes, the best for the target first."""
        found: list[tuple[tuple[int, int], Candidate]] = []
        for place in places:
            before = len(found)
            for file in self._listing(search, place):
                rank = self._rank(search, file)
                if rank is not None and file.sha256 in {None, *search.accepted}:
                    unknown = int(file.sha256 is None)
                    candidate = _candidate(place, file, file.filename)
                    found.append(((rank, unknown), candidate))
            if len(found) == before:
                search.notes.setdefault(
                    describe(place),
                    _lacks("it has none of the locked files for this target"),
                )
        found.sort(key=lambda item: item[0])
        yield from (candidate for _, candidate in found)

    def _rank(self, search: Search, file: ListedFile) -> int | None:
        """Return how well a file fits, 0 the best; None: not at all, or not its."""
        try:
            if file.filename.endswith(".whl"):
                name, version, _, tags = parse_wheel_filename(file.filename)
                rank = min(
                    (self._ranks[t] for t in tags if t in self._ranks), default=-1
                )
            else:
                name, version = parse_sdist_filename(file.filename)
                rank = len(self._ranks)
            wanted = Version(search.package.version or "")
        except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
            return None
        mine = name == search.package.name and version == wanted
        return rank if mine and rank >= 0 else None

    def _may_be(self, search: Search, place: Place, file: ListedFile) -> bool:
        if file.sha256 is None or file.sha256 in search.accepted:
            return True
        search.wrong[describe(place)] = file.sha256
        return False


def _locked(url: str, *, find_links: bool = False) -> Place:
    return Place(url=url, origin="named by the lock", find_links=find_links)


def _mirror(url: str) -> Place:
    return Place(url=url, origin="a mirror of what the lock names")


def _lacks(what: str) -> AccessError:
    return AccessError(what, grave=False)


def _candidate(place: Place, file: ListedFile, filename: str) -> Candidate:
    return Candidate(
        url=file.url,
        filename=filename,
        place=place,
        sha256=file.sha256,
        size=file.size,
    )


def _same(filename: str) -> tuple[object, ...]:
    """Return what two spellings of one file's name have in common."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)
        return (*parse_sdist_filename(filename), filename.endswith(".zip"))
    except (InvalidWheelFilename, InvalidSdistFilename):
        return (canonicalize_name(filename),)
