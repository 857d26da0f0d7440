"""The git executable: the exact commit of a repository, the files of a tree."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "checkout",
    "describe",
    "fetch_history",
    "repository_of",
    "tracked_files",
]

FULL_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# Bytes as committed, whatever the user's settings; nothing of the user's runs.
SETTINGS: Final = (
    *("-c", "core.autocrlf=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "advice.detachedHead=false"),
)
# A hook that runs noxlock has these set, and they mean another repository.
FOREIGN: Final = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}
)


def checkout(url: str, commit: str, into: Path, environ: Mapping[str, str]) -> None:
    """Check out *commit* of the repository at *url*, with submodules, into *into*.

    Args:
        url: As git takes it; credentials are the business of the user's git.
        commit: Full commit id.
        into: A folder that is absent.
        environ: The user's variables: proxies, ssh agents.

    Raises:
        BuildError: The repository cannot be reached, or lacks the commit.
    """
    if not FULL_COMMIT.fullmatch(commit):
        raise BuildError(f"`{commit}` is no full commit id, so no exact source")
    into.mkdir(parents=True)
    _git(["init", "--quiet"], into, environ)
    # By the commit where the server allows it, else all branches and tags.
    shallow = ["fetch", "--quiet", "--depth=1", "--", url, commit]
    if _try(shallow, into, environ).returncode:
        _git(_all_of(url), into, environ)
    _git(["checkout", "--quiet", "--detach", commit], into, environ)
    head = _git(["rev-parse", "HEAD"], into, environ).strip()
    if head != commit:
        raise BuildError(f"{url} gave commit {head} where {commit} was locked")
    if (into / ".gitmodules").exists():
        _git(["remote", "add", "origin", url], into, environ)  # for relative urls
        update = ["submodule", "--quiet", "update", "--init", "--recursive"]
        _git(update, into, environ)


def fetch_history(url: str, repository: Path, environ: Mapping[str, str]) -> None:
    """Fetch all of the history and tags: some backends take versions from them."""
    deepen = ["--unshallow"] if (repository / ".git/shallow").exists() else []
    _git(_all_of(url, *deepen), repository, environ)


def _all_of(url: str, *options: str) -> list[str]:
    everything = "+refs/heads/*:refs/remotes/origin/*"
    return ["fetch", "--quiet", "--tags", *options, "--", url, everything]


def tracked_files(
    folder: Path, environ: Mapping[str, str], *, links: bool = False
) -> list[str] | None:
    """Return the files under *folder* that git does not ignore; None: no repository.

    Those that are new and not yet added are among them; removed ones are not, nor are
    links to folders, and to nothing, but with *links*.
    """
    listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    result = _try(listing, folder, environ)
    if result.returncode:
        return None
    names = {name for name in result.stdout.split("\0") if name}
    return sorted(
        name
        for name in names
        if (folder / name).is_file() or (links and (folder / name).is_symlink())
    )


def describe(folder: Path, environ: Mapping[str, str]) -> str:
    """Return what backends that take the version from git would see; "" without."""
    command = ["describe", "--always", "--dirty", "--tags", "--long"]
    result = _try(command, folder, environ)
    return "" if result.returncode else result.stdout.strip()


def repository_of(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the git directory of the work tree whose top is *folder*, or None."""
    command = ["rev-parse", "--absolute-git-dir", "--show-prefix"]
    result = _try(command, folder, environ)
    lines = result.stdout.splitlines()
    top = not result.returncode and lines[1:] in ([], [""])
    return Path(lines[0]) if top else None


def _git(arguments: list[str], folder: Path, environ: Mapping[str, str]) -> str:
    result = _try(arguments, folder, environ)
    if result.returncode:
        said = result.stderr.strip() or f"exit status {result.returncode}"
        raise BuildError(f"git {arguments[0]} failed: {said}")
    return result.stdout


def _try(
    arguments: list[str], folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    variables = {name: environ[name] for name in environ if name not in FOREIGN}
    # No questions: a run in CI would wait for ever. No locks in the user's own tree.
    variables |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        return subprocess.run(  # noqa: S603 - a fixed program
            ["git", *SETTINGS, *arguments],  # noqa: S607 - the user's own git
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(
            arguments, 127, "", "the program `git` was not found"
        )
