"""Artifacts from a real index on loopback, from folders, and from fixed addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import FetchError, HashMismatchError
from noxlock.index import Fetched, FetchRequest
from noxlock.index.client import IndexClient, public_default
from noxlock.index.settings import Setting
from noxlock.model import ArchiveSource, IndexSource, Kind
from noxlock.report.progress import Quiet
from support.fetching import LINUX, Fetching, asking, digest, planned
from support.index_server import serve_index
from support.wheels import make_sdist, make_wheel

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

WHEEL, DATA = make_wheel("six", "1.0")
OTHER = make_wheel("six", "1.0", {"six.py": "evil = 1\n"})[1]


@pytest.mark.parametrize("style", ["html", "json"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("gzip", [True, False])
def test_a_file_is_found_by_its_name_and_checked(
    fetch: Fetching, style: Literal["html", "json"], *, relative: bool, gzip: bool
) -> None:
    with serve_index(
        {WHEEL: DATA}, style=style, relative=relative, gzip=gzip
    ) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path == fetch.folder / WHEEL
    assert fetched.path.read_bytes() == DATA
    assert fetched.sha256 == digest(DATA)
    assert fetched.url == server.file_url(WHEEL)
    assert fetch.left() == [WHEEL]


def test_bytes_are_counted_of_a_known_total_where_the_index_says_sizes(
    fetch: Fetching,
) -> None:
    with serve_index({WHEEL: DATA}, style="json") as server:
        fetch(asking(server.url), planned(WHEEL, DATA))

    watch = fetch.watch
    assert (watch.total, watch.counted) == (len(DATA), len(DATA))
    assert (watch.title, watch.unit) == ("download 1 file", "bytes")


def test_an_address_that_only_names_a_file_of_an_index_is_not_asked(
    fetch: Fetching,
) -> None:
    # As conda locks have it where they were made through a mirror.
    url = f"{public_default().rstrip('/')}/six/{WHEEL}"
    with serve_index({WHEEL: DATA}) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA, url=url))
        assert fetched.url == server.file_url(WHEEL)

    assert fetch.watch.said == []


def test_many_files_come_at_once_and_each_page_is_asked_once(fetch: Fetching) -> None:
    wheels = dict(make_wheel(f"many{n}", "1") for n in range(20))
    with serve_index(wheels) as server:
        files = fetch(asking(server.url), *(planned(n, d) for n, d in wheels.items()))

    assert {f.path.name: f.path.read_bytes() for f in files} == wheels
    assert set(server.requests.values()) == {1}
    assert len(server.requests) == 40


def test_pages_are_asked_once_in_one_process(fetch: Fetching) -> None:
    first, second = make_wheel("six", "1"), make_wheel("six", "2")
    with serve_index(dict([first, second])) as server:
        fetch(asking(server.url), planned(*first), planned(*second))

    assert server.requests["/simple/six/"] == 1


def test_the_spelling_of_a_name_may_differ_between_lock_and_index(
    fetch: Fetching,
) -> None:
    with serve_index({"zope.event-5.0.tar.gz": b"sdist"}) as server:
        (fetched,) = fetch(
            asking(server.url), planned("zope_event-5.0.tar.gz", b"sdist")
        )

    assert fetched.path.name == "zope_event-5.0.tar.gz"


def test_the_lock_s_index_is_asked_and_not_the_user_s(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}) as locked, serve_index({WHEEL: DATA}) as users:
        source = IndexSource(index=locked.url)
        fetch(asking(users.url), planned(WHEEL, DATA, source=source))
        fetch(asking(users.url), planned(WHEEL, DATA), indexes=(locked.url,))

    assert locked.requests["/simple/six/"] == 2
    assert not users.requests


def test_the_user_s_places_help_out_when_the_lock_s_index_fails(
    fetch: Fetching,
) -> None:
    with serve_index({}) as gone:
        pass
    package = planned(WHEEL, DATA, source=IndexSource(index=gone.url))
    with serve_index({WHEEL: DATA}) as users:
        (fetched,) = fetch(asking(users.url), package)

    assert fetched.url == users.file_url(WHEEL)
    (warning,) = fetch.watch.said
    assert f"{gone.url} (named by the lock): " in warning
    assert "(tried 3 times)" in warning


def test_an_unreachable_lock_index_is_named(fetch: Fetching) -> None:
    with serve_index({}) as gone:
        pass
    package = planned(WHEEL, DATA, source=IndexSource(index=gone.url))

    with pytest.raises(FetchError) as caught:
        fetch(asking(), package, indexes=())
    assert "there is no place" in str(caught.value)

    with pytest.raises(FetchError) as caught:
        fetch(asking(gone.url), package)
    assert f"six 1.0 ({WHEEL}) cannot be had: {gone.url} (named by the lock)" in str(
        caught.value
    )
    assert caught.value.hint == "is the network up, and the proxy set?"


def test_places_that_the_lock_names_besides_are_asked_too(
    fetch: Fetching, tmp_path: Path
) -> None:
    links, data = make_wheel("linked", "1")
    (fetch.folder / "links").mkdir()
    (fetch.folder / "links" / links).write_bytes(data)
    with serve_index({WHEEL: DATA}) as extra, serve_index({}) as users:
        files = fetch(
            asking(users.url),
            planned(WHEEL, DATA),
            planned(links, data),
            extra_indexes=(extra.url,),
            find_links=("links",),
            base=fetch.folder,
        )

    assert [f.path.parent.name for f in files] == ["links", "into"]
    assert tmp_path in files[0].path.parents


def test_the_address_in_the_lock_is_used_without_asking_an_index(
    fetch: Fetching,
) -> None:
    with serve_index({WHEEL: DATA}) as server:
        url = server.file_url(WHEEL).replace("://", "://user:secret@") + "#sha256=0"
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA, url=url))

    assert fetched.url == server.file_url(WHEEL)
    assert list(server.requests) == [f"/files/{WHEEL}"]


def test_a_file_that_is_gone_from_its_address_is_looked_for_on_the_index(
    fetch: Fetching,
) -> None:
    with serve_index({}) as old, serve_index({WHEEL: DATA}) as server:
        package = planned(WHEEL, DATA, url=old.file_url(WHEEL))
        (fetched,) = fetch(asking(server.url), package)

    assert fetched.url == server.file_url(WHEEL)
    assert "HTTP 404 Not Found" in fetch.watch.said[0]


def test_a_dead_host_of_many_addresses_is_told_once(fetch: Fetching) -> None:
    with serve_index({}) as gone:
        pass
    wheels = dict(make_wheel(f"many{n}", "1") for n in range(12))
    with serve_index(wheels) as server:
        packages = [planned(n, d, url=gone.file_url(n)) for n, d in wheels.items()]
        fetch(asking(server.url, retries=0), *packages)

    assert len(fetch.watch.said) == 1


def test_an_archive_comes_from_its_address_and_nowhere_else(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}) as server, serve_index({}) as gone:
        source = ArchiveSource(url=server.file_url(WHEEL), sha256=digest(DATA))
        package = planned(
            WHEEL, DATA, source=source, kind=Kind.URL, url=source.url, artifact=None
        )
        (fetched,) = fetch(asking(), package)
        assert fetched.path.read_bytes() == DATA

        source = ArchiveSource(url=gone.file_url(WHEEL), sha256=digest(DATA))
        package = planned(WHEEL, DATA, source=source, kind=Kind.URL, url=source.url)
        fetched.path.unlink()
        with pytest.raises(FetchError, match="HTTP 404"):
            fetch(asking(server.url), package)


def test_files_of_the_project_are_checked_too(fetch: Fetching) -> None:
    (fetch.folder / WHEEL).write_bytes(DATA)
    (fetched,) = fetch(asking(), planned(WHEEL, DATA, path=WHEEL))
    assert fetched.path == fetch.folder / WHEEL

    with pytest.raises(HashMismatchError, match="is not what was locked"):
        fetch(asking(), planned(WHEEL, OTHER, path=WHEEL))
    with pytest.raises(FetchError, match="No such file"):
        fetch(asking(), planned(WHEEL, DATA, path="nowhere.whl"))


def test_git_and_folders_are_no_business_of_an_index(fetch: Fetching) -> None:
    git = planned(WHEEL, DATA, kind=Kind.GIT, artifact=None)

    assert fetch(asking(), git) == []


def test_a_package_without_a_hash_is_refused(fetch: Fetching) -> None:
    with pytest.raises(FetchError, match="has no sha256 in the lock"):
        fetch(asking("https://index.example.org/simple"), planned(WHEEL, None))


def test_swapped_bytes_are_refused(fetch: Fetching) -> None:
    with (
        serve_index({WHEEL: DATA}, wrong_bytes=(WHEEL,)) as server,
        pytest.raises(HashMismatchError) as caught,
    ):
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert f"expected sha256 {digest(DATA)}, got" in str(caught.value)
    assert "not the one that was locked" in (caught.value.hint or "")
    assert fetch.left() == []
    assert fetch.files == []


def test_another_hash_on_the_page_is_refused_before_the_download(
    fetch: Fetching,
) -> None:
    with (
        serve_index({WHEEL: OTHER}) as server,
        pytest.raises(HashMismatchError, match=digest(OTHER)),
    ):
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert list(server.requests) == ["/simple/six/"]


@pytest.mark.parametrize("page_hash", ["right", "none"])
def test_of_two_indexes_the_hash_decides(
    fetch: Fetching, page_hash: Literal["right", "none"]
) -> None:
    with (
        serve_index({WHEEL: OTHER}, page_hash=page_hash) as evil,
        serve_index({WHEEL: DATA}, page_hash=page_hash) as good,
    ):
        (fetched,) = fetch(asking(evil.url, good.url), planned(WHEEL, DATA))

    assert fetched.url == good.file_url(WHEEL)
    assert digest(OTHER) in fetch.watch.said[0]


def test_everything_that_is_missing_is_said_at_once(fetch: Fetching) -> None:
    other, data = make_wheel("seven", "2")
    with (
        serve_index({WHEEL.replace("1.0", "1.1"): DATA}) as server,
        pytest.raises(FetchError) as caught,
    ):
        fetch(asking(server.url), planned(WHEEL, DATA), planned(other, data))

    message = str(caught.value)
    assert "2 files cannot be had:\n  seven 2" in message
    assert "HTTP 404 Not Found" in message
    assert "(TEST_INDEX): it has no such file" in message
    assert "deleted or yanked" in (caught.value.hint or "")


def test_swapped_bytes_are_worse_news_than_missing_ones(fetch: Fetching) -> None:
    missing, data = make_wheel("five", "1")
    with serve_index({WHEEL: OTHER}) as server, pytest.raises(HashMismatchError):
        fetch(asking(server.url), planned(missing, data), planned(WHEEL, DATA))


def test_a_folder_of_find_links_serves_without_an_index(
    fetch: Fetching, tmp_path: Path
) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / WHEEL).write_bytes(DATA)
    links = [folder.as_uri(), (tmp_path / "missing").as_uri()]
    named = tuple(Setting(value=link, origin="PIP_FIND_LINKS") for link in links)
    (fetched,) = fetch(asking(find_links=named), planned(WHEEL, DATA))
    assert fetched.path == folder / WHEEL

    other, data = make_wheel("six", "2.0")
    with pytest.raises(FetchError, match=r"wheels \(PIP_FIND_LINKS\): it has no such"):
        fetch(asking(find_links=named), planned(other, data))
    with pytest.raises(HashMismatchError):
        fetch(asking(find_links=named), planned(WHEEL, OTHER))


def test_what_the_lock_spells_differently_is_copied_under_the_lock_s_name(
    fetch: Fetching, tmp_path: Path
) -> None:
    name, data = make_sdist("zope.event", "5.0")
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "zope.event-5.0.tar.gz").write_bytes(data)
    named = (Setting(value=folder.as_uri(), origin="x"),)
    (fetched,) = fetch(asking(find_links=named), planned(name, data))

    assert fetched.path == fetch.folder / name
    assert fetched.path.read_bytes() == data


def test_a_failure_of_the_receiver_ends_the_run(tmp_path: Path) -> None:
    wheels = dict(make_wheel(f"many{n}", "1") for n in range(3))

    def full(fetched: Fetched) -> None:
        raise FetchError(f"no room for {fetched.path.name}")

    with serve_index(wheels) as server:
        request = FetchRequest(
            packages=tuple(planned(n, d) for n, d in wheels.items()),
            target=LINUX,
            base=tmp_path,
        )
        client = IndexClient(asking(server.url), progress=Quiet())
        with pytest.raises(FetchError, match="no room for many"):
            client.fetch(request, into=tmp_path, on_file=full)


def test_the_public_default_is_a_library_s() -> None:
    assert public_default().startswith("https://")
