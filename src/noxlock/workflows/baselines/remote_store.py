"""A store behind fsspec: S3, GCS, SSH, anything that it knows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
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
_IN_PLACE: Final = frozenset(
    {"s3", "s3a", "gcs", "gs", "abfs", "abfss", "az", "memory"}
)
"""Schemes where an object appears whole; S3: "never adds partial objects"."""


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
                self._check_size(system, place, sha256, size)
                return
            self._upload(system, path, place)
            self._check_size(system, place, sha256, size)

    def get(self, sha256: str, size: int, /) -> Path:
        """Return the object from the cache, where it is, else downloaded."""
        kept = self.cache / object_key(sha256)
        if kept.is_file():
            if kept.stat().st_size == size and file_digest(kept) == sha256:
                return kept
            kept.unlink()
        with self._asking("read"):
            system, place = self._system(sha256)
            if not system.exists(place):
                raise CompareError(
                    f"it is not in the store {self.url}: there is no"
                    f" {object_key(sha256)}",
                    hint="bring it back, or record the baseline anew with --accept",
                )
            self._check_size(system, place, sha256, size)
            with appearing(kept) as part:
                system.get_file(place, str(part))
                if file_digest(part) != sha256:
                    raise _changed(self.url, sha256)
        return kept

    def _upload(self, system: Any, path: Path, place: str) -> None:  # noqa: ANN401 - untyped
        parent = place.rpartition("/")[0]
        system.makedirs(parent, exist_ok=True)
        if self._scheme in _IN_PLACE:
            system.put_file(str(path), place)
            return
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
        from fsspec.core import (  # type: ignore[import-untyped]  # noqa: PLC0415 - it has no types, and is used here only
            url_to_fs,
        )

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
        return CompareError(f"the store {self.url} cannot be {what}: {error}")


def _changed(url: str, sha256: str) -> CompareError:
    return CompareError(
        f"{object_key(sha256)} in the store {url} is not what was kept",
        hint="restore that object, or remove it and record the baseline anew",
    )
