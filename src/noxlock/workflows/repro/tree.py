"""What the project's tree has that its commit has not."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.envs.git import FOREIGN
from noxlock.errors import EnvError
from noxlock.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Tree", "is_uncommitted", "read_content", "read_tree"]

# The same bytes whatever the user's settings say.
_DIFF: Final = (
    *("-c", "core.quotePath=true", "-c", "diff.noprefix=false"),
    *("-c", "diff.mnemonicPrefix=false", "-c", "diff.algorithm=myers"),
    *("-c", "core.autocrlf=false", "-c", "diff.renames=false", "-c", "diff.context=3"),
    *("diff", "--cached", "--binary", "--full-index", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--no-renames", "HEAD"),
)
_PLACES: Final = ("--git-path", "index", "--git-path", "objects")


@dataclass(frozen=True, slots=True)
class Tree:
    """What the project's tree is, as git sees it."""

    commit: str | None = None
    """Without `+dirty`; None: there is no repository, commit or git."""
    diff: bytes = b""
    """To its commit; b"" where nothing was changed."""


def read_tree(root: Path, leave_out: Sequence[str], environ: Mapping[str, str]) -> Tree:
    """Return the commit of the tree at *root* and its diff to it, new files included.

    `git apply` on the commit makes the tree again. The user's index is not touched.

    Args:
        root: The project's folder.
        leave_out: Folders beneath it whose changes do not count: the baselines.
        environ: The user's variables, for git.
    """
    git, what = _Git.at(root, environ), _all_but(leave_out)
    found = git("rev-parse", "HEAD", *_PLACES)
    if not found:
        return Tree()
    commit, *places = found.splitlines()
    if git("status", "--porcelain", "--untracked-files=all", *what) == "":
        return Tree(commit)
    return Tree(commit, _diff(git, places, what))


def read_content(
    root: Path, leave_out: Sequence[str], environ: Mapping[str, str]
) -> bytes | None:
    """Return names and hashes of the files of the tree at *root*, committed or not.

    The same tree gives the same, whichever commit it is. What git is told to ignore
    does not count. None: there is no repository, or no git.

    Args:
        root: The project's folder.
        leave_out: Files and folders beneath it that do not count.
        environ: The user's variables, for git.
    """
    git, what = _Git.at(root, environ), _all_but(leave_out)
    found = git("rev-parse", *_PLACES)
    if not found:
        return None
    with _own_index(git, found.splitlines()):
        git("add", "--all", *what)
        listed = git("ls-files", "--stage", "-z", *what)
    return None if listed is None else listed.encode(errors="surrogateescape")


def is_uncommitted(root: Path, folder: str, environ: Mapping[str, str]) -> bool:
    """Return whether git has not committed all of *folder*, a path beneath *root*.

    What it is told to ignore does not count, nor does a folder outside a repository.
    """
    what = ["--", f":(literal){folder}"]
    git = _Git.at(root, environ)
    return bool(git("status", "--porcelain", "--untracked-files=normal", *what))


def _all_but(leave_out: Sequence[str]) -> list[str]:
    return ["--", ".", *(f":(exclude,literal){folder}" for folder in leave_out)]


def _diff(git: _Git, places: Sequence[str], what: Sequence[str]) -> bytes:
    with _own_index(git, places) as folder:
        git("add", "--all", *what)
        written = folder / "diff"
        git(*_DIFF, f"--output={written}", *what)
        return written.read_bytes() if written.exists() else b""


@contextmanager
def _own_index(git: _Git, places: Sequence[str]) -> Iterator[Path]:
    """Give *git* a copy of the user's index to change, and a folder of its own."""
    index, objects = places
    with tempfile.TemporaryDirectory(prefix="noxlock-") as made:
        folder = Path(made)
        (folder / "objects").mkdir()
        if (git.root / index).exists():
            # With its time: by it git knows what may have changed within its second.
            shutil.copy2(git.root / index, folder / "index")
        git.env |= {
            "GIT_INDEX_FILE": str(folder / "index"),
            "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((git.root / objects).absolute()),
        }
        yield folder


@dataclass(slots=True)
class _Git:
    root: Path
    env: dict[str, str]

    @classmethod
    def at(cls, root: Path, environ: Mapping[str, str]) -> _Git:
        """Return the git of the tree at *root*, whatever a hook has set."""
        env = {name: value for name, value in environ.items() if name not in FOREIGN}
        return cls(root, {**env, "GIT_OPTIONAL_LOCKS": "0"})

    def __call__(self, *arguments: str) -> str | None:
        """Return what git prints; None where it fails, or is not there."""
        try:
            completed = run(["git", *arguments], cwd=self.root, env=self.env)
        except EnvError:
            return None
        return completed.stdout.strip() if completed.succeeded else None
