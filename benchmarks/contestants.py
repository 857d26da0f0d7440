"""Who makes the environment of an arena from a warm cache, and imports from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.arena import SESSION
from benchmarks.harness import timed
from benchmarks.projects import copy_project, write_project, write_requirements
from benchmarks.surroundings import put_aside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.arena import Arena
    from benchmarks.commands import Command
    from benchmarks.peers import Peers

__all__ = ["MAKERS", "NEEDS", "Made", "contestants"]

_PLAIN_NOX: Final = """\
import nox


@nox.session(venv_backend="none")
def {session}(session: nox.Session) -> None:
    session.run({make}, external=True)
    session.run({python!r}, "-c", {statement!r}, external=True)
"""
_NOX_UV: Final = """\
import nox
from nox_uv import session


@session(venv_backend="uv")
def {session}(session: nox.Session) -> None:
    session.run("python", "-c", {statement!r})
"""
_NOX_POETRY: Final = """\
import nox


@nox.session(venv_backend="virtualenv")
def {session}(session: nox.Session) -> None:
    session.run_install("poetry", "install", "--no-root", external=True)
    session.run("python", "-c", {statement!r})
"""
_TOX: Final = """\
env_list = ["{session}"]

[env_run_base]
runner = "uv-venv-lock-runner"
package = "skip"
commands = [["python", "-c", '{statement}']]
"""
_SYNC: Final = ("uv", "sync", "--frozen")


class Made:
    """A contestant and where its environment appears."""

    def __init__(
        self,
        arena: Arena,
        name: str,
        prefix: Path,
        *commands: Command,
        again: bool = False,
    ) -> None:
        def before() -> None:
            if not again:
                put_aside(prefix, arena.root)

        self.name = name
        self.prefix = prefix
        self.contestant = timed(name, *commands, before=before)


def noxlock(arena: Arena, peers: Peers) -> Made:  # noqa: ARG001
    """Return noxlock: `nox -s first`."""
    return Made(arena, "noxlock", arena.noxlock_prefix, arena.noxlock())


def noxlock_again(arena: Arena, peers: Peers) -> Made:  # noqa: ARG001
    """Return noxlock where the last run's environment is there, as for most runs."""
    folder = copy_project(arena.project, arena.root / "again")
    run = arena.command(arena.bench.program("nox"), "-s", SESSION, cwd=folder)
    return Made(arena, "noxlock, again", folder / ".nox" / SESSION, run, again=True)


def floor(arena: Arena, peers: Peers) -> Made:  # noqa: ARG001
    """Return the floor: links to noxlock's finished tree, and the import."""
    prefix = arena.root / "floor"
    links = arena.command("cp", "-al", arena.tree, prefix, cwd=arena.root)
    return Made(arena, "floor", prefix, links, arena.imports(prefix))


def floor_under_nox(arena: Arena, peers: Peers) -> Made:  # noqa: ARG001
    """Return the floor as a plain nox session."""
    folder = arena.root / "floor-under-nox"
    prefix = folder / "env"
    _plain_nox(arena, folder, prefix, f'"cp", "-al", {str(arena.tree)!r}, "env"')
    run = arena.command(arena.bench.program("nox"), "-s", SESSION, cwd=folder)
    return Made(arena, "floor under nox", prefix, run)


def uv_sync(arena: Arena, peers: Peers) -> Made:
    """Return bare uv, and the import."""
    folder = arena.uv_project("uv", peers.program("uv"))
    prefix = folder / ".venv"
    sync = arena.command(peers.program("uv"), *_SYNC[1:], cwd=folder)
    return Made(arena, "uv sync", prefix, sync, arena.imports(prefix))


def uv_sync_compiled(arena: Arena, peers: Peers) -> Made:
    """Return bare uv that compiles bytecode, and the import."""
    folder = arena.uv_project("uv-compiled", peers.program("uv"))
    prefix = folder / ".venv"
    options = (*_SYNC[1:], "--compile-bytecode")
    sync = arena.command(peers.program("uv"), *options, cwd=folder)
    return Made(
        arena, "uv sync --compile-bytecode", prefix, sync, arena.imports(prefix)
    )


def nox_with_uv(arena: Arena, peers: Peers) -> Made:
    """Return a plain nox session that calls uv."""
    folder = arena.uv_project("nox+uv", peers.program("uv"))
    prefix = folder / ".venv"
    _plain_nox(arena, folder, prefix, ", ".join(map(repr, _SYNC)))
    uv = peers.program("uv").parent
    nox = arena.bench.program("nox")
    run = arena.command(nox, "-s", SESSION, cwd=folder, programs=uv)
    return Made(arena, "nox + uv", prefix, run)


def nox_uv(arena: Arena, peers: Peers) -> Made:
    """Return nox-uv, which has uv make nox's environment."""
    folder = arena.uv_project("nox-uv", peers.program("nox-uv", "uv"))
    text = _NOX_UV.format(session=SESSION, statement=arena.statement)
    write_project(folder, noxfile_py=text)
    nox = peers.program("nox-uv", "nox")
    run = arena.command(nox, "-s", SESSION, cwd=folder, programs=nox.parent)
    return Made(arena, "nox-uv", folder / ".nox" / SESSION, run)


def nox_with_poetry(arena: Arena, peers: Peers) -> Made:
    """Return a plain nox session that calls poetry, with the same poetry.lock."""
    folder = copy_project(arena.project, arena.root / "nox+poetry")
    text = _NOX_POETRY.format(session=SESSION, statement=arena.statement)
    write_project(folder, noxfile_py=text)
    nox, poetry = arena.bench.program("nox"), peers.program("poetry").parent
    run = arena.command(nox, "-s", SESSION, cwd=folder, programs=poetry)
    return Made(arena, "nox + poetry install", folder / ".nox" / SESSION, run)


def tox_uv(arena: Arena, peers: Peers) -> Made:
    """Return tox with uv as installer."""
    folder = arena.uv_project("tox-uv", peers.program("tox", "uv"))
    text = _TOX.format(session=SESSION, statement=arena.statement)
    write_project(folder, tox_toml=text)
    tox = peers.program("tox")
    run = arena.command(tox, "run", "-e", SESSION, cwd=folder, programs=tox.parent)
    return Made(arena, "tox + tox-uv", folder / ".tox" / SESSION, run)


def pip(arena: Arena, peers: Peers) -> Made:
    """Return pip with hashes in a new virtual environment."""
    folder = write_project(arena.root / "pip")
    prefix = folder / "env"
    write_requirements(folder / "requirements.txt", arena.wanted)
    options = ("--no-deps", "--require-hashes", "-r", "requirements.txt")
    install = (peers.program("pip"), "--python", prefix / "bin" / "python", "install")
    return Made(
        arena,
        "pip --require-hashes",
        prefix,
        arena.command(arena.base, "-m", "venv", "--without-pip", prefix, cwd=folder),
        arena.command(*install, "-q", *options, cwd=folder),
        arena.imports(prefix),
    )


MAKERS: Final[dict[Callable[[Arena, Peers], Made], str]] = {
    noxlock: "",
    noxlock_again: "",
    floor: "",
    floor_under_nox: "",
    uv_sync: "uv",
    uv_sync_compiled: "uv",
    nox_with_uv: "uv",
    nox_uv: "nox-uv",
    tox_uv: "tox",
    nox_with_poetry: "poetry",
    pip: "pip",
}
"""Each, and the peer that it needs; "": none."""
NEEDS: Final = tuple(dict.fromkeys(filter(None, MAKERS.values())))


def contestants(
    arena: Arena, peers: Peers, *makers: Callable[[Arena, Peers], Made]
) -> list[Made]:
    """Return the chosen contestants whose peers are there."""
    return [
        make(arena, peers)
        for make in makers or MAKERS
        if not MAKERS[make] or MAKERS[make] in peers
    ]


def _plain_nox(arena: Arena, folder: Path, prefix: Path, make: str) -> None:
    python = str(prefix.relative_to(folder) / "bin" / "python")
    text = _PLAIN_NOX.format(
        session=SESSION, make=make, python=python, statement=arena.statement
    )
    write_project(folder, noxfile_py=text)
