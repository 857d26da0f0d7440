"""Run uv as a tool: what it is given, and what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from noxlock.errors import SolveError
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from noxlock.locks.environment_yml import Wanted
    from noxlock.model import Target
    from noxlock.solvers._request import Finished, Run

__all__ = [
    "CONSTRAINTS",
    "REQUIREMENTS",
    "STUBS",
    "VARIABLES",
    "PipSettings",
    "compile_graph",
    "compile_pins",
]

REQUIREMENTS: Final = "requirements.in"
CONSTRAINTS: Final = "conda-versions.txt"
STUBS: Final = "conda"

# How the user's indexes are reached; all other settings of uv would make the lock
# depend on who made it.
VARIABLES: Final[tuple[str, ...]] = ("UV_INDEX_", "UV_KEYRING_", "UV_HTTP_TIMEOUT")

_MANYLINUX: Final = (17, 28, *range(31, 41))
_UNREACHABLE: Final = re.compile(r"Failed to fetch|Request failed")
_ANSWER: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?(?:==| @ ).*?# via (.*)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class PipSettings:
    """How uv is run, and where the user's Python packages come from."""

    command: Path
    """uv's executable."""
    python: Path
    """An interpreter, for what has to be built to be known."""
    cache: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    public: str
    """Simple page of the public index."""
    index: str | None = None
    """Simple page in its place, of the user's own settings: a mirror."""
    certificate: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    proxy: str | None = None
    exclude_newer: datetime | None = None

    def public_url(self, name: str, url: str) -> str:
        """Return the address that the lock gives for a file of *name* at *url*.

        A mirror's own address would be of no use to others: in its place stands the
        file's name under the public index, the same whoever locks. noxlock finds a
        file by name and digest in the index in force.
        """
        parts = urlsplit(url)
        mirror = urlsplit(self.index or "")
        plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        if not self.index or parts.hostname != mirror.hostname:
            return plain
        if self.index.rstrip("/") == self.public.rstrip("/"):
            return plain
        filename = parts.path.rpartition("/")[2]
        return f"{self.public.rstrip('/')}/{name}/{filename}"


def compile_pins(
    folder: Path, wanted: Wanted, target: Target, settings: PipSettings, run: Run
) -> str:
    """Return uv's pylock.toml for the requirements in *folder*."""
    answer = _run(folder, wanted, target, settings, run, "--format", "pylock.toml")
    start = answer.find("lock-version")
    if start < 0:
        raise SolveError(f"uv ended well but wrote no lock: {answer.strip()}")
    return answer[start:]


def compile_graph(
    folder: Path, wanted: Wanted, target: Target, settings: PipSettings, run: Run
) -> dict[str, tuple[str, ...]]:
    """Return what each pinned package needs, by name; pylock.toml does not say it."""
    options = ("--format", "requirements.txt", "--annotation-style", "line")
    answer = _run(folder, wanted, target, settings, run, *options)
    needs: dict[str, list[str]] = {}
    for line in answer.splitlines():
        if found := _ANSWER.match(line):
            name = str(canonicalize_name(found[1]))
            needs.setdefault(name, [])
            for by in found[2].split(","):
                if not by.strip().startswith("-"):
                    parent = str(canonicalize_name(by.strip().partition("[")[0]))
                    needs.setdefault(parent, []).append(name)
    return {name: tuple(sorted(set(found))) for name, found in needs.items()}


def _run(
    folder: Path,
    wanted: Wanted,
    target: Target,
    settings: PipSettings,
    run: Run,
    *options: str,
) -> str:
    command = _command(wanted, target, settings)
    finished = run((*command, *options), cwd=folder, env=_environment(settings, target))
    if finished.returncode != 0:
        first, reason = wanted.pip[0], _reason(finished)
        hint = "a version that conda provides is fixed: ask conda for another one"
        if _UNREACHABLE.search(reason):
            hint = "is the index up? the settings of pip or uv name another"
        raise SolveError(
            f"the `pip:` section cannot be locked for {target.name}: {reason}",
            file=first.file,
            line=first.line,
            hint=hint,
        )
    return finished.stdout


def _command(wanted: Wanted, target: Target, settings: PipSettings) -> tuple[str, ...]:
    newest = settings.exclude_newer
    options = [
        "--no-config",
        "--color=never",
        *("pip", "compile", REQUIREMENTS, "--constraints", CONSTRAINTS),
        *("--quiet", "--no-header", "--no-progress", "--no-python-downloads"),
        *("--cache-dir", str(settings.cache), "--python", str(settings.python)),
        *("--python-version", target.python),
        *("--python-platform", _platform(target)),
        *("--find-links", STUBS, "--default-index", settings.index or settings.public),
    ]
    for url in wanted.pip_repositories:
        options += ["--index", url]
    for host in settings.trusted_hosts:
        options += ["--allow-insecure-host", host]
    if newest:
        options += ["--exclude-newer", newest.strftime("%Y-%m-%dT%H:%M:%SZ")]
    return (str(settings.command), *options)


def _environment(settings: PipSettings, target: Target) -> dict[str, str]:
    outer = {"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"}
    env = {
        name: value
        for name, value in settings.environ.items()
        if name not in outer
        and (not name.startswith("UV_") or name.startswith(VARIABLES))
        # pip's and uv's own names of indexes: they are in the options.
        and name not in {"UV_INDEX_URL", "UV_INDEX_STRATEGY"}
    }
    if settings.certificate:
        env["SSL_CERT_FILE"] = settings.certificate
    if settings.proxy:
        env |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), settings.proxy)
    env["MACOSX_DEPLOYMENT_TARGET"] = ".".join(map(str, target.macos))
    return env


def _platform(target: Target) -> str:
    """Return the platform in uv's words."""
    match target.subdir:
        case Subdir.LINUX_64 | Subdir.LINUX_AARCH64:
            machine = "x86_64" if target.subdir is Subdir.LINUX_64 else "aarch64"
            major, minor = target.glibc
            fits = [each for each in _MANYLINUX if (2, each) <= (major, minor)]
            last = max(fits, default=_MANYLINUX[0])
            policy = "manylinux2014" if last == _MANYLINUX[0] else f"manylinux_2_{last}"
            return f"{machine}-{policy}"
        case Subdir.OSX_64:
            return "x86_64-apple-darwin"
        case Subdir.OSX_ARM64:
            return "aarch64-apple-darwin"
        case Subdir.WIN_64:
            return "x86_64-pc-windows-msvc"
        case _:
            raise SolveError(
                f"uv knows no platform {target.subdir}, so that its `pip:` section"
                " cannot be locked",
                hint="put a selector behind the requirements, `# [linux64]`",
            )


def _reason(finished: Finished) -> str:
    lines = [" ".join(line.split()) for line in finished.stdout.splitlines()]
    text = "\n  ".join(line.removeprefix("error: ") for line in lines if line)
    return text or f"uv ended with exit status {finished.returncode}"
