"""A package index of one folder on 127.0.0.1, in a process of its own.

    python -m benchmarks.server FOLDER [STATIC]

Prints the address of its simple page, and serves until its stdin ends. Pages are HTML
or JSON, as the client likes; files go out by sendfile, each request in its own thread;
a wheel's metadata can be had alone (PEP 658), so that locking downloads nothing else.
The files of STATIC, a conda channel say, are at `/static/`, beside `/simple/`.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.loopback import LoopbackHandler, serving  # noqa: E402

_JSON = "application/vnd.pypi.simple.v1+json"


class _Handler(LoopbackHandler):
    disable_nagle_algorithm = True  # a body must not wait for the head's confirmation
    folder: ClassVar[Path]
    static: ClassVar[Path | None] = None
    digests: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:  # noqa: N802 - its name
        path = unquote(self.path.partition("?")[0]).strip("/")
        kind, _, name = path.partition("/")
        if kind == "static":
            self._static(name)
        elif kind == "files" and name.removesuffix(".metadata") in self.digests:
            self._file(name)
        elif kind == "simple" and (found := self._of(name)):
            self._page(name, found)
        else:
            self._head(404, "text/plain", 0)

    do_HEAD = do_GET  # noqa: N815 - its name

    def _of(self, project: str) -> list[str]:
        return [file for file in self.digests if _project(file) == project]

    def _page(self, project: str, names: list[str]) -> None:
        if _JSON in self.headers.get("Accept", ""):
            files = [
                {
                    "filename": name,
                    "url": f"/files/{quote(name)}",
                    "hashes": {"sha256": self.digests[name]},
                    "core-metadata": True,
                    "size": (self.folder / name).stat().st_size,
                }
                for name in names
            ]
            meta = {"api-version": "1.1"}
            page = {"meta": meta, "name": project, "files": files, "versions": []}
            self._send(json.dumps(page).encode(), _JSON)
            return
        links = [
            f'<a href="/files/{quote(name)}#sha256={self.digests[name]}"'
            f' data-core-metadata="true">{name}</a><br>'
            for name in names
        ]
        text = "\n".join(["<!DOCTYPE html><html><body>", *links, "</body></html>"])
        self._send(text.encode(), "text/html")

    def _file(self, name: str) -> None:
        if name.endswith(".metadata"):
            wheel = self.folder / name.removesuffix(".metadata")
            with zipfile.ZipFile(wheel) as archive:
                (member,) = [
                    each
                    for each in archive.namelist()
                    if re.fullmatch(r"[^/]+\.dist-info/METADATA", each)
                ]
                self._send(archive.read(member), "text/plain")
            return
        self._raw(self.folder / name)

    def _static(self, name: str) -> None:
        path = self.static / name if self.static and ".." not in name else None
        if path and path.is_file():
            self._raw(path)
        else:
            self._head(404, "text/plain", 0)

    def _raw(self, path: Path) -> None:
        self._head(200, "application/octet-stream", path.stat().st_size)
        if self.command == "GET":
            with path.open("rb") as file:
                self.connection.sendfile(file)

    def _send(self, body: bytes, kind: str) -> None:
        self._head(200, kind, len(body))
        if self.command == "GET":
            self.wfile.write(body)

    def _head(self, status: int, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()


def _project(file: str) -> str:
    return re.sub(r"[-_.]+", "-", file.partition("-")[0]).lower()


def main(folder: str, static: str = "") -> None:
    """Serve until nobody wants it any more."""
    _Handler.folder = Path(folder)
    _Handler.static = Path(static) if static else None
    for path in sorted(_Handler.folder.iterdir()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        _Handler.digests[path.name] = digest.hexdigest()
    with serving(_Handler) as address:
        print(f"{address}/simple/", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
