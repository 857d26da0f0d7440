"""Digests that are quick to check again, noted when the slow ones were right."""

from __future__ import annotations

import hashlib
import marshal
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import DecodeError, ValidationError, msgpack

from noxlock.store._crew import run_crew
from noxlock.store.memo import memo_key

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.store._worker import Damage, Group, Marks
    from noxlock.store.memo import Memo

__all__ = ["marked", "run_again"]


def marked(groups: list[Group], marks: Marks) -> list[Group]:
    """Return *groups* with the digests that are new: the next check is by them.

    They are of the bytes that had the SHA-256 which the entry says; whoever can write
    where they are kept can write both.
    """
    found = list(groups)
    for index, digests in marks.items():
        number, source, target, files = groups[index]
        pairs = zip(files, digests, strict=True)
        known = [(file[0], digest, *file[2:]) for file, digest in pairs]
        found[index] = (number, source, target, known)
    return found


def run_again(
    memo: Memo,
    mode: str,
    groups: list[Group],
    *,
    quick: bool,
    prefix: Path | None = None,
) -> Damage:
    """Do what `run_crew` does, by the digests that were noted the last time.

    Args:
        memo: Where they are noted.
        mode: As there, and the others.
        groups: Likewise.
        quick: Likewise.
        prefix: Likewise.
    """
    key = memo_key("marks", hashlib.sha256(marshal.dumps(groups)).hexdigest())
    if not quick and (kept := memo.get(key)) is not None:
        with suppress(DecodeError, ValidationError, ValueError, IndexError):
            known = msgpack.decode(kept, type=dict[int, list[str]])
            groups = marked(groups, known)
    damage, marks = run_crew(mode, groups, quick=quick, prefix=prefix)
    if marks and not damage:
        memo.put(key, msgpack.encode(marks))
    return damage
