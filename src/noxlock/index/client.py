"""Artifacts from indexes, find-links, fixed addresses and this disk, all at once."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING

from unearth import PackageFinder

from noxlock.errors import FetchError, HashMismatchError
from noxlock.index import Fetched
from noxlock.index._download import Downloads, WrongBytesError
from noxlock.index._find import Finder, Sources
from noxlock.index._http import PARALLEL, AccessError, Connection
from noxlock.index._metadata import metadata_of
from noxlock.index._parallel import Crew
from noxlock.index._search import Search, describe
from noxlock.index.addresses import local_path, without_credentials
from noxlock.index.pages import Pages, Place
from noxlock.model import Kind
from noxlock.plan import tags
from noxlock.report.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from noxlock.index import FetchRequest, ListedFile
    from noxlock.index._search import Candidate
    from noxlock.index.settings import IndexSettings, Setting
    from noxlock.report.progress import Progress, Task

__all__ = ["IndexClient", "public_default"]


def public_default() -> str:
    """Return the simple page of the public index, as unearth knows it."""
    return PackageFinder().sources[0]["url"]


class IndexClient:
    """The `Index` of the user's settings.

    Proxies, netrc (NETRC) and the keyring are looked up as the process finds them.

    Args:
        settings: Where artifacts come from when the lock does not say, and how any
            place is reached.
        progress: Told what is downloaded.
    """

    def __init__(self, settings: IndexSettings, *, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._known: dict[str, tuple[ListedFile, ...]] = {}

    def fetch(
        self,
        request: FetchRequest,
        /,
        *,
        into: Path,
        on_file: Callable[[Fetched], None],
    ) -> None:
        """Fetch the file of each package, in parallel, and hand over each.

        Raises:
            FetchError: A file cannot be found or downloaded.
            HashMismatchError: The bytes are not what was locked.
        """
        elsewhere = {Kind.GIT, Kind.DIRECTORY}
        packages = [p for p in request.packages if p.kind not in elsewhere]
        if not packages:
            return
        with self._at_work() as (connection, crew):
            finder = self._finder(connection, request)
            searches = [finder.search(package) for package in packages]
            total = _find_all(crew, searches)
            title = f"download {counted(len(searches), 'file')}"
            with self._progress.task(title, total=total, unit="bytes") as task:
                downloads = Downloads(connection, into, _Counter(task), request.has)
                jobs = [partial(_take, s, finder, downloads) for s in searches]
                told: set[str] = set()
                for search, fetched in crew.run(jobs):
                    self._tell(search, fetched, told)
                    on_file(fetched)

    def listing(self, request: FetchRequest, /) -> tuple[ListedFile, ...]:
        """Return all files of the project of the request's one package.

        Raises:
            FetchError: There is none, and not every place could be asked.
        """
        (package,) = request.packages
        search = Search(package=package, accepted=frozenset())
        with self._at_work() as (connection, _):
            found = self._finder(connection, request).listed(search)
            grave = {at: note for at, note in search.notes.items() if note.grave}
            said = "; ".join(f"{at}: {note.what}" for at, note in grave.items())
            if grave and not found:
                hints = [note.hint for note in grave.values() if note.hint]
                raise FetchError(
                    f"the releases of {package.name} cannot be listed: {said}",
                    hint=hints[0] if hints else "is its index the right one, and up?",
                )
        if grave:
            self._progress.warn(f"the releases of {package.name}: {said}")
        return found

    def metadata(self, files: Sequence[ListedFile], /) -> dict[str, bytes]:
        """Return METADATA of wheels by their URL, as far as they can be had cheaply."""
        title = f"read metadata of {counted(len(files), 'release')}"
        found = {}
        with (
            self._at_work() as (connection, crew),
            self._progress.task(title, total=len(files), unit="releases") as task,
        ):
            jobs = [partial(metadata_of, connection, file) for file in files]
            for file, data in crew.run(jobs):
                task.advance()
                if data is not None:
                    found[file.url] = data
        return found

    @contextmanager
    def _at_work(self) -> Iterator[tuple[Connection, Crew]]:
        stop = Event()
        connection = Connection(self._settings, self._logins(), stop)
        crew = Crew(PARALLEL, stop)
        try:
            yield connection, crew
        except FetchError:
            self._known.clear()  # the next run sees what was put right
            raise
        finally:
            crew.dismiss(connection.close)

    def _finder(self, connection: Connection, request: FetchRequest) -> Finder:
        settings = self._settings
        links = [_place(s, find_links=True) for s in settings.find_links]
        fallback, public = None, public_default()
        if not settings.no_index:
            named = (settings.index,) if settings.index else ()
            links += [_place(s) for s in (*named, *settings.extra_indexes)]
            if settings.index is None:
                fallback = Place(url=public, origin="the public default")
        # What lies on this disk costs nothing to ask.
        links.sort(key=lambda place: local_path(place.url) is None)
        sources = Sources(
            places=tuple(links),
            fallback=fallback,
            public=public,
            logins=settings.logins,
            no_index=settings.no_index,
        )
        undecided = any(package.artifact is None for package in request.packages)
        ranked = enumerate(tags(request.target)) if undecided else ()
        ranks = {tag: rank for rank, tag in ranked}
        return Finder(Pages(connection, self._known), request, sources, ranks)

    def _logins(self) -> tuple[str, ...]:
        settings = self._settings
        index = (settings.index,) if settings.index else ()
        known = (*index, *settings.extra_indexes, *settings.find_links, *settings.named)
        return tuple(setting.value for setting in known)

    def _tell(self, search: Search, fetched: Fetched, told: set[str]) -> None:
        """Say which places failed for a file that came from elsewhere, each once."""
        for place, actual in search.wrong.items():
            self._progress.warn(
                f"{search.title}: {place} has another file of that name (sha256"
                f" {actual}); taken from {fetched.url}"
            )
        for place, note in search.notes.items():
            about = note.host or place
            if note.grave and about not in told:
                told.add(about)
                self._progress.warn(
                    f"{place}: {note.what}; {fetched.path.name} was taken from"
                    f" {fetched.url}"
                )


class _Counter:
    """Counts from several threads."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._lock = Lock()

    def __call__(self, amount: int) -> None:
        with self._lock:
            self._task.advance(amount)


def _place(setting: Setting, *, find_links: bool = False) -> Place:
    return Place(url=setting.value, origin=setting.origin, find_links=find_links)


def _find_all(crew: Crew, searches: Sequence[Search]) -> int | None:
    """Find the first candidate of each; return their bytes, None where not known.

    Raises:
        FetchError: Some are nowhere: all of them, in one error.
    """
    found = list(crew.run([partial(_peek, search) for search in searches]))
    nowhere = [search for search, candidate in found if candidate is None]
    failures = [s.failure() for s in sorted(nowhere, key=lambda s: s.package.name)]
    # Bytes that were swapped are worse news than any that are missing.
    for failure in failures:
        if len(failures) == 1 or isinstance(failure, HashMismatchError):
            raise failure
    if failures:
        raise FetchError(
            f"{len(failures)} files cannot be had:\n"
            + "\n".join(f"  {failure}" for failure in failures),
            hint=failures[0].hint,
        )
    sizes = [candidate.size for _, candidate in found if candidate]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _peek(search: Search) -> tuple[Search, Candidate | None]:
    return search, search.peek()


def _take(
    search: Search, finder: Finder, downloads: Downloads
) -> tuple[Search, Fetched]:
    for candidate in search.candidates():
        try:
            path, digest = downloads.take(candidate, search.accepted)
        except AccessError as error:
            finder.note(search, candidate, error)
        except WrongBytesError as error:
            search.wrong[describe(candidate.place)] = error.actual
        else:
            return search, Fetched(
                package=search.package,
                path=path,
                sha256=digest,
                url=without_credentials(candidate.url),
            )
    raise search.failure()
