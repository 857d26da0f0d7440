"""Check stored files and place them; runs alone too, as a process of its own.

Of a fresh environment this is what takes time, so it is shared out (see `_crew`). Per
file it costs three system calls to read, one to link; Python's own part of that was
measured at a third, which is why a folder's files are gone through in one loop, and why
files are named relative to their folder. A job comes with marshal on stdin, from the
same interpreter, and its result goes to stdout: run with `-I -S`, the process works
16 ms after it was started, of which the interpreter itself takes 11.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
from itertools import groupby

if __name__ == "__main__":  # pragma: no cover # in a process of its own
    sys.path.append(sys.argv[2])
    # Stand-ins for the packages, whose own modules would import ten times as much.
    _here = os.path.dirname(__file__)  # noqa: PTH120
    for _name, _path in (("noxlock", f"{_here}/.."), ("noxlock.store", _here)):
        sys.modules[_name] = type(sys)(_name)
        sys.modules[_name].__path__ = [_path]

from noxlock.store._checking import defect, put_times_right
from noxlock.store._linking import PUT, placed
from noxlock.store._remains import Remains

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from noxlock.store._checking import File
    from noxlock.store._remains import Older

    Group: TypeAlias = tuple[int, str, str | None, list[File]]
    """Number of an entry, a folder of it and one of the environment, both with a `/`
    at the end, and what goes from one to the other; None: it is only checked."""
    Job: TypeAlias = tuple[str, bool, str, list[Group], list[list[int]], Older | None]
    """How to place: a `LinkMode`, never `auto`; whether to look at sizes and times
    only; what comes before the folders of the environment; the groups; the chunks of
    the work, each the numbers of its groups; and what is there already, if anything."""
    Damage: TypeAlias = list[tuple[int, str, str]]
    """Of each damaged file the number of its entry, its path, and what is wrong."""
    Put: TypeAlias = Callable[[str, str, File], None]

__all__ = ["taken", "work"]


def _always() -> bool:
    return True


def work(
    job: Job, chunks: Iterable[int], *, alive: Callable[[], bool] = _always
) -> Damage:
    """Check every file, and place it at once; what is damaged is not placed.

    Args:
        job: What to do.
        chunks: The numbers of the chunks to do.
        alive: Asked before each folder whether to go on.

    Raises:
        OSError: A file cannot be placed.
    """
    mode, quick, base, groups, divided, older = job
    put = PUT[mode]
    damage: Damage = []
    for chunk in chunks:
        for goal, indices in groupby(divided[chunk], lambda index: groups[index][2]):
            if not alive():
                return damage
            here = [groups[index] for index in indices]
            remains = None if older is None else Remains.of(older, base, goal)
            if remains is not None:
                # At first: another spelling of a name may be the same file.
                remains.clear({file[0] for group in here for file in group[3]})
            elif goal is not None:
                _make_folder(base + goal or ".")
            for number, source, _, files in here:
                target = None if goal is None else base + goal
                group = (number, source, target, files)
                _folder(group, put, damage, remains, quick=quick)
    return damage


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)  # noqa: PTH102 - a single call where its parent is there
    except OSError:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103


def _folder(
    group: Group, put: Put, damage: Damage, remains: Remains | None, *, quick: bool
) -> None:
    """Check and place the files of one folder."""
    number, source, target, files = group
    if not quick and (remains is None or remains.own != number):
        put_times_right(source, files)
    if remains is not None:
        remains.compare(source, files)
    for file in files:
        if remains is not None and remains.keep(file, quick=quick):
            continue
        path = source + file[0]
        try:
            reason = defect(path, file, quick=quick)
        except OSError as error:
            reason = error.strerror or str(error)
        if reason:
            damage.append((number, path, reason))
        elif target is not None:
            placed(put, path, target + file[0], file)


def taken(tokens: int) -> Iterator[int]:
    """Yield the numbers of chunks that are this process's: it takes them one by one.

    Args:
        tokens: A pipe that holds a byte for each; whoever reads it does the chunk.
    """
    while token := os.read(tokens, 1):
        yield token[0]


def main() -> None:
    """Read a job, do it, say what came of it.

    The arguments are the parent's number, the folder of the packages, and the pipe
    that says which chunks are this process's, or, with commas, their numbers.
    """
    gc.disable()  # nothing here is of any use to it, and tens of thousands of tuples
    job = marshal.load(sys.stdin.buffer)  # noqa: S302 - from `_crew`
    parent, share = int(sys.argv[1]), sys.argv[3]
    if share.startswith("pipe:"):
        chunks: Iterable[int] = taken(int(share.removeprefix("pipe:")))
    else:
        chunks = [int(number) for number in share.split(",")]
    # Paths of targets are relative: what the working directory was is where they
    # belong, even if it has been renamed, and replaced, since the parent was killed.
    try:
        result: object = work(job, chunks, alive=lambda: os.getppid() == parent)
    except OSError as error:
        name = error.filename2 or error.filename
        result = (error.errno or 0, error.strerror or str(error), str(name or ""))
    marshal.dump(result, sys.stdout.buffer)  # type: ignore[arg-type]


if __name__ == "__main__":  # pragma: no cover # in a process of its own
    main()
