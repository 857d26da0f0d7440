"""A project, an index on loopback, a store and a builder, all real and all small."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noxlock.index.client import IndexClient
from noxlock.index.settings import read_settings
from noxlock.locks import parse_lock
from noxlock.model import Environment, ProjectInstall
from noxlock.report.progress import Quiet
from noxlock.store.store import Store
from noxlock.workflows.environments import Builder, BuildRequest
from support.index_server import serve_index
from support.wheels import make_wheel, sdist_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.workflows.environments import BuiltEnvironment
    from support.index_server import IndexServer

__all__ = [
    "Talk",
    "Workshop",
    "ask",
    "commit_all",
    "direct_url",
    "git",
    "open_workshop",
    "version",
    "write_tree",
]


class Talk(Quiet):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, message: str, /) -> None:
        """Keep *message*."""
        self.said.append(message)

    def warn(self, message: str, /) -> None:
        """Keep *message*."""
        self.warned.append(message)


def write_tree(folder: Path, tree: Mapping[str, str | bytes]) -> Path:
    """Write the files of *tree* under *folder*."""
    for name, content in tree.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@dataclass
class Workshop:
    """One project and what makes its environments."""

    tmp: Path
    server: IndexServer
    talk: Talk = field(default_factory=Talk)
    locked: dict[str, str] = field(default_factory=dict)
    """Name to its entry in poetry.lock."""

    @property
    def root(self) -> Path:
        """Folder of the project."""
        return self.tmp / "project"

    @property
    def store(self) -> Store:
        """The store, anew each time, as each run of noxlock opens it."""
        return Store(self.tmp / "cache")

    @property
    def environ(self) -> dict[str, str]:
        """The user's variables: the real PATH, a HOME of its own, the index."""
        home = str(self.tmp / "home")
        git = {f"GIT_{who}_NAME": "n" for who in ("AUTHOR", "COMMITTER")}
        git |= {f"GIT_{who}_EMAIL": "n@example.org" for who in ("AUTHOR", "COMMITTER")}
        return {
            **{k: v for k, v in os.environ.items() if k.startswith("COV_")},
            **git,
            "PATH": os.environ["PATH"],
            "PYENV_ROOT": str(Path(os.environ.get("HOME", "/root"), ".pyenv")),
            "HOME": home,
            "PIP_INDEX_URL": self.server.url,
            "PIP_NO_CACHE_DIR": "1",
        }

    def add(self, filename: str, data: bytes, entry: str = "") -> str:
        """Serve a file and lock it; returns its sha256."""
        self.server.files[filename] = data
        name, version = filename.removesuffix(".tar.gz").split("-")[:2]
        sha256 = hashlib.sha256(data).hexdigest()
        self.locked[name] = (
            f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\n'
            'python-versions = "*"\ngroups = ["main"]\n'
            f'files = [{{file = "{filename}", hash = "sha256:{sha256}"}}]\n{entry}\n'
        )
        return sha256

    def add_wheel(self, pin: str, entry: str = "", **options: Any) -> str:  # noqa: ANN401 - of make_wheel
        """Serve and lock a small wheel, `demo==1.0`."""
        name, _, version = pin.partition("==")
        return self.add(*make_wheel(name, version, **options), entry=entry)

    def lock_source(self, name: str, version: str, source: str) -> None:
        """Lock a package that has a source of its own instead of files."""
        self.locked[name] = (
            f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\n'
            'python-versions = "*"\ngroups = ["main"]\nfiles = []\n'
            f"[package.source]\n{source}\n"
        )

    def builder(self, *, offline: bool = False, **environ: str) -> Builder:
        """Return a builder with the real parts."""
        variables = self.environ | environ
        settings = read_settings(variables, self.tmp / "home", self.root)
        return Builder(
            store=self.store,
            index=IndexClient(settings, progress=self.talk),
            progress=self.talk,
            offline=offline,
            environ=variables,
        )

    def request(self, **changes: Any) -> BuildRequest:  # noqa: ANN401 - of BuildRequest
        """Return a request for the environment `demo`, with the lock as it is now."""
        python = changes.pop("python", "3")
        environment = changes.pop("environment", {})
        text = changes.pop("text", None) or self.poetry_lock()
        file = changes.pop("lock_file", "poetry.lock")
        lock = parse_lock(str(file), text.encode(), beside=lambda _: None)
        facts = {
            "root": self.root,
            "name": "demo",
            "environment": Environment(pypi=str(file), python=python, **environment),
            "python": python,
            "prefix": self.root / ".nox" / "demo",
            "project": ProjectInstall.NONE,
            "lock": lock,
            "lock_file": file,
        }
        return BuildRequest(**{**facts, **changes})

    def poetry_lock(self) -> str:
        """Return the text of poetry.lock."""
        entries = "\n".join(self.locked[name] for name in sorted(self.locked))
        return (
            f"{entries}\n[metadata]\nlock-version = '2.1'\npython-versions = '>=3.8'\n"
            f"content-hash = '{'0' * 64}'\n"
        )

    def build(self, *, offline: bool = False, **changes: Any) -> BuiltEnvironment:  # noqa: ANN401 - of BuildRequest
        """Make the environment."""
        return self.builder(offline=offline).build(self.request(**changes))

    def make_project(self, **options: Any) -> Path:  # noqa: ANN401 - of sdist_tree
        """Write a small project whose build backend lies in its tree."""
        return write_tree(self.root, sdist_tree("tiny", "1.0", **options))

    @property
    def downloads(self) -> int:
        """How many files the index has sent."""
        paths = self.server.requests.items()
        return sum(n for path, n in paths if path.startswith("/files/"))


@contextmanager
def open_workshop(tmp: Path) -> Iterator[Workshop]:
    """Open a workshop in the empty folder *tmp*."""
    with serve_index({}) as server:
        workshop = Workshop(tmp=tmp, server=server)
        workshop.root.mkdir()
        (tmp / "home").mkdir()
        yield workshop


def ask(built: BuiltEnvironment, code: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that *code* prints inside the environment."""
    command = [
        str(built.bin / "python"),
        "-I",
        "-c",
        f"import json; print(json.dumps({code}))",
    ]
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    return json.loads(printed)


def direct_url(built: BuiltEnvironment, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a distribution's direct_url.json."""
    read = f"__import__('importlib.metadata').metadata.distribution({name!r})"
    return json.loads(ask(built, f"{read}.read_text('direct_url.json')"))


def version(built: BuiltEnvironment, name: str) -> str:
    """Return the version that importlib.metadata says inside."""
    return str(
        ask(built, f"__import__('importlib.metadata').metadata.version({name!r})")
    )


def git(folder: Path, environ: dict[str, str], *arguments: str) -> str:
    """Run git in *folder*."""
    result = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout.strip()


def commit_all(folder: Path, environ: dict[str, str]) -> str:
    """Make *folder* a repository with one commit more; returns its id."""
    git(folder, environ, "init", "--quiet")
    git(folder, environ, "add", "--all")
    git(folder, environ, "commit", "--quiet", "--allow-empty", "-m", "one")
    return git(folder, environ, "rev-parse", "HEAD")
