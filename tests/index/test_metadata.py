"""What a wheel asks for is read beside it or out of it, never with all of it."""

from __future__ import annotations

import io
import zipfile
from random import Random
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from noxlock.index import FetchRequest, ListedFile
from noxlock.index.client import IndexClient
from noxlock.report.progress import Quiet
from support.fetching import LINUX, asking, planned
from support.index_server import serve_index
from support.wheels import make_sdist, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.index.settings import IndexSettings
    from support.index_server import IndexServer, Options

Style: TypeAlias = Literal["html", "json"]
BULK = {f"demo/{n}.bin": Random(n).randbytes(1 << 20) for n in range(6)}  # noqa: S311 - cannot be compressed
WHEEL, BIG = make_wheel("demo", "1.0", BULK, requires=["six"])
SMALL = make_wheel("demo", "1.0", requires=["six"])[1]
BESIDE = b"Metadata-Version: 2.1\nName: demo\nRequires-Dist: other\n"


def client(settings: IndexSettings) -> IndexClient:
    """Return a real client."""
    return IndexClient(settings, progress=Quiet())


def listed(settings: IndexSettings, tmp_path: Path) -> tuple[ListedFile, ...]:
    """Return what an index lists of `demo`."""
    request = FetchRequest(packages=(planned(WHEEL, b""),), target=LINUX, base=tmp_path)
    return client(settings).listing(request)


def read(server: IndexServer, tmp_path: Path) -> bytes | None:
    """Return the METADATA of the one wheel."""
    settings = asking(server.url)
    files = listed(settings, tmp_path)
    found = client(settings).metadata(files)
    assert set(found) <= {file.url for file in files}
    return next(iter(found.values()), None)


def sent(server: IndexServer) -> list[str]:
    """Return the ranges that were asked for of the wheel."""
    asked = server.headers.get(f"/files/{WHEEL}", [])
    return [headers.get("range", "") for headers in asked]


def a_zip(members: dict[str, bytes], **options: Any) -> bytes:  # noqa: ANN401 - of ZipFile
    """Return an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("style", ["html", "json"])
@pytest.mark.parametrize("given", ["right", "none"])
def test_metadata_beside_the_wheel_are_taken(
    tmp_path: Path, style: Style, given: Literal["right", "none"]
) -> None:
    with serve_index(
        {WHEEL: BIG}, style=style, metadata={WHEEL: BESIDE}, metadata_hash=given
    ) as server:
        assert read(server, tmp_path) == BESIDE
        assert sent(server) == []


@pytest.mark.parametrize("style", ["html", "json"])
def test_others_than_the_page_says_are_not(tmp_path: Path, style: Style) -> None:
    with serve_index(
        {WHEEL: BIG}, style=style, metadata={WHEEL: BESIDE}, metadata_hash="wrong"
    ) as server:
        assert b"Requires-Dist: six" in (read(server, tmp_path) or b"")


def test_metadata_that_are_gone_are_read_out_of_the_wheel(tmp_path: Path) -> None:
    with serve_index(
        {WHEEL: BIG}, metadata={WHEEL: BESIDE}, lost=(f"{WHEEL}.metadata",)
    ) as server:
        assert b"Requires-Dist: six" in (read(server, tmp_path) or b"")


@pytest.mark.parametrize(
    ("style", "first"),
    [("html", "bytes=-65536"), ("json", f"bytes={len(BIG) - 65536}-")],
)
def test_only_the_end_of_a_large_wheel_is_fetched(
    tmp_path: Path, style: Style, first: str
) -> None:
    with serve_index({WHEEL: BIG}, style=style) as server:
        assert b"Requires-Dist: six" in (read(server, tmp_path) or b"")
        assert sent(server) == [first]


def test_metadata_at_the_front_of_a_wheel_cost_one_more_range(tmp_path: Path) -> None:
    front = {"demo-1.0.dist-info/METADATA": BESIDE, **BULK}
    with serve_index({WHEEL: a_zip(front)}) as server:
        assert read(server, tmp_path) == BESIDE
        assert len(sent(server)) == 2
        assert all(sent(server))


@pytest.mark.parametrize(
    "options",
    [
        {"ignore_range": True},
        {"wrong_range": True, "style": "json"},
        {"encode": True},
        {"lost": (WHEEL,)},
        {"cut_after": 10, "cuts": 99},
    ],
    ids=lambda options: next(iter(options)),
)
def test_a_server_without_ranges_is_not_asked_for_all_of_a_large_wheel(
    tmp_path: Path, options: Options
) -> None:
    with serve_index({WHEEL: BIG}, **options) as server:
        assert read(server, tmp_path) is None


def test_a_small_wheel_may_come_whole(tmp_path: Path) -> None:
    with serve_index({WHEEL: SMALL}, ignore_range=True) as server:
        assert b"Requires-Dist: six" in (read(server, tmp_path) or b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        a_zip({"demo/__init__.py": b""}),
        a_zip({"a.dist-info/METADATA": BESIDE, "b.dist-info/METADATA": BESIDE}),
        a_zip({"demo.dist-info/METADATA": bytes(5 << 20)}, compression=8),
        SMALL[:-30] + SMALL[-20:],
        a_zip({"demo.dist-info/METADATA": BESIDE}).replace(b"other", b"wrong"),
    ],
    ids=["empty", "no zip", "none", "two", "bomb", "cut", "checksum"],
)
def test_what_is_no_wheel_has_no_metadata(tmp_path: Path, data: bytes) -> None:
    with serve_index({WHEEL: data}) as server:
        assert read(server, tmp_path) is None
    (tmp_path / WHEEL).write_bytes(data)
    file = ListedFile(url=(tmp_path / WHEEL).as_uri(), filename=WHEEL, sha256=None)
    assert client(asking()).metadata([file]) == {}


def test_a_source_has_none(tmp_path: Path) -> None:
    name, data = make_sdist("demo", "1.0")
    with serve_index({name: data}, metadata={name: BESIDE}) as server:
        assert read(server, tmp_path) is None


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("<a href='{}' data-yanked>x</a>", (None, True, None)),
        ("<a data-yanked='why &gt; not' href='{}'>x</a>", (None, True, None)),
        ("<a href='{}' DATA-YANKED=\"\">x</a>", (None, True, None)),
        ("<a href='{}' data-requires-python='&gt;=3.8'>x</a>", (">=3.8", False, None)),
        ('<a href="{}" data-requires-python=">=3.8">x</a>', (">=3.8", False, None)),
        ("<a href='{}' data-requires-python=''>x</a>", (None, False, None)),
        ("<a href='{}' data-core-metadata='true'>x</a>", (None, False, "")),
        ("<a href='{}' data-core-metadata='false'>x</a>", (None, False, None)),
        ("<a href='{}' data-core-metadata=sha256=AB>x</a>", (None, False, "ab")),
        ("<a href='{}' data-core-metadata='md5=12'>x</a>", (None, False, "")),
        ("<a href='{}' title='data-yanked-not'>x</a>", (None, False, None)),
        ("<base href='/'><a href='{}' data-yanked=x>x</a>", (None, True, None)),
        (
            "<base href='/'><a href='{}' data-dist-info-metadata=sha256=AB>x</a>",
            (None, False, "ab"),
        ),
    ],
)
def test_what_html_says_of_a_file(
    tmp_path: Path, anchor: str, expected: tuple[str | None, bool, str | None]
) -> None:
    page = anchor.format(f"/files/{WHEEL}").encode()
    with serve_index({}, page=page) as server:
        (file,) = listed(asking(server.url), tmp_path)
    assert (file.requires_python, file.yanked, file.metadata) == expected
