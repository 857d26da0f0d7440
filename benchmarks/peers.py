"""The peers, each installed with pip into an environment of its own, once."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Final

from benchmarks.commands import BenchmarkError, Command, output
from benchmarks.surroundings import remove

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.surroundings import Bench

__all__ = ["PEERS", "Peers", "peer"]

PEERS: Final = {
    "uv": ("uv==0.13.8",),
    "nox-uv": ("nox==2026.10.20", "nox-uv==0.8.0", "uv==0.13.8"),
    # The plugin lets poetry ask the index on loopback.
    "poetry": ("poetry==2.5.1", "poetry-plugin-pypi-mirror==0.6.5"),
    "tox": ("tox==4.67.15", "tox-uv==1.37.1", "uv==0.13.8"),
    "pip": ("pip==26.3",),
}
"""What each consists of; their own dependencies are what pip finds."""


class Peers:
    """Those of the wanted peers that can be installed here."""

    def __init__(self, bench: Bench, names: Iterable[str]) -> None:
        self._bins: dict[str, Path] = {}
        self.left_out: list[str] = []
        """A line for each that cannot."""
        for name in names:
            try:
                self._bins[name] = peer(bench, name)
            except BenchmarkError as error:
                reason = str(error).strip().splitlines()[-1]
                self.left_out.append(f"{name}: pip cannot install it: {reason}")
                bench.say(f"left out: {self.left_out[-1]}")

    def __contains__(self, name: str) -> bool:
        """Return whether it is there."""
        return name in self._bins

    def program(self, name: str, program: str = "") -> Path:
        """Return one of a peer's programs, the one of its name if none is said."""
        return self._bins[name] / (program or name)


def peer(bench: Bench, name: str) -> Path:
    """Return the folder of a peer's programs; it is installed where it is not yet.

    Raises:
        BenchmarkError: pip cannot install it.
    """
    pins = PEERS[name]
    facts = f"{sys.version}{sys.base_prefix}{pins}"
    key = hashlib.sha256(facts.encode()).hexdigest()
    prefix = bench.folder / "peers" / name
    ready = prefix / "ready"
    if not ready.is_file() or ready.read_text("utf-8") != key:
        bench.say(f"installing the peer {name}: {', '.join(pins)}")
        remove(prefix)
        python = prefix / "bin" / "python"
        commands: tuple[tuple[str | Path, ...], ...] = (
            (bench.python, "-m", "venv", prefix),
            (python, "-m", "pip", "install", "-q", *pins),
        )
        for args in commands:
            output(Command(args=args, cwd=bench.folder, environ=bench.own()))
        ready.write_text(key, "utf-8")
    return prefix / "bin"
