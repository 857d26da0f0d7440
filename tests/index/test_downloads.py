"""Downloads go on where they broke, start over where they must, and leave no half."""

from __future__ import annotations

import errno
import os
import resource
import time
from typing import TYPE_CHECKING, Any

import pytest

from noxlock.errors import FetchError, HashMismatchError
from noxlock.index.settings import IndexSettings, Setting
from support.fetching import Fetching, asking, digest, planned
from support.index_server import serve_index

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "big-1.0-py3-none-any.whl"
DATA = os.urandom(300_000)
PATH = f"/files/{WHEEL}"


def part(data: bytes = DATA) -> str:
    return f"{WHEEL}.{digest(data)[:16]}.part"


def test_a_broken_download_goes_on_where_it_broke(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}, cut_after=100_000) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path.read_bytes() == DATA
    first, second = server.headers[PATH]
    assert "range" not in first
    assert second["range"] == "bytes=100000-"
    assert second["if-range"].startswith('"')
    assert fetch.watch.counted == len(DATA)


def test_what_an_earlier_run_left_is_resumed(fetch: Fetching) -> None:
    (fetch.folder / part()).write_bytes(DATA[:200_000])
    with serve_index({WHEEL: DATA}) as server:
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert server.headers[PATH][0]["range"] == "bytes=200000-"
    assert fetch.left() == [WHEEL]


def test_what_an_earlier_run_finished_is_not_asked_for_again(fetch: Fetching) -> None:
    (fetch.folder / part()).write_bytes(DATA)
    with serve_index({WHEEL: DATA}, style="json") as server:
        fetch(asking(server.url), planned(WHEEL, DATA))
        assert fetch.left() == [WHEEL]
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert PATH not in server.requests
    assert fetch.watch.counted == 2 * len(DATA)


def test_a_finished_file_with_other_bytes_is_replaced(fetch: Fetching) -> None:
    (fetch.folder / WHEEL).write_bytes(b"another")
    with serve_index({WHEEL: DATA}) as server:
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert (fetch.folder / WHEEL).read_bytes() == DATA


@pytest.mark.parametrize("left", [1, 65_536, 299_999])
@pytest.mark.parametrize("cut", [1, 65_536, 299_999])
def test_wherever_it_breaks_the_bytes_are_whole(
    fetch: Fetching, left: int, cut: int
) -> None:
    (fetch.folder / part()).write_bytes(DATA[:left])
    with serve_index({WHEEL: DATA}, cut_after=cut, cuts=1) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path.read_bytes() == DATA
    assert fetch.left() == [WHEEL]


@pytest.mark.parametrize("option", ["ignore_range", "wrong_range"])
def test_a_server_that_cannot_resume_makes_it_start_over(
    fetch: Fetching, option: str
) -> None:
    options: dict[str, Any] = {option: True}
    with serve_index({WHEEL: DATA}, cut_after=100_000, **options) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path.read_bytes() == DATA
    assert fetch.watch.counted == len(DATA)


@pytest.mark.parametrize("size", [1000, 300_000, 400_000])
def test_a_part_of_another_file_is_thrown_away_once(fetch: Fetching, size: int) -> None:
    (fetch.folder / part()).write_bytes(b"x" * size)
    with serve_index({WHEEL: DATA}) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path.read_bytes() == DATA
    assert server.requests[PATH] == 2
    assert "range" not in server.headers[PATH][1]


def test_wrong_bytes_after_a_resume_are_refused_in_the_end(fetch: Fetching) -> None:
    (fetch.folder / part()).write_bytes(DATA[:1000])
    with (
        serve_index({WHEEL: DATA}, wrong_bytes=(WHEEL,), ignore_range=True) as server,
        pytest.raises(HashMismatchError),
    ):
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetch.left() == []


def test_a_file_that_came_compressed_for_no_reason_is_unpacked(
    fetch: Fetching,
) -> None:
    with serve_index({WHEEL: DATA}, encode=True) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path.read_bytes() == DATA


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(fetch: Fetching, status: int) -> None:
    with serve_index({WHEEL: DATA}, fail_first=2, fail_status=status) as server:
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert server.requests[PATH] == 3


@pytest.mark.parametrize("after", ["1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_server_may_say_when_to_come_again(fetch: Fetching, after: str) -> None:
    began = time.monotonic()
    with serve_index({WHEEL: DATA}, fail_first=1, retry_after=after) as server:
        settings = asking(server.url)
        fetch(settings, planned(WHEEL, DATA, url=server.file_url(WHEEL)))

    assert (time.monotonic() - began >= 1) is (after == "1")


def test_a_lasting_failure_is_an_error(fetch: Fetching) -> None:
    with (
        serve_index({WHEEL: DATA}, fail_first=9) as server,
        pytest.raises(FetchError, match=r"HTTP 503 .* \(tried 3 times\)"),
    ):
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert server.requests["/simple/big/"] == 3


def test_a_file_that_breaks_every_time_keeps_what_came(fetch: Fetching) -> None:
    with (
        serve_index({WHEEL: DATA}, cut_after=10_000, cuts=9) as server,
        pytest.raises(FetchError, match="tried 3 times"),
    ):
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetch.left() == [part()]
    assert (fetch.folder / part()).read_bytes() == DATA[:30_000]


def test_long_downloads_may_break_often(fetch: Fetching) -> None:
    data = os.urandom(6 << 20)
    with serve_index({WHEEL: data}, cut_after=(1 << 20) + 1, cuts=9) as server:
        (fetched,) = fetch(asking(server.url), planned(WHEEL, data))

    assert fetched.path.read_bytes() == data
    assert server.requests[PATH] > 3


def test_silence_is_an_error_after_the_timeout(fetch: Fetching) -> None:
    with (
        serve_index({WHEEL: DATA}, stall=1.0) as server,
        pytest.raises(FetchError, match="it did not answer in time"),
    ):
        fetch(
            asking(server.url, timeout=0.1, retries=0),
            planned(WHEEL, DATA, url=server.file_url(WHEEL)),
        )


def test_the_first_failure_ends_the_others_soon(fetch: Fetching) -> None:
    other = "other-1.0-py3-none-any.whl"
    with serve_index({WHEEL: DATA}, stall=7.0) as slow, serve_index({}) as empty:
        began = time.monotonic()
        with pytest.raises(FetchError, match="HTTP 404"):
            fetch(
                asking(empty.url, timeout=6.0),
                planned(WHEEL, DATA, url=slow.file_url(WHEEL)),
                *(planned(f"{n}{other}", DATA) for n in range(3)),
                planned(other, DATA, url=empty.file_url(other)),
            )
        assert time.monotonic() - began < 4


def test_a_stalled_download_does_not_hold_a_failed_run(fetch: Fetching) -> None:
    other = "other-1.0-py3-none-any.whl"
    with (
        serve_index({WHEEL: DATA}, stall=7.0) as slow,
        serve_index({other: DATA}, fail_first=9) as failing,
    ):
        began = time.monotonic()
        with pytest.raises(FetchError, match="HTTP 503"):
            fetch(
                asking(timeout=5.0, retries=1, backoff=0.3),
                planned(WHEEL, DATA, url=slow.file_url(WHEEL)),
                planned(other, DATA, url=failing.file_url(other)),
            )
        assert time.monotonic() - began < 4


def test_many_files_survive_an_index_that_fails_and_breaks(fetch: Fetching) -> None:
    files = {f"d{n}-1.0-py3-none-any.whl": os.urandom(70_000) for n in range(30)}
    with serve_index(files, fail_first=1, cut_after=30_000, cuts=2) as server:
        found = fetch(asking(server.url), *(planned(n, d) for n, d in files.items()))

    assert {f.path.name: f.path.read_bytes() for f in found} == files
    assert fetch.left() == sorted(files)


def test_a_full_disk_is_an_error_that_keeps_what_is_good(fetch: Fetching) -> None:
    kept = fetch.folder / "kept-1.0.whl"
    kept.write_bytes(b"good")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serve_index({WHEEL: DATA}) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(FetchError) as caught:
                fetch(asking(server.url), planned(WHEEL, DATA))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        assert f"`{WHEEL}` cannot be written" in str(caught.value)
        assert os.strerror(errno.EFBIG) in str(caught.value)
        assert "make room" in (caught.value.hint or "")
        assert fetch.left() == [part(), kept.name]
        (fetched,) = fetch(asking(server.url), planned(WHEEL, DATA))

    assert fetched.path.read_bytes() == DATA


def test_a_folder_that_cannot_be_written_is_an_error(
    fetch: Fetching, tmp_path: Path
) -> None:
    fetch.folder = tmp_path / "missing"
    with (
        serve_index({WHEEL: DATA}) as server,
        pytest.raises(FetchError, match=r"cannot be written .*No such file"),
    ):
        fetch(asking(server.url), planned(WHEEL, DATA))


def test_a_renamed_local_file_that_cannot_be_copied_is_an_error(
    fetch: Fetching, tmp_path: Path
) -> None:
    (tmp_path / "zope.event-5.0.tar.gz").write_bytes(DATA)
    fetch.folder = tmp_path / "missing"
    links = (Setting(value=tmp_path.as_uri(), origin="x"),)
    with pytest.raises(FetchError, match="cannot be written"):
        fetch(
            asking(find_links=links),
            planned("zope_event-5.0.tar.gz", DATA),
        )


def test_a_part_in_use_by_another_run_is_left_alone(fetch: Fetching) -> None:
    import fcntl  # noqa: PLC0415 - not on every platform

    theirs = fetch.folder / part()
    with theirs.open("ab") as file, serve_index({WHEEL: DATA}) as server:
        file.write(DATA[:10])
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        fetch(asking(server.url), planned(WHEEL, DATA))

    assert theirs.read_bytes() == DATA[:10]
    assert fetch.left() == [WHEEL, part()]


def test_one_file_may_be_asked_for_many_times_at_once(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}, stall=0.05) as server:
        files = fetch(asking(server.url), *[planned(WHEEL, DATA)] * 6)

    assert {file.path.read_bytes() for file in files} == {DATA}
    assert fetch.left() == [WHEEL]


@pytest.mark.parametrize("name", ["../evil-1.0-py3-none-any.whl", "a\\b-1.whl"])
def test_a_name_that_leaves_the_folder_is_refused(fetch: Fetching, name: str) -> None:
    with pytest.raises(FetchError, match="is not a file name"):
        fetch(asking(), planned(name, DATA, url="http://127.0.0.1:9/x"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://127.0.0.1/x", "ftp://"),
        ("http://127.0.0.1:notaport/x", "Invalid port"),
    ],
)
def test_an_address_that_cannot_be_asked_is_an_error(
    fetch: Fetching, url: str, message: str
) -> None:
    with pytest.raises(FetchError, match=message):
        fetch(asking(), planned(WHEEL, DATA, url=url))


def test_settings_say_how_patient_a_client_is() -> None:
    assert (IndexSettings().timeout, IndexSettings().retries) == (15.0, 4)
