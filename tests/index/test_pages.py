"""Pages as indexes write them, well and badly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import FetchError
from noxlock.index.settings import Setting
from support.fetching import Fetching, asking, digest, planned
from support.index_server import serve_index
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

WHEEL, DATA = make_wheel("six", "1.0")
PACKAGE = planned(WHEEL, DATA)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (b"[", "not what PEP 691 describes: JSONDecodeError"),
        (b"[]", "not what PEP 691 describes: TypeError"),
        (b"{}", "not what PEP 691 describes: KeyError"),
        (b'{"files": [1]}', "not what PEP 691 describes: AttributeError"),
        (b'{"files": [{"filename": "a"}]}', "not what PEP 691 describes: KeyError"),
        (b'{"files": [{"url": "x"}]}', "not what PEP 691 describes: KeyError"),
        (b"\xff\xfe\xfd", "not what PEP 691 describes: UnicodeDecodeError"),
    ],
)
def test_a_broken_json_page_is_an_error(
    fetch: Fetching, page: bytes, message: str
) -> None:
    with (
        serve_index({}, style="json", page=page) as server,
        pytest.raises(FetchError, match=message),
    ):
        fetch(asking(server.url), PACKAGE)


@pytest.mark.parametrize(
    "content_type",
    ["text/html; charset=latin-1", "text/html; charset=no-such", "TEXT/HTML"],
)
def test_any_charset_of_an_html_page_is_read(
    fetch: Fetching, content_type: str
) -> None:
    page = f"<p>\xe9</p><a>no address</a><a href='/files/{WHEEL}'>x</a>".encode(
        "latin-1"
    )
    with serve_index(
        {WHEEL: DATA}, page=page, content_type=content_type, redirect=True
    ) as server:
        (fetched,) = fetch(asking(server.url), PACKAGE)

    assert fetched.url == server.file_url(WHEEL)


@pytest.mark.parametrize(
    "page",
    [
        "<a href='{}'>x</a>",
        "<A class=x\n HREF = '{}#md5=0&amp;sha256={digest}'>x</A><a\nhref='other'>",
        "<a data-requires-python='>=3' data-href='no' href='{}'>x</a>",
        "<a href={}>unquoted</a>",
        "<base href='/elsewhere/'><a href='..{}'>x</a>",
        "<!-- <a href='{}'>x</a> --><a href='{}'>x</a>",
        "<a name='top'></a><a href='{}'>x</a><abbr href='y'>",
        "<a href='{quoted}?a=1&amp;b=2#sha256={digest}'>x</a>",
    ],
)
def test_links_are_read_however_they_are_written(fetch: Fetching, page: str) -> None:
    path = f"/files/{WHEEL}"
    text = page.format(path, path, digest=digest(DATA), quoted=path.replace("-", "%2D"))
    with serve_index({WHEEL: DATA}, page=text.encode()) as server:
        (fetched,) = fetch(asking(server.url), PACKAGE)

    assert fetched.path.read_bytes() == DATA
    assert set(server.requests) == {"/simple/six/", path}


def test_what_is_no_page_is_an_error(fetch: Fetching) -> None:
    with (
        serve_index({WHEEL: DATA}, content_type="text/plain") as server,
        pytest.raises(FetchError, match="`text/plain`, not an index page") as caught,
    ):
        fetch(asking(server.url), PACKAGE)

    assert "simple pages" in (caught.value.hint or "")


def test_an_address_on_a_page_that_is_none_is_an_error(fetch: Fetching) -> None:
    with (
        serve_index({}, page=b"<a href='http://[x/'>x</a>") as server,
        pytest.raises(FetchError, match="page cannot be read"),
    ):
        fetch(asking(server.url), PACKAGE)


@pytest.mark.parametrize("style", ["html", "json"])
def test_a_page_of_the_network_may_not_name_files_of_this_machine(
    fetch: Fetching, tmp_path: Path, style: str
) -> None:
    (tmp_path / WHEEL).write_bytes(DATA)
    url = (tmp_path / WHEEL).as_uri()
    page = f"<a href='{url}'>{WHEEL}</a>"
    if style == "json":
        page = json.dumps({"files": [{"filename": WHEEL, "url": url}]})
    with (
        serve_index({}, page=page.encode(), style=style) as server,  # type: ignore[arg-type]  # a parameter
        pytest.raises(FetchError, match="it has no such file"),
    ):
        fetch(asking(server.url), PACKAGE)


def test_a_tree_of_simple_pages_on_disk_is_an_index(
    fetch: Fetching, tmp_path: Path
) -> None:
    tree = tmp_path / "simple"
    (tree / "six").mkdir(parents=True)
    (tree / "six" / "index.html").write_text(f"<a href='../../files/{WHEEL}'>x</a>")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / WHEEL).write_bytes(DATA)
    (fetched,) = fetch(asking((tmp_path / "no").as_uri(), tree.as_uri()), PACKAGE)
    assert fetched.path == tmp_path / "files" / WHEEL

    plain, data = make_wheel("plain", "1")
    (tree / "plain" / "sub").mkdir(parents=True)
    (tree / "plain" / plain).write_bytes(data)
    (fetched,) = fetch(asking(tree.as_uri()), planned(plain, data))
    assert fetched.path == tree / "plain" / plain


def test_find_links_are_folders_pages_and_files(
    fetch: Fetching, tmp_path: Path
) -> None:
    wheels = [make_wheel(name, "1") for name in ("a", "b", "c", "d", "e")]
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in wheels[:3]:
        (tmp_path / name).write_bytes(data)
    (folder / wheels[3][0]).write_bytes(wheels[3][1])
    (folder / "more.html").write_text(f"<a href='../{wheels[0][0]}'>x</a>")
    (tmp_path / "page.html").write_text(
        f"<a href='{wheels[1][0]}#sha256={digest(wheels[1][1]).upper()}'>x</a>"
    )
    local = [folder, tmp_path / "page.html", tmp_path / wheels[2][0]]
    with serve_index(dict(wheels[4:])) as server:
        urls = [path.as_uri() for path in local]
        urls += [server.url, server.file_url(wheels[4][0])]
        links = tuple(Setting(value=url, origin="x") for url in urls)
        packages = [planned(name, data) for name, data in wheels]
        files = fetch(asking(find_links=links), *packages)

    assert [f.package.name for f in files] == ["a", "b", "c", "d", "e"]
    assert server.requests["/simple/"] <= 1


def test_a_find_links_file_is_one_file(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}) as server:
        links = (Setting(value=server.file_url(WHEEL), origin="x"),)
        fetch(asking(find_links=links), PACKAGE)

    assert list(server.requests) == [f"/files/{WHEEL}"]


def test_a_page_on_disk_that_cannot_be_read_is_an_error(
    fetch: Fetching, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "odd.html").mkdir()
    links = (Setting(value=(tmp_path / "folder").as_uri(), origin="x"),)

    with pytest.raises(FetchError, match="cannot be read: Is a directory"):
        fetch(asking(find_links=links), PACKAGE)


def test_a_dead_index_is_asked_once_not_once_a_package(fetch: Fetching) -> None:
    with serve_index({}) as gone:
        pass
    wheels = dict(make_wheel(f"many{n}", "1") for n in range(12))
    with serve_index(wheels) as server:
        fetch(
            asking(gone.url, server.url, retries=1),
            *(planned(n, d) for n, d in wheels.items()),
        )

    assert len(fetch.watch.said) == 1
