"""A conda server on 127.0.0.1, which can misbehave in every way that we meet.

    with serve_channel(channels.root, cut=("numpy-*",)) as server:
        server.channel("main")  # http://127.0.0.1:PORT/main
        server.options["cut"] = ()  # well again; options may change at any time
        assert server.requests["/main/noarch/repodata.json.zst"] == 1
        assert server.total == 0  # no request at all, HEAD included

Patterns are of fnmatch, for the file's name: `numpy-*`, `*.conda`, `repodata*`.
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, TypedDict, Unpack
from urllib.parse import unquote

from support.loopback import LoopbackHandler, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["ChannelServer", "Options", "serve_channel"]


class Options(TypedDict, total=False):
    """How the server misbehaves; each may be left out."""

    swap: Mapping[str, bytes]
    """Files by pattern that hold these bytes instead."""
    wrong_bytes: tuple[str, ...]
    """Files whose middle byte is another, the length being right."""
    cut: tuple[str, ...]
    """Files whose connection breaks half way, at each request."""
    cuts: int
    """... for the first so many requests of each path alone."""
    lost: tuple[str, ...]
    """Files that are gone: 404."""
    failing: tuple[str, ...]
    """Files that give 503."""
    slow: tuple[str, ...]
    """Files that keep one waiting half way for `delay` seconds."""
    delay: float
    """0.2 if left out."""
    gone_after: int
    """After so many requests in all, connections break without an answer."""
    login: tuple[str, str]
    """User and password that every request must bring, else 401."""


@dataclass(kw_only=True)
class ChannelServer:
    """A running server."""

    folder: Path
    """Holds the channels; its files may change while it runs."""
    options: Options
    url: str = ""
    """http://127.0.0.1:PORT, without a last slash."""
    requests: Counter[str] = field(default_factory=Counter)
    """How often each path was asked for, by GET."""
    total: int = 0
    """All requests, HEAD and those without an answer included."""
    log: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and status of each answer."""

    def channel(self, name: str) -> str:
        """Return the address of a channel."""
        return f"{self.url}/{name}"

    def forget(self) -> None:
        """Count from 0 again."""
        self.requests.clear()
        self.log.clear()
        self.total = 0

    def packages(self) -> list[str]:
        """Return the paths of packages that were asked for by GET."""
        ends = (".conda", ".tar.bz2")
        return [path for path in self.requests.elements() if path.endswith(ends)]


@contextmanager
def serve_channel(folder: Path, **options: Unpack[Options]) -> Iterator[ChannelServer]:
    """Serve the files of *folder* until the block ends."""
    served = ChannelServer(folder=folder, options=options)

    class Handler(_Handler):
        channel_server = served

    with serving(Handler) as served.url:
        yield served


class _Handler(LoopbackHandler):
    channel_server: ChannelServer

    def do_HEAD(self) -> None:  # noqa: N802 - its name
        self._serve()

    def do_GET(self) -> None:  # noqa: N802 - its name
        self._serve()

    def _serve(self) -> None:
        server, options = self.channel_server, self.channel_server.options
        path = unquote(self.path.partition("?")[0])
        server.total += 1
        if "gone_after" in options and server.total > options["gone_after"]:
            self.close_connection = True
            return
        server.requests[path] += self.command == "GET"
        name = path.rpartition("/")[2]
        target = (server.folder / path.lstrip("/")).resolve()
        if not self._may_enter():
            self._answer(path, 401, b"", {"WWW-Authenticate": 'Basic realm="c"'})
        elif _matches(name, options.get("failing")):
            self._answer(path, 503, b"not now", {})
        elif _matches(name, options.get("lost")) or not target.is_file():
            self._answer(path, 404, b"gone", {})
        elif not target.is_relative_to(server.folder.resolve()):
            self._answer(path, 403, b"outside", {})
        else:
            self._answer(path, 200, self._body(name, target), {}, wrong=True)

    def _may_enter(self) -> bool:
        login = self.channel_server.options.get("login")
        if login is None:
            return True
        wanted = base64.b64encode(":".join(login).encode()).decode()
        return self.headers.get("Authorization") == f"Basic {wanted}"

    def _body(self, name: str, target: Path) -> bytes:
        options = self.channel_server.options
        for pattern, data in options.get("swap", {}).items():
            if fnmatch(name, pattern):
                return data
        body = target.read_bytes()
        if _matches(name, options.get("wrong_bytes")):
            half = len(body) // 2
            body = body[:half] + bytes([body[half] ^ 1]) + body[half + 1 :]
        return body

    def _answer(
        self,
        path: str,
        status: int,
        body: bytes,
        headers: Mapping[str, str],
        *,
        wrong: bool = False,
    ) -> None:
        server, options = self.channel_server, self.channel_server.options
        server.log.append((self.command, path, status))
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        name, half = path.rpartition("/")[2], len(body) // 2
        self.wfile.write(body[:half])
        seen = server.requests[path] <= options.get("cuts", server.requests[path])
        if wrong and seen and _matches(name, options.get("cut")):
            self.close_connection = True
            return
        if wrong and _matches(name, options.get("slow")):
            self.wfile.flush()
            time.sleep(options.get("delay", 0.2))
        self.wfile.write(body[half:])


def _matches(name: str, patterns: tuple[str, ...] | None) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns or ())
