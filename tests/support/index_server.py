"""A real package index on 127.0.0.1, which can misbehave in every way that we meet.

with serve_index({"six-1.0-py3-none-any.whl": data}, style="json") as server:
    fetch(server.url)  # http://127.0.0.1:PORT/simple/
    assert server.requests["/files/six-1.0-py3-none-any.whl"] == 1
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import ssl
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack
from urllib.parse import quote, unquote

from packaging.utils import canonicalize_name

from support.loopback import LoopbackHandler, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["IndexServer", "Options", "serve_index"]


class Options(TypedDict, total=False):
    """How the index behaves; each may be left out."""

    style: Literal["html", "json"]
    """The simple API that it speaks; html if left out."""
    login: tuple[str, str]
    """User and password that every request must bring, else 401."""
    fail_first: int
    """How many requests of each path fail before one succeeds."""
    fail_status: int
    """With what; 503 if left out."""
    retry_after: str
    """The Retry-After header of those failures."""
    cut_after: int
    """The connection breaks after so many bytes of a file's body ..."""
    cuts: int
    """... for the first so many answers of each file; 1 if left out."""
    ignore_range: bool
    """Answer a Range request with the whole file."""
    wrong_range: bool
    """Answer a Range request with another range than was asked for."""
    wrong_bytes: tuple[str, ...]
    """Files whose first byte is another than their hash on the page says."""
    page_hash: Literal["right", "wrong", "none"]
    """The hash that pages give; right if left out."""
    lost: tuple[str, ...]
    """Files that pages list but that are gone (404)."""
    encode: bool
    """Send files with Content-Encoding gzip, though nobody asked."""
    relative: bool
    """Whether pages link relative to themselves; true if left out."""
    gzip: bool
    """Whether pages are compressed."""
    content_type: str
    """What pages say they are, whatever they are."""
    page: bytes
    """What every page holds, instead of links."""
    redirect: bool
    """Whether pages stand behind a redirect."""
    stall: float
    """Seconds of silence before a file's second half."""
    yanked: tuple[str, ...]
    """Files that pages call yanked."""
    requires_python: Mapping[str, str]
    """What pages say so of files."""
    metadata: Mapping[str, bytes]
    """What lies beside files, as PEP 658 has it."""
    metadata_hash: Literal["right", "wrong", "none"]
    """The hash of those that pages give; right if left out."""
    tls: tuple[Path, Path]
    """Certificate and key: the server speaks https."""


@dataclass(kw_only=True)
class IndexServer:
    """A running index. `files` may be changed while it runs."""

    files: dict[str, bytes]
    options: Options
    url: str = ""
    """The simple page: http://127.0.0.1:PORT/simple/."""
    requests: Counter[str] = field(default_factory=Counter)
    """How often each path was asked for: `/simple/six/`, `/files/NAME`."""
    headers: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """What each request of a path brought, lower-case names."""

    def file_url(self, filename: str) -> str:
        """Return the address of a file, as pages give it."""
        return self.url.removesuffix("simple/") + "files/" + quote(filename)


@contextmanager
def serve_index(
    files: Mapping[str, bytes], **options: Unpack[Options]
) -> Iterator[IndexServer]:
    """Serve *files*, by name, until the block ends.

    A wheel's or sdist's name decides which project's page lists it.
    """
    index = IndexServer(files=dict(files), options=options)

    class Handler(_Handler):
        server_index = index

    tls: ssl.SSLContext | None = None
    if certificate := options.get("tls"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate)
    with serving(Handler, tls=tls) as address:
        index.url = f"{address}/simple/"
        yield index


class _Handler(LoopbackHandler):
    server_index: IndexServer

    @property
    def options(self) -> Options:
        return self.server_index.options

    def do_GET(self) -> None:  # noqa: N802 - its name
        path = unquote(self.path.partition("?")[0])
        index, options = self.server_index, self.options
        index.requests[path] += 1
        said = {key.lower(): value for key, value in self.headers.items()}
        index.headers.setdefault(path, []).append(said)
        if not self._may_enter():
            wanted = {"WWW-Authenticate": 'Basic realm="index"'}
            self._answer(401, b"", wanted)
        elif index.requests[path] <= options.get("fail_first", 0):
            after = options.get("retry_after")
            headers = {"Retry-After": after} if after else {}
            self._answer(options.get("fail_status", 503), b"", headers)
        elif path.startswith("/files/"):
            self._file(path.removeprefix("/files/"))
        elif options.get("redirect") and not path.startswith("/moved/"):
            self._answer(301, b"", {"Location": "/moved" + path})
        else:
            self._page(path.removeprefix("/moved").removeprefix("/simple").strip("/"))

    def _may_enter(self) -> bool:
        if "login" not in self.options:
            return True
        login = ":".join(self.options["login"]).encode()
        wanted = f"Basic {base64.b64encode(login).decode()}"
        return self.headers.get("Authorization") == wanted

    def _page(self, project: str) -> None:
        files = self.server_index.files
        names = [name for name in files if project in {"", _project(name)}]
        if not names and "page" not in self.options:
            self._answer(404, b"no such project", {})
            return
        json_style = self.options.get("style") == "json"
        kind = "application/vnd.pypi.simple.v1+json" if json_style else "text/html"
        body = _json(self, project, names) if json_style else _html(self, names)
        body = self.options.get("page", body)
        headers = {"Content-Type": self.options.get("content_type", kind)}
        if self.options.get("gzip"):
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        self._answer(200, body, headers)

    def _file(self, name: str) -> None:
        options = self.options
        beside = options.get("metadata", {}).get(name.removesuffix(".metadata"))
        stored = self.server_index.files.get(name)
        body = beside if name.endswith(".metadata") else stored
        if body is None or name in options.get("lost", ()):
            self._answer(404, b"gone", {})
            return
        if name in options.get("wrong_bytes", ()):
            body = bytes([body[0] ^ 1]) + body[1:]
        headers = {"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}
        if options.get("encode"):
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        status, body = self._range(body, headers)
        seen = self.server_index.requests["/files/" + name]
        cut = seen <= options.get("cuts", 1) and "cut_after" in options
        self._answer(status, body, headers, cut=cut)

    def _range(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        asked = self.headers.get("Range", "")
        condition = self.headers.get("If-Range", headers["ETag"])
        if not asked or condition != headers["ETag"]:
            return 200, body
        if self.options.get("ignore_range"):
            return 200, body
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(body) - int(last))
        start += int(self.options.get("wrong_range", False))
        end = min(int(last), len(body) - 1) if first and last else len(body) - 1
        if start >= len(body):
            return 416, b""
        headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return 206, body[start : end + 1]

    def _answer(
        self, status: int, body: bytes, headers: Mapping[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cut:
            self.wfile.write(body[: self.options["cut_after"]])
            self.close_connection = True
            return
        half = len(body) // 2
        self.wfile.write(body[:half])
        if stall := self.options.get("stall") if self.path.startswith("/f") else None:
            self.wfile.flush()
            time.sleep(stall)
        self.wfile.write(body[half:])


def _project(filename: str) -> str:
    stem = filename.removesuffix(".zip").removesuffix(".tar.gz")
    wheel = filename.endswith(".whl")
    return canonicalize_name(stem.split("-")[0] if wheel else stem.rpartition("-")[0])


def _link(handler: _Handler, name: str) -> str:
    index = handler.server_index
    if index.options.get("relative", True):
        return "/files/" + quote(name)
    return index.file_url(name)


def _digest(handler: _Handler, name: str) -> str | None:
    match handler.options.get("page_hash", "right"):
        case "none":
            return None
        case "wrong":
            return "0" * 64
        case _:
            return hashlib.sha256(handler.server_index.files[name]).hexdigest()


def _beside(handler: _Handler, name: str) -> dict[str, str] | bool:
    data = handler.options.get("metadata", {}).get(name)
    match handler.options.get("metadata_hash", "right"):
        case "right" if data is not None:
            return {"sha256": hashlib.sha256(data).hexdigest()}
        case "wrong" if data is not None:
            return {"sha256": "0" * 64}
        case _:
            return data is not None


def _attributes(handler: _Handler, name: str) -> str:
    options = handler.options
    said = ""
    if python := options.get("requires_python", {}).get(name):
        said += f' data-requires-python="{html.escape(python)}"'
    if name in options.get("yanked", ()):
        said += " data-yanked"
    beside = _beside(handler, name)
    if isinstance(beside, dict):
        said += f" data-core-metadata='sha256={beside['sha256']}'"
    elif beside:
        said += " data-dist-info-metadata=true"
    return said


def _html(handler: _Handler, names: list[str]) -> bytes:
    lines = []
    for name in names:
        digest = _digest(handler, name)
        link = _link(handler, name) + (f"#sha256={digest}" if digest else "")
        said = _attributes(handler, name)
        lines.append(f'<a href="{html.escape(link)}"{said}>{html.escape(name)}</a><br>')
    return "\n".join(["<!DOCTYPE html><html><body>", *lines, "</body></html>"]).encode()


def _json(handler: _Handler, project: str, names: list[str]) -> bytes:
    files = []
    for name in names:
        digest = _digest(handler, name)
        files.append(
            {
                "filename": name,
                "url": _link(handler, name),
                "hashes": {"sha256": digest} if digest else {},
                "size": len(handler.server_index.files[name]),
                "yanked": name in handler.options.get("yanked", ()),
                "core-metadata": _beside(handler, name),
                "requires-python": handler.options.get("requires_python", {}).get(name),
            }
        )
    page = {"meta": {"api-version": "1.1"}, "name": project, "files": files}
    return json.dumps(page).encode()
