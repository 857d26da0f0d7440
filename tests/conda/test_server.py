"""The server that other tests rely on misbehaves as it is told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from support.conda_channel import small_package, write_channel
from support.conda_server import serve_channel

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "/main/noarch/thing-1.0-h_0.conda"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_channel(tmp_path / "main", [small_package("thing", "1.0")])
    return tmp_path


def test_files_are_served_and_counted(folder: Path) -> None:
    with serve_channel(folder) as server:
        answer = httpx2.get(server.url + PACKAGE)
        assert answer.content == (folder / PACKAGE[1:]).read_bytes()
        assert httpx2.head(server.channel("main") + "/noarch/repodata.json").is_success
        assert httpx2.get(server.url + "/../etc/passwd").status_code == 404
        assert httpx2.get(server.url + "/%2e%2e/%2e%2e").status_code == 404
        assert server.requests[PACKAGE] == 1
        assert server.packages() == [PACKAGE]
        assert server.total == 4
        assert server.log[1] == ("HEAD", "/main/noarch/repodata.json", 200)
        server.forget()
        assert server.total == 0


def test_bytes_may_be_others(folder: Path) -> None:
    right = (folder / PACKAGE[1:]).read_bytes()
    with serve_channel(folder, swap={"thing-*": b"other"}) as server:
        assert httpx2.get(server.url + PACKAGE).content == b"other"
        server.options["swap"] = {}
        server.options["wrong_bytes"] = ("*.conda",)
        wrong = httpx2.get(server.url + PACKAGE).content
        assert len(wrong) == len(right)
        assert wrong != right


def test_connections_may_break(folder: Path) -> None:
    with serve_channel(folder, cut=("thing-*",), cuts=1) as server:
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(server.url + PACKAGE)
        assert httpx2.get(server.url + PACKAGE).is_success
        server.options["gone_after"] = 3
        assert httpx2.get(server.url + PACKAGE).is_success
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(server.url + PACKAGE)
        assert server.requests[PACKAGE] == 3
        assert server.total == 4


@pytest.mark.parametrize(("option", "status"), [("lost", 404), ("failing", 503)])
def test_files_may_be_refused(folder: Path, option: str, status: int) -> None:
    with serve_channel(folder) as server:
        server.options.update({option: ("*.conda",)})  # type: ignore[misc]
        assert httpx2.get(server.url + PACKAGE).status_code == status
        assert httpx2.get(server.url + "/main/noarch/repodata.json").is_success


def test_answers_may_be_slow(folder: Path) -> None:
    with serve_channel(folder, slow=("thing-*",), delay=0.1) as server:
        start = time.monotonic()
        assert httpx2.get(server.url + PACKAGE).is_success
        assert time.monotonic() - start >= 0.1


def test_a_login_may_be_wanted(folder: Path) -> None:
    with serve_channel(folder, login=("ann", "secret")) as server:
        assert httpx2.get(server.url + PACKAGE).status_code == 401
        answer = httpx2.get(server.url + PACKAGE, auth=("ann", "secret"))
        assert answer.is_success
