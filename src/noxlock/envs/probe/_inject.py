"""What a run of the environment starts with: watch what it does, say so at its end.

A copy of this file is `sitecustomize` of every python that a check starts. It must run
on every CPython since 3.8, print nothing, never fail, and be quick.
"""

from __future__ import annotations

import os
import sys

__all__: list[str] = []

MOST = 1000
"""Different warnings that are kept."""
_warned: dict[tuple[str, str], int] = {}
_started: dict[str, str] = {}


def _watch_warnings() -> None:
    """Count the warnings that are shown, whatever shows them.

    The interpreter calls `_showwarnmsg` for each that the filters let through; it calls
    `showwarning`, which programs replace, or what `catch_warnings` records with.
    """
    import warnings

    shown = warnings._showwarnmsg

    def _showwarnmsg(msg):
        try:
            kind = msg.category
            name = kind.__qualname__
            if kind.__module__ != "builtins":
                name = kind.__module__ + "." + name
            key = name, "\n".join(str(msg.message).strip().splitlines()[:3])[:500]
            if key in _warned or len(_warned) < MOST:
                _warned[key] = _warned.get(key, 0) + 1
        except Exception:
            pass
        return shown(msg)

    warnings._showwarnmsg = _showwarnmsg


class _Ordered:
    """What os.scandir returns, its entries in an order of ours."""

    def __init__(self, entries):
        self._entries = iter(entries)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._entries = iter(())


def _shuffled(name):
    import binascii

    return binascii.crc32(os.fsencode(name)[::-1]), name


def _order_files(order: str) -> None:
    """Make os.listdir and os.scandir, and what uses them, list in *order*."""
    keys = {"sorted": None, "reversed": None, "shuffled": _shuffled}
    if order not in keys:
        return
    key, backwards = keys[order], order == "reversed"
    listdir, scandir = os.listdir, os.scandir

    def ordered_listdir(path=None):
        return sorted(listdir(path), key=key, reverse=backwards)

    def ordered_scandir(path=None):
        with scandir(path) as entries:
            found = list(entries)
        found.sort(
            key=lambda entry: key(entry.name) if key else entry.name, reverse=backwards
        )
        return _Ordered(found)

    ordered_listdir.__name__, ordered_scandir.__name__ = "listdir", "scandir"
    os.listdir, os.scandir = ordered_listdir, ordered_scandir
    # Until 3.9 pathlib keeps them as it is imported.
    pathlib = sys.modules.get("pathlib")
    accessor = getattr(pathlib, "_NormalAccessor", None)
    if accessor is not None:
        accessor.listdir = staticmethod(ordered_listdir)
        accessor.scandir = staticmethod(ordered_scandir)
    _started["file order"] = order


class _TorchSwitch:
    """Finds torch as it is found, and switches it over once it is imported."""

    def __init__(self, warn: bool) -> None:
        self._warn = warn

    def find_spec(self, name, path=None, target=None):
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is not None:

            def exec_module(module):
                execute(module)
                try:
                    module.use_deterministic_algorithms(True, warn_only=self._warn)
                    module.backends.cudnn.benchmark = False
                except Exception:
                    pass

            try:
                loader.exec_module = exec_module
            except Exception:
                pass
        return spec


def _look() -> None:
    """Note what a program may change while it runs."""
    import time

    seed = os.environ.get("PYTHONHASHSEED", "")
    fixed = seed.isdigit() and bool(int(seed)) == bool(sys.flags.hash_randomization)
    _started["hash seed"] = seed if fixed else "random"
    try:
        import _locale

        _started["locale"] = _locale.setlocale(_locale.LC_CTYPE, None)
    except Exception:
        pass
    # In January and in July of one year: the same, whenever it runs.
    zone = []
    for moment in (1704067200, 1719792000):
        here = time.localtime(moment)
        minutes = abs(here.tm_gmtoff) // 60
        sign = "-" if here.tm_gmtoff < 0 else "+"
        zone.append("%s%02d:%02d" % (sign, minutes // 60, minutes % 60))
    _started["time zone"] = " ".join(zone)


def _finish() -> None:
    """Write what was seen; the first to be registered, so the last to be called."""
    process = str(os.getpid())
    if _started.get("process") == process:
        return
    _started["process"] = process
    try:
        sys.path.insert(0, _INSIDE)
        try:
            import _noxlock_state as state
        finally:
            sys.path.remove(_INSIDE)
        state.write(_FOLDER, _started, _warned)
    except BaseException:
        pass


def _forked() -> None:
    """Begin anew in a child; those of multiprocessing end without atexit's calls."""
    _warned.clear()
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(_Ordered, _at_the_end)


def _at_the_end(_) -> None:
    # After it has cleared those of the parent.
    sys.modules["multiprocessing.util"].Finalize(None, _finish, exitpriority=-1000)


def _install() -> None:
    import atexit

    atexit.register(_finish)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)
    steps = [_look, _watch_warnings]
    order = os.environ.get("NOXLOCK_FILE_ORDER")
    if order:
        steps.append(lambda: _order_files(order))
    switch = os.environ.get("NOXLOCK_TORCH_DETERMINISTIC")
    if switch and switch != "0":
        steps.append(lambda: sys.meta_path.insert(0, _TorchSwitch(switch == "warn")))
    for step in steps:
        try:
            step()
        except Exception:
            pass


def _chain() -> None:
    """Let the environment's own sitecustomize run, as if this were not there."""
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if own is not None:
            sys.modules.setdefault("sitecustomize", own)


_HERE = os.path.dirname(os.path.abspath(__file__))
_FOLDER = os.path.dirname(_HERE)
_INSIDE = os.path.join(_FOLDER, "inside")

if __name__ == "sitecustomize":
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    _install()
    _chain()
