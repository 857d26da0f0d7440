"""Digests as locks write them; of all algorithms only SHA-256 counts."""

from __future__ import annotations

import re
from typing import Final

from noxlock.errors import LockError
from noxlock.locks._text import RELOCK
from noxlock.model import Sha256

__all__ = ["digest", "hash_option"]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# What pip takes besides: strong, but not what a store is keyed by.
_OTHERS: Final = frozenset(("sha384", "sha512"))


def digest(text: str) -> Sha256:
    """Return the SHA-256 digest *text*, in lower case, or raise `LockError`."""
    if not _SHA256.fullmatch(text.lower()):
        raise LockError(
            f"`{text}` is not a SHA-256 digest: 64 hex digits",
            hint=RELOCK,
        )
    return Sha256(text.lower())


def hash_option(text: str) -> Sha256 | None:
    """Return the digest of `algorithm:digest`; None where it is sha384 or sha512.

    Raises:
        LockError: It has another form, or names an algorithm that pins nothing.
    """
    algorithm, separator, value = text.partition(":")
    if not separator:
        raise LockError(
            f"hash `{text}` does not name its algorithm",
            hint="write `--hash=sha256:` and 64 hex digits",
        )
    if algorithm == "sha256":
        return digest(value)
    if algorithm in _OTHERS:
        return None
    raise LockError(
        f"hash algorithm `{algorithm}` is not supported, only sha256",
        hint="lock again with SHA-256 hashes",
    )
