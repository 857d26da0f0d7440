"""Environments that are kept as they were made, at their own prefix."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import DecodeError, msgpack
from msgspec.structs import replace

from noxlock.store._groups import renumbered
from noxlock.store._imprint import Imprint, restore, take
from noxlock.store._manifest import Checking, touch_entry
from noxlock.store._place import LinkMode
from noxlock.store._settings import read_settings
from noxlock.store.memo import Memo, memo_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.store._recipe import Recipe
    from noxlock.store._worker import Group
    from noxlock.store.wheels import Recycled

__all__ = ["Imprint", "Imprints"]


class Imprints:
    """What was made at each prefix: one imprint for each.

    Args:
        root: Folder of the store.
        environ: Where `NOXLOCK_VERIFY` is read from.
    """

    def __init__(self, root: Path, *, environ: Mapping[str, str] | None = None) -> None:
        settings = read_settings(os.environ if environ is None else environ)
        self._checking = settings.checking
        self._memo = Memo(root)

    def take(
        self,
        prefix: Path,
        mode: LinkMode,
        contents: tuple[Sequence[tuple[str, str]], Sequence[Group]],
        recipe: Recipe | None,
    ) -> Imprint | None:
        """Return the imprint of the environment that was just made at *prefix*.

        Args:
            prefix: Where it is.
            mode: How its files came out of the store. Copies and clones tell nothing
                of where they come from: of those there is no imprint, nor on
                Windows, where what is open cannot be moved.
            contents: What the conda packages hold (`CondaStore.contents`).
            recipe: How wheels came on top; None: there are none.

        Raises:
            OSError: Something cannot be read.
        """
        if mode is not LinkMode.HARDLINK or os.name == "nt":
            return None
        named, groups = contents
        if recipe is not None:
            groups = [*groups, *renumbered(recipe.groups, len(named))]
            named = [*named, *recipe.entries]
        return take(prefix, named, groups)

    def keep(self, prefix: Path, imprint: Imprint, note: bytes) -> None:
        """Keep *imprint* for the next time, with a note."""
        noted = replace(imprint, note=note)
        self._memo.put(_key(prefix), msgpack.encode(noted))

    def of(self, prefix: Path) -> Imprint | None:
        """Return the imprint of what was made last at *prefix*, if one is kept."""
        with suppress(DecodeError):
            if (kept := self._memo.get(_key(prefix))) is not None:
                return msgpack.decode(kept, type=Imprint)
        return None

    def restore(self, imprint: Imprint, prefix: Path, recycled: Recycled) -> bool:
        """Make of what is at *prefix* what it was; False: it has to be made anew.

        Raises:
            StoreError: A stored file is damaged.
        """
        folders = [Path(folder) for folder, _ in imprint.entries[:-1]]
        there = [touch_entry(folder) for folder in folders]
        if not all(there):
            return False
        quick = self._checking is Checking.QUICK
        return restore(imprint, prefix, recycled, quick=quick)


def _key(prefix: Path) -> str:
    return memo_key("imprint", str(prefix))
