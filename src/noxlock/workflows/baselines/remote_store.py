"""A store behind fsspec: S3, GCS, SSH, anything that it knows."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from noxlock.errors import CompareError
from noxlock.workflows.baselines.objects import appearing, file_digest
from noxlock.workflows.baselines.stores import object_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["RemoteStore"]

_EXTRAS: Final = {"s3": "s3", "s3a": "s3"}
"""Scheme to the extra of noxlock that brings its library."""
_PART: Final = 5 * 1024**2
"""S3, of each part but the last: "at least 5 MB in size"."""
_MOST: Final = 10_000 * _PART
"""Above, the library chooses the size of parts: there are at most 10,000."""
_WHOLE: Final[Mapping[str, Mapping[str, int]]] = {
    **{scheme: {"chunksize": _PART} for scheme in ("s3", "s3a")},
    **{scheme: {} for scheme in ("gcs", "gs", "abfs", "abfss", "az")},
}
"""Schemes where an object appears whole or not at all, with options of an upload."""
_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_CACHE: Final = "make room, or let NOXLOCK_CACHE_DIR name another folder"
_NO_LOGIN: Final = (
    "NoCredentials",
    "PartialCredentials",
    "CredentialRetrieval",
    "Token",
)
_UNREACHED: Final = (
    "EndpointConnection",
    "ConnectTimeout",
    "ReadTimeout",
    "ClientConnect",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteStore:
    """Objects in a file system of fsspec, downloaded ones in a cache."""

    url: str
    cache: Path
    environ: Mapping[str, str]

    def put(self, path: Path, sha256: str, size: int, /) -> None:
        """Upload the file at *path*; what is there already stays, if its size fits."""
        with self._asking("written"):
            system, place = self._system(sha256)
            if system.exists(place):
                # Not downloaded to be digested: `get` does that wherever it is used.
                self._check_size(system, place, sha256, size)
                return
            self._upload(system, path, place)
            self._check_size(system, place, sha256, size)

    def get(self, sha256: str, size: int, /) -> Path:
        """Return the object from the cache, where it is, else downloaded."""
        kept = self.cache / object_key(sha256)
        if kept.is_file():
            found = kept.stat()
            if found.st_size == size and file_digest(kept) == sha256:
                # Its last use, for cleaning; the other time is of what it holds.
                os.utime(kept, ns=(time.time_ns(), found.st_mtime_ns))
                return kept
            kept.unlink()
        try:
            with appearing(kept) as part:
                with self._asking("read"):
                    system, place = self._found(sha256, size)
                    self._download(system, place, part)
                if file_digest(part) != sha256:
                    raise _changed(self.url, sha256)
        except OSError as error:
            raise self._full(error) from error
        return kept

    def _download(self, system: Any, place: str, part: Path) -> None:  # noqa: ANN401 - untyped
        try:
            system.get_file(place, str(part))
        except OSError as error:
            if error.errno in _DISK:
                raise self._full(error) from error
            raise

    def _full(self, error: OSError) -> CompareError:
        what = f"the cache {self.cache} cannot be written: {error.strerror or error}"
        return CompareError(what, hint=_CACHE)

    def prove(self, sha256: str, size: int, /) -> None:
        """Check that it is there with its size; digested where no copy is kept here."""
        with self._asking("read"):
            self._found(sha256, size)
        self.get(sha256, size)

    def _found(self, sha256: str, size: int) -> tuple[Any, str]:
        """Return the file system and the object's place, where it is."""
        system, place = self._system(sha256)
        if not system.exists(place):
            raise CompareError(
                f"it is not in the store {self.url}: there is no {object_key(sha256)}",
                hint="bring it back, or record the baseline anew with --accept",
            )
        self._check_size(system, place, sha256, size)
        return system, place

    def _upload(self, system: Any, path: Path, place: str) -> None:  # noqa: ANN401 - untyped
        if self._scheme in _WHOLE:
            # No folder is made: on S3 that would make the bucket, which is the user's.
            options = _WHOLE[self._scheme] if path.stat().st_size < _MOST else {}
            system.put_file(str(path), place, **options)
            return
        parent = place.rpartition("/")[0]
        system.makedirs(parent, exist_ok=True)
        part = f"{parent}/.noxlock-{token_hex(8)}"
        system.put_file(str(path), part)
        system.mv(part, place)

    def _check_size(self, system: Any, place: str, sha256: str, size: int) -> None:  # noqa: ANN401 - untyped
        if system.info(place)["size"] != size:
            raise _changed(self.url, sha256)

    @property
    def _scheme(self) -> str:
        return self.url.partition(":")[0]

    def _system(self, sha256: str) -> tuple[Any, str]:
        """Return the file system, and the object's place in it."""
        # Where it is used, and without types.
        url_to_fs = import_module("fsspec.core").url_to_fs
        system, base = url_to_fs(self.url, use_listings_cache=False)
        return system, f"{base.rstrip('/')}/{object_key(sha256)}".lstrip("/")

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Say in one error why the store cannot be read, or written."""
        try:
            yield
        except CompareError:
            raise
        except ImportError as error:
            extra = _EXTRAS.get(self._scheme)
            hint = f"pip install 'noxlock[{extra}]'" if extra else str(error)
            raise CompareError(
                f"the store {self.url} needs a library that is not installed", hint=hint
            ) from error
        except Exception as error:  # each library has errors of its own
            raise self._failed(what, error) from error

    def _failed(self, what: str, error: Exception) -> CompareError:
        """Return what to say; the libraries' own errors are told by their names."""
        name = type(error).__name__
        hint = None
        if name.startswith(_NO_LOGIN):
            reason = "there are no credentials for it"
            hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        elif isinstance(error, PermissionError):
            reason = f"the credentials are refused: {error}"
        elif isinstance(error, ConnectionError | TimeoutError) or name.startswith(
            _UNREACHED
        ):
            reason = f"it cannot be reached: {error}"
            hint = "is there a network, and is the address right?"
        else:
            reason = str(error) or name
        return CompareError(
            f"the store {self.url} cannot be {what}: {reason}", hint=hint
        )


def _changed(url: str, sha256: str) -> CompareError:
    return CompareError(
        f"{object_key(sha256)} in the store {url} is not what was kept",
        hint="restore that object, or remove it and record the baseline anew",
    )
