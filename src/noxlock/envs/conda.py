"""Conda prefixes: packages that lie unpacked on this disk, linked by rattler.

rattler is imported here and in `activation`, and only when conda is used. It never
reaches the network from here: what it links has been fetched and checked before.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from noxlock.envs._conda_records import repodata_record, stem
from noxlock.envs.probing import Probes, interpreter_from
from noxlock.errors import EnvError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from noxlock.model import CondaPackage, Interpreter, Subdir

__all__ = [
    "CondaLayer",
    "brought",
    "conda_interpreter",
    "conda_python",
    "extract",
    "is_conda",
    "link_packages",
]

META: Final = "conda-meta"
SETTLE: Final = 0.05
"""Seconds that rattler's threads need to let go of Python's objects.

An interpreter that exits before can crash: PyO3's issue pyo3-async-runtimes#40; 2 to 20
of a hundred short runs with py-rattler 0.28. So its exit waits, and nothing else.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaLayer:
    """The conda packages of one environment, each unpacked on this disk."""

    prefix: Path
    """Where they go; absolute, since it is written into files."""
    subdir: Subdir
    folders: Mapping[str, Path]
    """By name of the package: its unpacked files."""
    packages: tuple[CondaPackage, ...]
    """Each with the sha256 of what was unpacked."""
    link_scripts: bool = False
    """Run the post-link scripts that packages bring."""
    clones: bool = True
    """Share blocks where the file system can."""
    hard_links: bool = True
    """Share files where the file system can; else they are copied."""


def is_conda(prefix: Path) -> bool:
    """Return whether the environment at *prefix* is one of conda packages."""
    return (prefix / META).is_dir()


def extract(archive: Path, into: Path) -> tuple[str, str]:
    """Unpack a `.conda` or `.tar.bz2` into the new folder *into*.

    Returns:
        The sha256 and the md5 of the bytes that were unpacked.

    Raises:
        StoreError: It is no such archive.
    """
    from rattler import package_streaming  # noqa: PLC0415 - only where conda is used

    try:
        sha256, md5 = package_streaming.extract(archive, into)
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise StoreError(
            f"not a conda package: {_reason(error)}",
            file=archive.name,
            hint="it is what was locked: its channel is to blame; lock another build",
        ) from error
    return sha256.hex(), md5.hex()


def link_packages(layer: CondaLayer, scratch: Path) -> None:
    """Make the environment of *layer*; nothing may be at its prefix.

    rattler links out of a package cache of its own form. Here it is a view of the
    store, made for this one call in *scratch*: links to the unpacked folders, each
    beside the note by which rattler knows what an entry was unpacked from.

    Raises:
        EnvError: The disk refuses, or a link script fails.
    """
    cache = scratch / "conda-cache"
    try:
        cache.mkdir()
        for package in layer.packages:
            _enter(cache, package, layer.folders[package.name])
        # First of all: what is at the prefix is known as an environment from now on.
        (layer.prefix / META).mkdir(parents=True)
        _run_rattler(layer, cache)
        _forget_cache(layer, cache)
    except OSError as error:
        raise EnvError(f"cannot make {layer.prefix}: {error}") from error


def _enter(cache: Path, package: CondaPackage, folder: Path) -> None:
    entry = cache / stem(package)
    if sys.platform == "win32":  # pragma: no cover - the tests run elsewhere
        import _winapi  # noqa: PLC0415

        _winapi.CreateJunction(str(folder), str(entry))
    else:
        entry.symlink_to(folder, target_is_directory=True)
    # rattler_cache's CacheMetadataFile: revision, 8 bytes, big-endian; then the sha256.
    note = (1).to_bytes(8, "big") + bytes.fromhex(package.sha256 or "")
    cache.joinpath(f"{stem(package)}.lock").write_bytes(note)


def _run_rattler(layer: CondaLayer, cache: Path) -> None:
    import asyncio  # noqa: PLC0415 - slow to import

    from rattler import (  # noqa: PLC0415 - only where conda is used
        Client,
        Config,
        install,
    )
    from rattler.networking.middleware import (  # noqa: PLC0415
        AddHeadersMiddleware,
    )
    from rattler.package_cache.package_cache import (  # noqa: PLC0415
        PackageCache,
        PackageCacheLayer,
        ValidationMode,
    )
    from rattler.platform import Subdir as RattlerSubdir  # noqa: PLC0415

    view = PackageCacheLayer(cache).with_validation_mode(ValidationMode.skip())
    settings = (
        f"allow-hard-links = {str(layer.hard_links).lower()}\n"
        f"allow-ref-links = {str(layer.clones).lower()}\n"
    )

    async def installed() -> None:
        await install(
            [repodata_record(package) for package in layer.packages],
            layer.prefix,
            package_cache=PackageCache.from_layers([view]),
            installed_packages=[],
            platform=RattlerSubdir(str(layer.subdir)),
            execute_link_scripts=layer.link_scripts,
            show_progress=False,
            client=Client([AddHeadersMiddleware(_refuse)]),
            config=Config.from_toml(settings),
        )

    try:
        asyncio.run(installed())
    except Exception as error:
        raise EnvError(
            f"linking conda packages into {layer.prefix} failed: {_reason(error)}",
            hint="do the packages belong together, and has the disk room?",
        ) from error
    finally:
        atexit.register(_settle, time.monotonic() + SETTLE)


def _settle(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))


def _refuse(host: str, path: str) -> dict[str, str] | None:
    raise EnvError(f"rattler wanted {host}{path}, which is stored already")


def _reason(error: Exception) -> str:
    lines = [line.removeprefix("Caused by: ") for line in str(error).splitlines()]
    return ": ".join(line.strip().rstrip(".") for line in lines if line.strip())


def _forget_cache(layer: CondaLayer, cache: Path) -> None:
    """Let the prefix's notes name the store, not the view that was made of it."""
    for package in layer.packages:
        note = layer.prefix / META / f"{stem(package)}.json"
        old, new = _quoted(cache / stem(package)), _quoted(layer.folders[package.name])
        content = note.read_bytes().replace(old, new)
        # Not into the file: ext4 writes to the disk at once what was cut and written.
        note.unlink()
        note.write_bytes(content)


def _quoted(path: Path) -> bytes:
    return str(path).replace("\\", "\\\\").encode()


def conda_python(prefix: Path) -> Path:
    """Return where the python of the conda environment at *prefix* lies, or would."""
    return prefix / "python.exe" if os.name == "nt" else prefix / "bin" / "python"


def conda_interpreter(
    prefix: Path, environ: Mapping[str, str]
) -> tuple[Interpreter, dict[str, str]] | None:
    """Ask the python at *prefix* what it is; None where there is none.

    Returns:
        The interpreter, and the facts that it was made from.

    Raises:
        EnvError: It does not run.
    """
    python = conda_python(prefix)
    if not python.exists():
        return None
    # Not cached: another build of it at this path may have the same size and time.
    facts = Probes(cache=None, environ=environ).ask(str(python))
    if facts is None:
        raise EnvError(
            f"the python that conda brought does not run: {python}",
            hint="is the lock for this machine, and does python find its libraries?",
        )
    return interpreter_from(facts), facts


def brought(site_packages: Path) -> dict[NormalizedName, str]:
    """Return the versions of the distributions that lie in *site_packages*.

    Their metadata says it, whatever conda calls the packages they came in.
    """
    found: dict[NormalizedName, str] = {}
    for folder in sorted(site_packages.glob("*.dist-info")) + sorted(
        site_packages.glob("*.egg-info")
    ):
        file = folder
        if folder.is_dir():
            is_wheel = folder.name.endswith(".dist-info")
            file = folder / ("METADATA" if is_wheel else "PKG-INFO")
        with suppress(OSError, UnicodeDecodeError):
            said = HeaderParser().parsestr(file.read_text(encoding="utf-8"), True)  # noqa: FBT003
            if name := said["Name"]:
                found.setdefault(canonicalize_name(name), said["Version"] or "")
    return found
