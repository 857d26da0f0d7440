"""The store itself: what goes in, what comes out."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from noxlock.store._making import Making
from noxlock.store._manifest import (
    WheelEntry,
    read_entry,
    touch_entry,
    write_entry,
)
from noxlock.store._place import Placer
from noxlock.store._places import FILES, Places, disk_errors
from noxlock.store._settings import read_settings
from noxlock.store._sources import require_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from noxlock.model import Interpreter, Sha256
    from noxlock.store._extractors import Extractors
    from noxlock.store.reports import GcReport, StoreInfo, VerifyReport

__all__ = ["Store"]

_BLOCK = 1 << 20


class Store(Making):
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
