"""What a run of the environment starts with: watch what it does, say so at its end.

A copy of this file is `sitecustomize` of every python that a check starts. It must run
on every CPython since 3.8, print nothing, never fail, and be quick.
"""

# ruff: noqa: BLE001, S110, SIM105 - it must never fail, and contextlib costs a start
# ruff: noqa: PLC0415, PTH100, PTH118, PTH119, PTH120 - what is imported later, or never, costs no start
from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__: list[str] = []

MOST = 1000
"""Different warnings that are kept."""
_warned: dict[tuple[str, str], int] = {}
_started: dict[str, str] = {}
_written: set[int] = set()
_before: frozenset[str] = frozenset(sys.modules)
"""What python itself, and the .pth files of the environment, have imported."""


def _watch_warnings() -> None:
    """Count the warnings that are shown, whatever shows them.

    The interpreter calls `_showwarnmsg` for each that the filters let through; it calls
    `showwarning`, which programs replace, or what `catch_warnings` records with.
    """
    warnings: Any = __import__("warnings")
    shown = warnings._showwarnmsg  # noqa: SLF001 - as above

    def _showwarnmsg(msg: Any) -> None:  # noqa: ANN401 - a WarningMessage, or like it
        try:
            kind = msg.category
            name = kind.__qualname__
            if kind.__module__ != "builtins":
                name = kind.__module__ + "." + name
            key = (
                name,
                "\n".join(str(msg.message).strip().splitlines()[:3])[:500].strip(),
            )
            if key in _warned or len(_warned) < MOST:
                _warned[key] = _warned.get(key, 0) + 1
        except Exception:
            pass
        shown(msg)

    warnings._showwarnmsg = _showwarnmsg  # noqa: SLF001 - as above


class _Ordered:
    """What os.scandir returns, its entries in an order of ours."""

    def __init__(self, entries: Iterable[os.DirEntry[Any]]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[os.DirEntry[Any]]:
        return self

    def __next__(self) -> os.DirEntry[Any]:
        return next(self._entries)

    def __enter__(self) -> _Ordered:  # noqa: PYI034 - Self is not there before 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hold no entry any more."""
        self._entries = iter(())


def _shuffled(name: str | bytes) -> tuple[int, str | bytes]:
    import binascii

    return binascii.crc32(os.fsencode(name)[::-1]), name


class _Listing:
    """os.listdir in an order of ours; no function, which would bind in a class."""

    def __init__(self, call: Any, order: str) -> None:  # noqa: ANN401 - os.listdir
        self.call = call
        self.key = _shuffled if order == "shuffled" else None
        self.backwards = order == "reversed"

    def __call__(self, path: Any = None) -> Any:  # noqa: ANN401 - str, bytes, PathLike, int
        return self.ordered(self.call(path), lambda name: name)

    def ordered(self, found: Iterable[Any], name: Callable[[Any], Any]) -> list[Any]:
        key = self.key
        return sorted(
            found,
            key=(lambda each: key(name(each))) if key else name,
            reverse=self.backwards,
        )


class _Scanning(_Listing):
    """os.scandir likewise."""

    def __call__(self, path: Any = None) -> Any:  # noqa: ANN401 - as above
        with self.call(path) as found:
            return _Ordered(self.ordered(found, lambda entry: entry.name))


def _order_files(order: str) -> None:
    """Make os.listdir and os.scandir, and what uses them, list in *order*."""
    if order not in {"sorted", "reversed", "shuffled"}:
        return
    replaced: Any = os
    replaced.listdir = _Listing(os.listdir, order)
    replaced.scandir = _Scanning(os.scandir, order)
    # Until 3.10 pathlib keeps what it found as it was imported: by a .pth file.
    accessor: Any = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    if accessor is not None:
        accessor.listdir, accessor.scandir = os.listdir, os.scandir
    _started["file order"] = order


class _TorchSwitch:
    """Finds torch as it is found, and makes it deterministic once it is imported."""

    def __init__(self, mode: str) -> None:
        self._warn = mode == "warn"

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return what the finders after this one find."""
        if name != "torch":
            return None
        finders: list[Any] = sys.meta_path
        finders.remove(self)
        found = (finder.find_spec(name, path, target) for finder in finders)
        spec: ModuleSpec | None = next(filter(None, found), None)
        if spec is not None:
            self._follow(spec.loader)
        return spec

    def _follow(self, loader: Any) -> None:  # noqa: ANN401 - whichever found it
        def exec_module(module: Any) -> None:  # noqa: ANN401 - torch
            execute(module)
            try:
                module.use_deterministic_algorithms(mode=True, warn_only=self._warn)
                module.backends.cudnn.benchmark = False
            except Exception:
                pass

        try:
            execute = loader.exec_module
            loader.exec_module = exec_module
        except Exception:  # pragma: no cover - no loader of a file
            pass


def _look() -> None:
    """Note what a program may change while it runs."""
    import time

    seed = os.environ.get("PYTHONHASHSEED", "")
    fixed = seed.isdigit() and bool(int(seed)) == bool(sys.flags.hash_randomization)
    _started["hash seed"] = seed if fixed else "random"
    # In January and in July of one year: the same, whenever it runs.
    zone = []
    for moment in (1704067200, 1719792000):
        here = time.localtime(moment)
        minutes = abs(here.tm_gmtoff) // 60
        sign = "-" if here.tm_gmtoff < 0 else "+"
        zone.append(f"{sign}{minutes // 60:02}:{minutes % 60:02}")
    _started["time zone"] = " ".join(zone)
    locale: Any = __import__("_locale")
    _started["locale"] = locale.setlocale(locale.LC_CTYPE, None)


def _finish() -> None:
    """Write what was seen; the first to be registered, so the last to be called."""
    if os.getpid() in _written:  # pragma: no cover - a child of a child of a fork
        return
    _written.add(os.getpid())
    sys.path.insert(0, _INSIDE)
    try:
        state: Any = __import__("_noxlock_state")
        state.write(_FOLDER, _started, _warned, _before)
    except BaseException:
        pass
    finally:
        sys.path.remove(_INSIDE)


def _forked() -> None:
    """Begin anew in a child; those of multiprocessing end without atexit's calls."""
    _warned.clear()
    util: Any = sys.modules.get("multiprocessing.util")
    if util is not None:  # pragma: no cover - nor is what measures coverage called
        util.register_after_fork(_Ordered, _at_the_end)


def _at_the_end(_: object) -> None:  # pragma: no cover - likewise
    # Those of the parent were cleared by now.
    util: Any = sys.modules["multiprocessing.util"]
    util.Finalize(None, _finish, exitpriority=-1000)


def _install() -> None:
    import atexit

    atexit.register(_finish)
    if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows
        os.register_at_fork(after_in_child=_forked)
    steps: list[Callable[[], object]] = [_look, _watch_warnings]
    order = os.environ.get("NOXLOCK_FILE_ORDER")
    if order:
        steps.append(lambda: _order_files(order))
    mode = os.environ.get("NOXLOCK_TORCH_DETERMINISTIC", "0")
    if mode != "0":
        finders: list[Any] = sys.meta_path
        steps.append(lambda: finders.insert(0, _TorchSwitch(mode)))
    for step in steps:
        try:
            step()
        except Exception:  # pragma: no cover - as the top says
            pass


def _chain() -> None:
    """Let the environment's own sitecustomize run, as if this were not there."""
    own = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", own)


_HERE = os.path.dirname(os.path.abspath(__file__))
_FOLDER = os.path.dirname(_HERE)
_INSIDE = os.path.join(_FOLDER, "inside")

if os.path.basename(__file__) == "sitecustomize.py":
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    _install()
    _chain()
