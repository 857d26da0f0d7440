"""One file onto this disk: resumed, hashed while it comes, renamed when it is whole."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from noxlock.errors import FetchError
from noxlock.index._http import AccessError, TransientError
from noxlock.index.addresses import local_path
from noxlock.model import Sha256

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from httpx2 import Response

    from noxlock.index._http import Connection
    from noxlock.index._search import Candidate

__all__ = ["Downloads", "WrongBytesError"]

_CHUNK: Final = 1 << 20
_PARTIAL, _UNSATISFIABLE = 206, 416
_MD5: Final = 32
"""Characters of an MD5 digest."""


class WrongBytesError(Exception):
    """The bytes are whole, but none of those that may come."""

    def __init__(self, actual: Sha256) -> None:
        super().__init__(actual)
        self.actual = actual


class Downloads:
    """Takes files from where they were found.

    Args:
        connection: For what is not on this disk.
        into: Existing folder.
        count: Told the bytes that came, from any thread.
        has: Whether the caller has a file already: then its path leads nowhere.
    """

    def __init__(
        self,
        connection: Connection,
        into: Path,
        count: Callable[[int], None],
        has: Callable[[Sha256], bool] | None = None,
    ) -> None:
        self._connection = connection
        self._into = into
        self._count = count
        self._has = has

    def take(self, candidate: Candidate, accepted: Set[Sha256]) -> tuple[Path, Sha256]:
        """Return the path of the file, and its sha256: one of *accepted*.

        Of what has an MD5 digest only, *accepted* holds that one.

        Raises:
            AccessError: It cannot be had from there.
            WrongBytesError: It is another file.
            FetchError: It cannot be written.
        """
        name = candidate.filename
        if name in {"", ".", ".."} or "/" in name or "\\" in name:
            raise FetchError(f"`{name}` is not a file name")
        known = Sha256(candidate.sha256) if candidate.sha256 else None
        if known and known in accepted and self._has and self._has(known):
            self._count(candidate.size or 0)
            return self._into / name, known
        path = local_path(candidate.url)
        if path is not None:
            return self._local(path, name, accepted)
        final = self._into / name
        try:
            # What another run is done with may vanish at any time.
            with suppress(FileNotFoundError):
                size, digests = final.stat().st_size, _digests(final, accepted)
                if not accepted.isdisjoint(digests):
                    self._count(size)
                    return final, digests[0]
            return self._remote(candidate, final, accepted)
        except OSError as error:
            raise _unwritable(error, final) from error

    def _local(
        self, path: Path, name: str, accepted: Set[Sha256]
    ) -> tuple[Path, Sha256]:
        try:
            digests = _digests(path, accepted)
        except OSError as error:
            raise AccessError(f"it cannot be read: {error.strerror}") from error
        digest = digests[0]
        if accepted.isdisjoint(digests):
            raise WrongBytesError(digests[-1])
        self._count(path.stat().st_size)
        if path.name == name:
            return path, digest
        try:
            return Path(shutil.copyfile(path, self._into / name)), digest
        except OSError as error:
            raise _unwritable(error, self._into / name) from error

    def _remote(
        self, candidate: Candidate, final: Path, accepted: Set[Sha256]
    ) -> tuple[Path, Sha256]:
        key = candidate.sha256 or hashlib.sha256(candidate.url.encode()).hexdigest()
        path = final.with_name(f"{final.name}.{key[:16]}.part")
        part = _Part(path, self._count, weak=_is_weak(accepted))
        try:
            while accepted.isdisjoint(part.digests()):
                fresh = self._connection.patiently(
                    lambda: self._request(candidate.url, part, accepted)
                )
                digests = part.digests()
                if not accepted.isdisjoint(digests):
                    break
                part.restart()
                if fresh:
                    part.discard()
                    raise WrongBytesError(digests[-1])
            return final, part.become(final)
        finally:
            part.close()

    def _request(self, url: str, part: _Part, accepted: Set[Sha256]) -> bool:
        """Return whether the bytes are all from one answer, as the server has them."""
        # As pip does: the file's own bytes, never those of a compressed transfer.
        headers = {"Accept-Encoding": "identity"}
        start = part.size
        if start:
            headers["Range"] = f"bytes={start}-"
            if part.etag:
                headers["If-Range"] = part.etag
        try:
            with self._connection.stream(url, headers) as response:
                resumed = _resumes(response, start)
                if not resumed:
                    _refuse_elsewhere(response, part)
                    part.restart()
                    start = 0
                part.etag = _strong(response.headers.get("ETag"))
                encoded = response.headers.get("Content-Encoding", "identity")
                plain = encoded == "identity" or not part.decode
                for chunk in response.iter_raw() if plain else response.iter_bytes():
                    self._connection.check()
                    part.write(chunk)
        except TransientError as error:
            error.gained = max(0, part.size - start)
            raise
        if encoded != "identity" and not part.decode:
            part.decode = accepted.isdisjoint(part.digests())
            return not (part.decode or resumed)
        return not resumed


def _resumes(response: Response, start: int) -> bool:
    said = response.headers.get("Content-Range", "")
    return response.status_code == _PARTIAL and said.startswith(f"bytes {start}-")


def _refuse_elsewhere(response: Response, part: _Part) -> None:
    # RFC 9110, 15.3.7: another range than was asked for may come.
    if response.status_code in {_PARTIAL, _UNSATISFIABLE}:
        part.restart()
        raise TransientError(AccessError("it answers with another range"), delay=0)


def _strong(etag: str | None) -> str | None:
    # RFC 9110, 13.1.5: If-Range takes no weak validator.
    return etag if etag and not etag.startswith("W/") else None


class _Part:
    """An unfinished file, and the digest of what is there of it."""

    def __init__(self, path: Path, count: Callable[[int], None], *, weak: bool) -> None:
        self.path, self._file = _claim(path)
        self._hash = _Hash(weak=weak)
        self._count = count
        self._counted = 0
        self.size = 0
        self.etag: str | None = None
        self.decode = False
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            self._hash.update(chunk)
            self._add(len(chunk))

    def digests(self) -> tuple[Sha256, ...]:
        return self._hash.digests()

    def _add(self, size: int) -> None:
        # Bytes that come a second time are not counted again.
        self.size += size
        if self.size > self._counted:
            self._count(self.size - self._counted)
            self._counted = self.size

    def write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._hash.update(chunk)
        self._add(len(chunk))

    def restart(self) -> None:
        self._file.truncate(0)
        self._file.seek(0)
        self._hash = _Hash(weak=self._hash.weak)
        self.size = 0
        self.etag = None

    def become(self, final: Path) -> Sha256:
        if sys.platform == "win32":
            self.close()
        self.path.replace(final)
        return self.digests()[0]

    def discard(self) -> None:
        with suppress(OSError):
            self.path.unlink()

    def close(self) -> None:
        self._file.close()


def _claim(path: Path) -> tuple[Path, IO[bytes]]:
    """Open *path* for this run alone; another name where another run has it."""
    base, others = path, count(1)
    while True:
        file = path.open("a+b", buffering=0)
        if sys.platform == "win32":
            return path, file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return path, file
        except BlockingIOError:
            path = base.with_suffix(f".{os.getpid()}-{next(others)}.part")
        except FileNotFoundError:
            pass  # the other run has just finished it
        file.close()


class _Hash:
    """SHA-256, and MD5 besides where the lock has nothing better."""

    def __init__(self, *, weak: bool) -> None:
        self.weak = weak
        self._hashes = [hashlib.sha256()]
        if weak:
            self._hashes.append(hashlib.md5(usedforsecurity=False))

    def update(self, chunk: bytes) -> None:
        for one in self._hashes:
            one.update(chunk)

    def digests(self) -> tuple[Sha256, ...]:
        """Return the SHA-256 digest, then the MD5 one if any."""
        return tuple(Sha256(one.hexdigest()) for one in self._hashes)


def _is_weak(accepted: Set[Sha256]) -> bool:
    return any(len(digest) == _MD5 for digest in accepted)


def _digests(path: Path, accepted: Set[Sha256]) -> tuple[Sha256, ...]:
    digest = _Hash(weak=_is_weak(accepted))
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digests()


def _unwritable(error: OSError, path: Path) -> FetchError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return FetchError(
        f"`{path.name}` cannot be written to {path.parent}: {error.strerror}",
        hint="make room; what has come so far is kept and resumed" if full else None,
    )
