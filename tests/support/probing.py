"""Runs of a real python with the probe in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.envs import Probed, probe, probe_variables, read_probe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Subject"]

_SOURCES = {
    "site/sitecustomize.py": "_inject.py",
    "inside/_noxlock_pools.py": "_pools.py",
    "inside/_noxlock_state.py": "_state.py",
}


@dataclass(kw_only=True)
class Subject:
    """A python, run with the probe, and what the probe says of it."""

    folder: Path
    python: str = sys.executable
    prefix: Path = field(default_factory=lambda: Path(sys.prefix))
    printed: str = ""

    def run(self, *arguments: str, status: int = 0, **variables: str) -> Probed:
        """Run python with *arguments*, and with *variables* set."""
        return self.command([self.python, *arguments], variables, status=status)

    def command(
        self, command: Sequence[str], variables: Mapping[str, str], *, status: int = 0
    ) -> Probed:
        """Run any command; it must end with *status*."""
        kept = ("COVERAGE_", "PATH", "PYTHONWARNINGS")
        env = {k: v for k, v in os.environ.items() if k.startswith(kept)}
        env = {**env, "PYTHONDONTWRITEBYTECODE": "1", **variables}
        folder = self.folder / "probe"
        env |= probe_variables(folder, env)
        self._measured(folder)
        ended = subprocess.run(
            command,
            env=env,
            cwd=self.folder,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ended.stdout
        assert ended.returncode == status, ended.stdout
        return read_probe(folder, self.prefix)

    def _measured(self, folder: Path) -> None:
        """Let coverage see the copies as the modules that they are copies of."""
        source = Path(probe.__file__).parent
        for name, file in _SOURCES.items():
            copy, origin = folder / name, source / file
            assert copy.read_bytes() == origin.read_bytes()
            copy.write_text(
                f"__name__ = 'noxlock.envs.probe.{origin.stem}'\n"
                f"with open({str(origin)!r}, 'rb') as stream:\n"
                f"    exec(compile(stream.read(), {str(origin)!r}, 'exec'))\n"
            )
