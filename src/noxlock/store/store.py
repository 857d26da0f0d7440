"""The store itself: what goes in, what comes out."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from msgspec import DecodeError, msgpack

from noxlock.store._manifest import (
    Checking,
    Entry,
    WheelEntry,
    absent,
    read_entry,
    read_seal,
    touch_entry,
    write_entry,
)
from noxlock.store._place import Manner, Placer
from noxlock.store._places import FILES, Places, disk_errors
from noxlock.store._settings import read_settings
from noxlock.store._sources import Sources, require_digest
from noxlock.store.memo import Memo, memo_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from noxlock.model import Interpreter, Sha256
    from noxlock.store import LinkedWheel, Recycled
    from noxlock.store._extractors import Extractors
    from noxlock.store._recipe import Recipe
    from noxlock.store.reports import GcReport, StoreInfo, VerifyReport

__all__ = ["Store"]

_BLOCK = 1 << 20


class Store(Sources):
    """A store on disk; implements `StoreProtocol`.

    Safe for many processes and threads at once. Against a loss of power there is no
    guard but the check of every file before it is linked.
    """

    def __init__(self, root: Path, *, environ: Mapping[str, str] | None = None) -> None:
        """Open the store at *root*; nothing is made before something goes in.

        Args:
            root: Its folder.
            environ: Where `NOXLOCK_LINK_MODE` (auto, clone, hardlink, copy) and
                `NOXLOCK_VERIFY` (full, quick) are read from; None: the process's own.
        """
        settings = read_settings(os.environ if environ is None else environ)
        self.root = root
        self.places = Places(root)
        self._placer = Placer(settings.mode)
        self._checking = settings.checking
        self._guard = threading.Lock()
        self._holders = 0
        self._extractors: Extractors | None = None

    @contextmanager
    def hold(self) -> Iterator[Self]:
        """Keep `gc` away while several steps belong together."""
        with self._guard:
            self._holders += 1
        try:
            with self.places.using("use the store"):
                yield self
        finally:
            with self._guard:
                self._holders -= 1
                ended = None if self._holders else self._extractors
                if ended:
                    self._extractors = None
            if ended:
                ended.close()

    def _unpacker(self) -> Extractors:
        """Return the processes that unpack; they end when nobody holds the store."""
        from noxlock.store._extractors import Extractors  # noqa: PLC0415 - as below

        with self._guard:
            self._extractors = self._extractors or Extractors()
            return self._extractors

    def downloads(self) -> Path:
        """Return the folder for files on their way in; it is made."""
        with disk_errors("make the download folder"):
            self.places.downloads.mkdir(parents=True, exist_ok=True)
        return self.places.downloads

    def has_wheel(self, sha256: Sha256, /) -> bool:
        """Return whether the wheel with this digest is stored, unpacked."""
        return touch_entry(self.places.wheel(sha256))

    def add_wheel(self, wheel: Path, sha256: Sha256, /) -> None:
        """Unpack *wheel* into the store.

        Raises:
            HashMismatchError: Its bytes are not those of *sha256*.
            StoreError: It is no sound wheel, or the store cannot be written.
        """
        if self.has_wheel(sha256):
            return
        from noxlock.store._unpack import unpack  # noqa: PLC0415 - not for warm runs

        with (
            self.hold(),
            self.places.using(f"store `{wheel.name}`"),
            wheel.open("rb") as archive,
        ):
            require_digest(archive, wheel, sha256)
            with self.places.staging() as staged:
                entry = staged / sha256
                (entry / FILES).mkdir(parents=True)
                held = unpack(archive, wheel.name, entry, self._unpacker())
                write_entry(entry, held)
                self.places.publish(entry, self.places.wheel(sha256))

    def metadata(self, sha256: Sha256, /) -> bytes | None:
        """Return METADATA of the stored wheel, not checked against edits, or None."""
        entry = self.places.wheel(sha256)
        with suppress(OSError):
            if held := read_entry(entry, WheelEntry):
                return (entry / FILES / held.dist_info / "METADATA").read_bytes()
        return None

    def uncompiled(
        self, wheels: Sequence[Sha256], interpreter: Interpreter, /
    ) -> tuple[Sha256, ...]:
        """Return which of the wheels have no bytecode for *interpreter* yet."""
        return tuple(
            sha256
            for sha256 in dict.fromkeys(wheels)
            if not touch_entry(self.places.bytecode(sha256, interpreter))
        )

    def compile(self, wheels: Sequence[Sha256], interpreter: Interpreter, /) -> None:
        """Compile the wheels' bytecode, once an interpreter; skips what is done.

        Raises:
            StoreError: A wheel is not stored or damaged, or the interpreter failed.
        """
        missing = self.uncompiled(wheels, interpreter)
        if not missing:
            return
        from noxlock.store._bytecode import (  # noqa: PLC0415 - not for warm runs
            compile_sources,
            sources,
            write_bytecode,
        )

        with self.places.using("store bytecode"), self.places.staging() as staged:
            work = {}
            for sha256 in missing:
                entry, folder = self._wheel(sha256), self.places.wheel(sha256)
                found = sources(folder, entry, staged / sha256, interpreter)
                work[sha256] = (entry, found)
            found_all = [found for _, found in work.values()]
            done = compile_sources(found_all, interpreter, staged)
            for sha256, (entry, found) in work.items():
                write_bytecode(staged / sha256, found, done, entry.filename)
                place = self.places.bytecode(sha256, interpreter)
                self.places.publish(staged / sha256, place)

    def compile_later(
        self, wheels: Sequence[Sha256], interpreter: Interpreter, /
    ) -> None:
        """Start a process that compiles what of the wheels is not compiled yet."""
        from noxlock.store.compiling import compile_later  # noqa: PLC0415 - as above

        missing = self.uncompiled(wheels, interpreter)
        if missing:
            order = sorted(missing, key=lambda sha256: self.sources_size([sha256]))
            compile_later(self.root, order, interpreter)

    def sources_size(self, wheels: Sequence[Sha256], /) -> int:
        """Return how many bytes of modules the wheels hold."""
        return sum(
            file.size
            for sha256 in wheels
            for file in self._wheel(sha256).files
            if file.path.endswith(".py")
        )

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
            placed, marks = carry_out(recipe, prefix, interpreter, manner, recycled)
            if marks or new:
                kept = msgpack.encode(recipe.marked(marks))
                Memo(self.root).put(key, kept)
            return placed if self._is_as_told(prefix) else {}

    def _is_as_told(self, prefix: Path) -> bool:
        """Return whether files linked to *prefix* have the names and times they should.

        Times that were off cannot be put right in a store that is only read; and where
        upper case is no other name than lower case, two files may be one.
        """
        folded = (prefix / "PYVENV.CFG").exists()
        return os.access(self.root, os.W_OK) and not folded

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

    def info(self) -> StoreInfo:
        """Return what the store holds, bucket by bucket."""
        from noxlock.store.upkeep import store_info  # noqa: PLC0415 - as above

        return store_info(self.places)

    def gc(
        self, *, days: float = 30, everything: bool = False, dry_run: bool = False
    ) -> GcReport:
        """Remove, or count, what no run used for *days*, and what killed runs left.

        Raises:
            StoreError: Another run uses the store, or it cannot be written.
        """
        from noxlock.store.upkeep import collect_garbage  # noqa: PLC0415 - as above

        options = {"everything": everything, "dry_run": dry_run}
        return collect_garbage(self.places, days=days, **options)

    def verify(self, *, repair: bool = False) -> VerifyReport:
        """Hash every stored file again; with *repair*, remove what is damaged.

        Raises:
            StoreError: On repair, another run uses the store.
        """
        from noxlock.store.upkeep import verify_store  # noqa: PLC0415 - as above

        return verify_store(self.places, repair=repair)

    def _wheel(self, sha256: Sha256) -> WheelEntry:
        entry = read_entry(self.places.wheel(sha256), WheelEntry)
        if entry is None:
            raise absent(sha256)
        return entry
