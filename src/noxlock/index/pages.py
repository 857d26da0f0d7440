"""What an index or a find-links place lists: HTML (PEP 503), JSON (PEP 691)."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from dataclasses import dataclass, replace
from html import unescape
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from unearth.collector import IndexPage, parse_html_page
from unearth.link import Link
from unearth.utils import is_archive_file

from noxlock.index import ListedFile
from noxlock.index._http import AccessError
from noxlock.index.addresses import filename_of, local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from packaging.utils import NormalizedName

    from noxlock.index._http import Connection

__all__ = ["Pages", "Place"]

# As pip asks: JSON where the index has it, then the versioned HTML, then any.
_HEADERS: Final = {
    "Accept": "application/vnd.pypi.simple.v1+json,"
    " application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
}
_HTML: Final = {".html", ".htm"}

# A page may list thousands of files, and a real HTML parser takes seconds for many. So
# plain pages, all of whose anchors are understood, are read with these; others are not.
_ANCHOR: Final = re.compile(r"<a[\s>]", re.IGNORECASE)
_BASE: Final = re.compile(r"<base[\s>]|<!--", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"""<a\s((?:[^>"']|"[^"]*"|'[^']*')*?)(?<![\w-])href\s*=\s*"""
    r"""(?:"([^"]*)"|'([^']*)')((?:[^>"']|"[^"]*"|'[^']*')*)""",
    re.IGNORECASE,
)
_DATA: Final = re.compile(
    r"""(?<!\S)data-(requires-python|yanked|core-metadata|dist-info-metadata)"""
    r"""(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""",
    re.IGNORECASE,
)
_SHA256: Final = re.compile(r"(?:^|&)sha256=([0-9a-fA-F]{64})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An index, or a find-links folder or page, and who named it."""

    url: str
    origin: str
    find_links: bool = False


class Pages:
    """Fetches each page once; safe to use from several threads.

    Args:
        connection: For pages that are not on this disk.
        known: Listings that are kept from run to run of one process.
    """

    def __init__(
        self, connection: Connection, known: dict[str, tuple[ListedFile, ...]]
    ) -> None:
        self._connection = connection
        self._known = known
        self._asked: dict[str, Future[tuple[ListedFile, ...]]] = {}
        self._lock = Lock()

    def listing(self, place: Place, name: NormalizedName) -> tuple[ListedFile, ...]:
        """Return the files that *place* lists; of a find-links place, of any project.

        A folder that does not exist lists none, as pip has it.

        Raises:
            AccessError: The page cannot be had or read.
        """
        url = place.url if place.find_links else f"{place.url.rstrip('/')}/{name}/"
        path = local_path(url)
        if path is not None:
            return tuple(self._local(path, everything=place.find_links))
        if place.find_links and is_archive_file(filename_of(url)):
            return (_listed(Link(url)),)
        return self._once(url, lambda: self._page(url))

    def _once(
        self, url: str, fetch: Callable[[], tuple[ListedFile, ...]]
    ) -> tuple[ListedFile, ...]:
        with self._lock:
            if url in self._known:
                return self._known[url]
            mine = url not in self._asked
            future = self._asked.setdefault(url, Future())
        if mine:
            try:
                future.set_result(fetch())
                self._known[url] = future.result()
            except BaseException as error:  # noqa: BLE001 - raised below, in each thread
                future.set_exception(error)
        return future.result()

    def _page(self, url: str) -> tuple[ListedFile, ...]:
        response = self._connection.get(url, _HEADERS)
        kind = response.headers.get("Content-Type", "")
        content = response.content
        if kind.lower().startswith("application/vnd.pypi.simple.v1+json"):
            return tuple(_parse_json(content, str(response.url)))
        if not kind.lower().startswith(
            ("text/html", "application/vnd.pypi.simple.v1+html")
        ):
            raise AccessError(
                f"it answers with `{kind or 'no Content-Type'}`, not an index page",
                hint="is this the address of the simple pages?",
            )
        return tuple(_parse_html(content, str(response.url), response.encoding))

    def _local(self, path: Path, *, everything: bool) -> Iterator[ListedFile]:
        if path.is_dir():
            page = path / "index.html"
            if page.is_file() and not everything:
                yield from _parse_html(_read(page), page.as_uri(), None)
                return
            for child in sorted(path.iterdir()):
                if child.suffix in _HTML and everything:
                    yield from _parse_html(_read(child), child.as_uri(), None)
                elif child.is_file():
                    yield _listed(Link(child.absolute().as_uri()))
        elif path.suffix in _HTML and path.is_file():
            yield from _parse_html(_read(path), path.as_uri(), None)
        elif path.is_file():
            yield _listed(Link(path.as_uri()))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AccessError(f"it cannot be read: {error.strerror}") from error


def _parse_html(content: bytes, url: str, encoding: str | None) -> Iterator[ListedFile]:
    try:
        text = content.decode(encoding or "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    anchors = _ADDRESS.findall(text)
    try:
        if len(anchors) == len(_ANCHOR.findall(text)) and not _BASE.search(text):
            files = (
                _anchored(url, unescape(first or second), f"{before} {after}")
                for before, first, second, after in anchors
            )
            yield from (file for file in files if _may_name(url, file.url))
            return
        page = IndexPage(Link(url), text.encode(), "utf-8", "text/html")
        # A <base> may be relative itself, which unearth leaves as it is.
        files = (_listed(link, url) for link in parse_html_page(page))
        yield from (file for file in files if _may_name(url, file.url))
    except ValueError as error:
        raise AccessError(f"its page cannot be read: {error}") from error


def _anchored(page: str, address: str, attributes: str) -> ListedFile:
    address, _, fragment = address.partition("#")
    absolute = address.startswith(("https://", "http://"))
    digest = _SHA256.search(fragment)
    file = ListedFile(
        url=address if absolute else urljoin(page, address),
        filename=filename_of(address),
        sha256=digest[1].lower() if digest else None,
    )
    if "data-" not in attributes.lower():
        return file
    data = {
        key.lower(): unescape(first or second or bare)
        for key, first, second, bare in _DATA.findall(attributes)
    }
    beside = data.get("core-metadata", data.get("dist-info-metadata"))
    return replace(
        file,
        requires_python=data.get("requires-python") or None,
        yanked="yanked" in data,
        metadata=_digest_of(beside) if beside else None,
    )


def _listed(link: Link, page: str = "") -> ListedFile:
    digest = (link.hash_option or {}).get("sha256", [None])[0]
    return ListedFile(
        url=urljoin(page, link.url_without_fragment),
        filename=link.filename,
        sha256=digest.lower() if digest else None,
        requires_python=link.requires_python or None,
        yanked=link.yank_reason is not None,
        metadata=_digest_in(link.dist_info_metadata),
    )


def _digest_of(beside: str) -> str | None:
    # PEP 658: `<hashname>=<hashvalue>`, or `true` where there is no hash.
    name, _, digest = beside.partition("=")
    return None if name == "false" else digest.lower() if name == "sha256" else ""


def _digest_in(beside: object) -> str | None:
    # PEP 691: "either a boolean [...] or a dictionary mapping hash names to" digests.
    if isinstance(beside, dict):
        return str(beside.get("sha256") or "").lower()
    return "" if beside else None


def _may_name(page: str, url: str) -> bool:
    # A page of the network may not send us to the files of this machine.
    return local_path(url) is None or local_path(page) is not None


def _parse_json(content: bytes, url: str) -> Iterator[ListedFile]:
    try:
        files = json.loads(content)["files"]
        for file in files:
            size = file.get("size")
            digest = (file.get("hashes") or {}).get("sha256")
            address = urljoin(url, file["url"])
            if _may_name(url, address):
                yield ListedFile(
                    url=address,
                    filename=str(file["filename"]),
                    sha256=digest.lower() if digest else None,
                    size=size if isinstance(size, int) else None,
                    requires_python=file.get("requires-python") or None,
                    yanked=bool(file.get("yanked")),
                    metadata=_digest_in(
                        file.get("core-metadata", file.get("dist-info-metadata"))
                    ),
                )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AccessError(
            f"its page is not what PEP 691 describes: {type(error).__name__}: {error}"
        ) from error
