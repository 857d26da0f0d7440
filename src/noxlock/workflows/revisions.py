"""Files and folders of a git revision, as git's own `REVISION:PATH` names them."""

from __future__ import annotations

import posixpath
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.errors import CompareError, EnvError
from noxlock.process import Completed, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Given", "Revision", "checked_out", "opened", "split_revision"]

# A colon inside of braces is of a time: `main@{10:30}:path`.
_SPEC: Final = re.compile(r"((?:[^:{]|\{[^}]*\})+):(.*)", re.DOTALL)
_ID: Final = re.compile(r"^[0-9a-f]{40,64}$", re.MULTILINE)
_SETTINGS: Final = {
    "core.fsmonitor": "false",
    "core.sparseCheckout": "false",
    "core.splitIndex": "false",
}
# The pointer itself is written then, which is told from a result.
_WITHOUT_LFS: Final = {
    "filter.lfs.required": "false",
    "filter.lfs.process": "",
    "filter.lfs.smudge": "",
}
_SUBMODULE: Final = "commit"
_LINK: Final = "120000"


@dataclass(frozen=True, slots=True)
class Given:
    """One side of a comparison."""

    path: Path
    said: str = ""
    """What the user typed where *path* is a copy of it; "" where it is not."""


def split_revision(typed: str) -> tuple[str, str] | None:
    """Return revision and path of `REVISION:PATH`; None where *typed* is none.

    One letter before the colon is a drive of Windows, on every system: a branch of
    such a name is `heads/x:PATH`.
    """
    match = _SPEC.fullmatch(typed)
    if match is None or len(match[1]) == 1 or match[1].startswith("-"):
        return None
    return match[1], match[2]


@contextmanager
def checked_out(
    *typed: str, environ: Mapping[str, str], cwd: Path | None = None
) -> Iterator[tuple[Given, ...]]:
    """Give the path of each of *typed*; those of revisions are removed at the end.

    What exists under the name is taken, else `REVISION:PATH` from the repository around
    *cwd*: the path counts from its top, or from here where it starts with `./` or
    `../`. Files are written as a checkout writes them, line ends and filters included,
    but nothing is downloaded from a server of Git LFS.

    Raises:
        CompareError: There is no such revision, or no such path in it.
    """
    with tempfile.TemporaryDirectory(prefix="noxlock-") as folder:
        found = []
        for number, each in enumerate(typed):
            path = (cwd or Path()) / each
            spec = None if path.exists() else split_revision(each)
            if spec is None:
                found.append(Given(path if cwd else Path(each)))
                continue
            git = _Git(Path(folder) / str(number), each, environ, cwd)
            found.append(Given(git.write(*spec), each))
        yield tuple(found)


class Revision:
    """The files of one git revision, read when they are asked for.

    Attributes:
        name: As the user typed it.
        prefix: Where in the repository its paths with a dot count from: `sub/`.
    """

    def __init__(self, name: str, git: _Git) -> None:
        self.name = name
        self.prefix = git.prefix(name)
        self._git = git
        self._tree = git.tree(name)

    def here(self, path: str) -> str:
        """Return *path*, as `read` takes it, relative to the folder it counts from."""
        return posixpath.relpath(
            _from_top(path, self.prefix) or ".", self.prefix or "."
        )

    def read(self, path: str) -> bytes | None:
        """Return the content of a file; None where the revision has none.

        Args:
            path: From the repository's top, or from here where it starts with a dot.

        Raises:
            CompareError: It is no file, or cannot be read.
        """
        self._git.said = f"{self.name}:{path}"
        path = self._git.inside(_from_top(path, self.prefix))
        mode, kind, name = self._git.entry(self._tree, path)
        if not kind:
            return None
        if kind == "tree":
            raise self._git.error("it is a folder")
        self._git.add(mode, kind, name, path)
        return self._git.checkout(path).read_bytes()


@contextmanager
def opened(
    name: str, environ: Mapping[str, str], cwd: Path | None = None
) -> Iterator[Revision]:
    """Give the revision *name* of the repository around *cwd*.

    Raises:
        CompareError: There is no repository, or no such revision in it.
    """
    with tempfile.TemporaryDirectory(prefix="noxlock-") as folder:
        yield Revision(name, _Git(Path(folder) / "git", name, environ, cwd))


class _Git:
    """The repository, with an index of our own in *folder*."""

    def __init__(
        self, folder: Path, said: str, environ: Mapping[str, str], cwd: Path | None
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.said = said
        self.cwd = cwd
        self.env = {
            **environ,
            "GIT_INDEX_FILE": str(folder.resolve() / "index"),
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }

    def write(self, revision: str, path: str) -> Path:
        """Write what is at *path* into the folder; return where."""
        try:
            prefix = self.prefix(revision)
        except CompareError as error:
            error.what = f"there is no such file or folder, and {error.what}"
            raise
        tree = self.tree(revision)
        path = self.inside(_from_top(path, prefix))
        if not path:
            self.must("read-tree", tree)
            return self.checkout()
        mode, kind, name = self.entry(tree, path)
        if not kind:
            raise self.error(f"the revision has no `{path}`")
        self.add(mode, kind, name, path)
        return self.checkout(path)

    def prefix(self, revision: str) -> str:
        """Return where in the repository this is: `sub/`, or nothing."""
        top = self.run("rev-parse", "--show-prefix")
        if not top.succeeded:
            raise self.error(
                f"no git repository that may have the revision `{revision}`:"
                f" {top.tail(1)}"
            )
        return top.stdout.strip()

    def tree(self, revision: str) -> str:
        """Return the id of what *revision* holds."""
        tree = self.run("rev-parse", "--quiet", "--verify", f"{revision}^{{tree}}")
        if not tree.succeeded or (found := _ID.search(tree.stdout)) is None:
            raise self.error(f"git knows no revision `{revision}`")
        return found[0]

    def inside(self, path: str) -> str:
        """Return *path*, which must not lead out of the repository."""
        if path.startswith(".."):
            raise self.error("the path leads out of the repository")
        return path

    def entry(self, tree: str, path: str) -> tuple[str, str, str]:
        """Return mode, kind and id of what *tree* has at *path*; empty: nothing."""
        listed = self.must("ls-tree", "-z", "--full-tree", tree, "--", path).stdout
        for head, _, place in (entry.partition("\t") for entry in listed.split("\0")):
            if place == path:
                mode, kind, name = head.split()
                return mode, kind, name
        return "", "", ""

    def add(self, mode: str, kind: str, name: str, path: str) -> None:
        """Put one entry into the index."""
        if kind == _SUBMODULE:
            raise self.error("it is a submodule, whose files are not in the revision")
        if mode == _LINK:
            raise self.error("it is a symbolic link: name what it leads to")
        if kind == "tree":
            self.must("read-tree", f"--prefix={path}/", name)
        else:
            entry = f"{mode},{name},{path}"
            self.must("update-index", "--add", "--cacheinfo", entry)

    def checkout(self, path: str = "") -> Path:
        """Write what is in the index into the folder; return where *path* is."""
        written = self.folder / "files"
        written.mkdir(exist_ok=True)
        prefix = f"--prefix={written.resolve().as_posix()}/"
        self.must("checkout-index", "--all", "--force", prefix)
        return written / path if path else written

    def must(self, *arguments: str) -> Completed:
        """Run git, which must succeed."""
        done = self.run(*arguments)
        if not done.succeeded:
            raise self.error(f"git cannot read it: {done.tail(3)}")
        return done

    def run(self, *arguments: str) -> Completed:
        """Run git."""
        lfs = shutil.which("git-lfs", path=self.env.get("PATH"))
        settings = [
            word
            for key, value in (_SETTINGS | ({} if lfs else _WITHOUT_LFS)).items()
            for word in ("-c", f"{key}={value}")
        ]
        command = ["git", *settings, *arguments]
        try:
            return run(command, cwd=self.cwd, env=self.env)
        except EnvError as error:
            raise self.error(f"cannot be looked up: {error.what}") from error

    def error(self, what: str) -> CompareError:
        """Return the error that what the user typed cannot be read."""
        return CompareError(what, file=self.said)


def _from_top(path: str, prefix: str) -> str:
    """Return *path*, which may be relative to *prefix*, from the repository's top."""
    path = path.replace("\\", "/")
    if path in (".", "..") or path.startswith(("./", "../")):
        path = posixpath.join(prefix, path)
    path = posixpath.normpath(path)
    return "" if path == "." else path
