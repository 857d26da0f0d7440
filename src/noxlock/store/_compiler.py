"""Compile sources to bytecode; runs alone in any CPython from 3.8 on.

A job comes as JSON on stdin, its result goes as JSON to stdout. Run with `-I -S -W
ignore`, so that neither the environment nor a warning changes what is compiled.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import marshal
import os
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["main"]


def compiled(source: bytes, name: str, mtime: int) -> bytes | None:
    """Return the bytes of a `.pyc` checked by time and size, or None."""
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
        body = marshal.dumps(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        # Templates, tests of syntax errors, Python 2: Python will not import them.
        return None
    # PEP 552: magic number, flags 0, then modification time and size of the source.
    head = struct.pack("<III", 0, mtime, len(source) & 0xFFFFFFFF)
    return importlib.util.MAGIC_NUMBER + head + body


def digest_text(data: bytes) -> str:
    """Return a SHA-256 as RECORD writes it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return digest.decode("ascii").rstrip("=")


def run(job: dict[str, Any]) -> dict[str, object]:
    """Compile the files of a job; the result has a file or a word for each."""
    results: list[object] = []
    for source, digest, target, name in job["files"]:
        with open(source, "rb") as stream:  # noqa: PTH123
            data = stream.read()
        if digest_text(data) != digest:
            results.append("changed")
            continue
        bytecode = compiled(data, name, job["mtime"])
        if bytecode is None:
            results.append("invalid")
            continue
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(target, flags, 0o444), "wb") as stream:  # noqa: PTH123
            stream.write(bytecode)
        os.utime(target, (job["mtime"], job["mtime"]))
        results.append([digest_text(bytecode), len(bytecode)])
    return {"magic": importlib.util.MAGIC_NUMBER.hex(), "results": results}


def main() -> None:
    """Read a job, do it, say what came of it."""
    json.dump(run(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
