"""The part of the store that makes environments out of wheels."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import DecodeError, msgpack

from noxlock.store._manifest import (
    Checking,
    Entry,
    WheelEntry,
    absent,
    read_entry,
    read_seal,
    touch_entry,
)
from noxlock.store._place import Manner, Placer
from noxlock.store._sources import Sources
from noxlock.store.memo import Memo, memo_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.model import Interpreter, Sha256
    from noxlock.store import LinkedWheel, Recycled
    from noxlock.store._recipe import Recipe

__all__ = ["Making"]


class Making(Sources):
    """Links wheels that are stored already into environments."""

    root: Path
    _placer: Placer
    _checking: Checking

    def link(
        self,
        wheels: Sequence[LinkedWheel],
        prefix: Path,
        interpreter: Interpreter,
        /,
        *,
        recycled: Recycled | None = None,
    ) -> dict[str, tuple[int, int]]:
        """Install stored wheels into the virtual environment at *prefix*.

        Every stored file is checked before it is placed. Where two wheels hold the same
        file, the later one has it, as with pip.

        Args:
            wheels: What is to be there.
            prefix: The environment.
            interpreter: What runs it.
            recycled: What an older environment left there; None: nothing.

        Returns:
            Size and mtime in nanoseconds of all that it put there but bytecode, by its
            path relative to *prefix*; nothing where that has to be looked at.

        Raises:
            StoreError: A wheel is not stored or damaged, or *prefix* is not writable.
        """
        if not wheels:
            return {}
        from noxlock.store._install import (  # noqa: PLC0415 - not where one is kept
            carry_out,
        )

        with self.places.using(f"link into `{prefix}`", hint=""):
            recipe, key, new = self._recipe(wheels, interpreter)
            manner = Manner(
                mode=self._placer.between(self.places.wheel(wheels[0].sha256), prefix),
                quick=self._checking is Checking.QUICK,
            )
            placed = carry_out(recipe, prefix, interpreter, manner, recycled)
            if new:
                Memo(self.root).put(key, msgpack.encode(recipe))
            return placed if self._is_as_told(prefix) else {}

    def _is_as_told(self, prefix: Path) -> bool:
        """Return whether files linked to *prefix* have the names and times they should.

        Times that were off cannot be put right in a store that is only read; and where
        upper case is no other name than lower case, two files may be one.
        """
        folded = (prefix / "PYVENV.CFG").exists()
        return os.access(self.root, os.W_OK) and not folded

    def recipe(
        self, wheels: Sequence[LinkedWheel], interpreter: Interpreter, /
    ) -> Recipe:
        """Return what `link` did with *wheels*.

        Raises:
            StoreError: One of them is not stored any more.
        """
        return self._recipe(wheels, interpreter)[0]

    def _recipe(
        self, wheels: Sequence[LinkedWheel], interpreter: Interpreter
    ) -> tuple[Recipe, str, bool]:
        """Return what there is to do, its key, and whether it is to be kept yet."""
        from noxlock.store._recipe import (  # noqa: PLC0415 - as above
            Recipe,
            RecipeBuilder,
        )

        target, facts = interpreter.target, []
        for one in wheels:
            folders = (
                self.places.wheel(one.sha256),
                self.places.bytecode(one.sha256, interpreter),
            )
            if not touch_entry(folders[0]):
                raise absent(one.sha256)
            touch_entry(folders[1])
            facts.append((one.sha256, *map(read_seal, folders), one.direct_url))
        here = (str(self.root), target.subdir, target.python_minor, str(interpreter))
        memo, key = Memo(self.root), memo_key("recipe", here, facts)
        if (kept := memo.get(key)) is not None:
            with suppress(DecodeError):
                return msgpack.decode(kept, type=Recipe), key, False
        builder = RecipeBuilder(interpreter)
        for one in wheels:
            folder = self.places.bytecode(one.sha256, interpreter)
            bytecode = read_entry(folder, Entry)
            builder.add(
                (self.places.wheel(one.sha256), self._wheel(one.sha256)),
                None if bytecode is None else (folder, bytecode),
                one.direct_url,
            )
        return builder.recipe(), key, True

    def _wheel(self, sha256: Sha256) -> WheelEntry:
        entry = read_entry(self.places.wheel(sha256), WheelEntry)
        if entry is None:
            raise absent(sha256)
        return entry
