"""Compile sources to bytecode; runs alone in any CPython from 3.8 on.

A job comes as JSON on stdin, its result goes as JSON to stdout. Run with `-s -S -W
ignore` and PYTHONHASHSEED=0: neither the environment, nor a warning, nor the order of
a set may change what is written.
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


def read(path: str) -> bytes:
    """Return the content of a file."""
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read()


def write(file: list[str], mtime: int) -> object:
    """Compile one file; returns its size, or the word why there is nothing."""
    source, digest, target, name = file
    data = read(source)
    if digest_text(data) != digest:
        return "changed"
    bytecode = compiled(data, name, mtime)
    if bytecode is None:
        return "invalid"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(target, flags, 0o444), "wb") as stream:  # noqa: PTH123
        stream.write(bytecode)
    os.utime(target, (mtime, mtime))
    return len(bytecode)


def apart(files: list[list[str]], mtime: int) -> list[object]:
    """Compile files in a child of their own; returns what `write` does for each.

    marshal writes down which objects someone else refers to, and so what was compiled
    before: the child gives every share the same past. What crashes the compiler is
    found by giving each file of its share a child, and is invalid.
    """
    if not hasattr(os, "fork"):
        return [write(file, mtime) for file in files]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover # it ends before coverage could write
        try:
            results = [write(file, mtime) for file in files]
            with open(writer, "w") as stream:  # noqa: PTH123
                json.dump(results, stream)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 # nothing may leave the child
            os.write(2, f"{error}\n".encode())
        os._exit(1)
    os.close(writer)
    with open(reader) as stream:  # noqa: PTH123
        text = stream.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return rescued(files, mtime)
    if status:
        sys.exit(1)
    return list(json.loads(text))


def rescued(files: list[list[str]], mtime: int) -> list[object]:
    """Compile the files of a share whose child crashed, one by one."""
    if len(files) == 1:
        return ["invalid"]
    for file in files:
        if os.path.exists(file[2]):  # noqa: PTH110
            os.unlink(file[2])  # noqa: PTH108
    return [result for file in files for result in apart([file], mtime)]


def run(job: dict[str, Any]) -> dict[str, object]:
    """Compile the shares of a job."""
    results = [apart(files, job["mtime"]) for files in job["shares"]]
    return {"magic": importlib.util.MAGIC_NUMBER.hex(), "results": results}


def main() -> None:
    """Read a job, do it, say what came of it."""
    json.dump(run(json.loads(sys.stdin.buffer.read())), sys.stdout)


if __name__ == "__main__":  # pragma: no cover
    main()
