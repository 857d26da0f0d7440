"""The folders that a run has: its own, and the one that it runs in."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.envs import copy_tracked, elsewhere
from noxlock.errors import EnvError
from noxlock.workflows.outputs import fresh_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["RunFolder", "copied_project", "link_outputs", "slug"]

_UNSAFE = re.compile(r"[^A-Za-z0-9.+-]+")


def slug(text: str) -> str:
    """Return *text* as the name of a folder: `Asia/Kathmandu` is `Asia-Kathmandu`."""
    return _UNSAFE.sub("-", text).strip("-.") or "x"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFolder:
    """Where one run keeps what it wrote and said."""

    path: Path

    @property
    def outputs(self) -> Path:
        """What `{outputs}` stands for."""
        return self.path / "outputs"

    @property
    def log(self) -> Path:
        """All that its commands printed."""
        return self.path / "log.txt"

    @property
    def probe(self) -> Path:
        """Where each python says at its end what it was."""
        return self.path / "probe"

    @property
    def home(self) -> Path:
        """A home of its own, where one is asked for."""
        return self.path / "home"

    def empty(self) -> None:
        """Make its outputs anew; the log of an attempt before stays."""
        fresh_folder(self.outputs)

    def drop(self) -> None:
        """Remove what it wrote, which is as it should be: its log stays."""
        for folder in (self.outputs, self.home):
            shutil.rmtree(folder, ignore_errors=True)


def link_outputs(link: Path, outputs: Path) -> None:
    """Make *link* lead to *outputs*, where the system lets us."""
    with suppress(OSError, NotImplementedError):
        link.symlink_to(os.path.relpath(outputs, link.parent), target_is_directory=True)


@contextmanager
def copied_project(
    root: Path, inputs: Mapping[str, Path], environ: Mapping[str, str]
) -> Iterator[Path]:
    """Copy the project into a folder of another name and depth; remove it at the end.

    It lies outside the project, which nothing that looks upwards from it finds. Inputs
    that git ignores come as links to their bytes: they may be large.

    Raises:
        EnvError: It cannot be copied.
    """
    above = Path(tempfile.mkdtemp(prefix="noxlock-"))
    try:
        place = elsewhere(above)
        copy_tracked(root, place, environ)
        for name, path in inputs.items():
            _bring(path, place / name)
        yield place
    finally:
        shutil.rmtree(above, ignore_errors=True)


def _bring(path: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path.resolve(), target)
        except OSError:  # another disk
            target.symlink_to(path.resolve())
    except OSError as error:
        what = f"the input cannot be brought there: {error.strerror or error}"
        raise EnvError(what, file=str(target)) from error
