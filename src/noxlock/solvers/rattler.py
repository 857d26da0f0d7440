"""Solve conda requirements in this process, with py-rattler; it is imported when used.

Several targets are solved at once. What comes out depends on the channels and the
request alone, never on this machine: virtual packages are those of the request.
"""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

from noxlock.errors import LockError, NoxlockError, SolveError
from noxlock.locks._conda import locate
from noxlock.model import CondaPackage, GroupName, Sha256
from noxlock.solvers._conda_categories import categories_of
from noxlock.solvers._conda_kept import kept_records
from noxlock.solvers._conda_reasons import Unread, unreachable, unsolvable
from noxlock.solvers.conda_settings import channel_url, load_config, mirrored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from rattler import (
        Gateway,
        GenericVirtualPackage,
        MatchSpec,
        RepoDataRecord,
        VirtualPackage,
    )

    from noxlock.locks.environment_yml import Wanted
    from noxlock.locks.virtual_packages import VirtualPackages

__all__ = ["SETTLE", "CondaSettings", "CondaTask", "open_gateway", "solve_conda"]

# py-rattler's worker thread must be done with its Python objects before the interpreter
# ends, else it can crash at exit (PyO3/pyo3-async-runtimes#40).
SETTLE: Final = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaSettings:
    """How channels are reached."""

    cache: Path
    """Folder of the user's cache; what the channels list is kept there."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variables: NOXLOCK_CONDA_MIRRORS, and those that channels name."""
    files: Sequence[Path] | None = None
    """Configuration files of rattler; None: those of this machine and user."""
    retries: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaTask:
    """One target to solve."""

    wanted: Wanted
    virtual: VirtualPackages
    exclude_newer: datetime | None = None
    """With a time zone; what is newer does not count."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What an older lock pins, to be preferred: names, and the sha256 of each."""
    hold: Sequence[str] = ()
    """Match specs, `scipy <1.15.0`, that hold where their package is taken at all."""


def solve_conda(
    tasks: Sequence[CondaTask],
    settings: CondaSettings,
    done: Callable[[], None] = lambda: None,
) -> list[tuple[CondaPackage, ...] | SolveError]:
    """Solve all *tasks* at once; return, in their order, the packages or the reason.

    Args:
        tasks: What is wanted, of each target.
        settings: How channels are reached.
        done: Called when one of them is solved, or is not.

    Raises:
        SolveError: The user's settings are malformed.
    """
    with warnings.catch_warnings():
        # py-rattler tells of CEP-42 relations of channels, which are not followed.
        warnings.simplefilter("ignore")
        return asyncio.run(_solve_all(tasks, settings, done))


async def _solve_all(
    tasks: Sequence[CondaTask], settings: CondaSettings, done: Callable[[], None]
) -> list[tuple[CondaPackage, ...] | SolveError]:
    try:
        gateway = open_gateway(settings)
        solving = (_attempt(task, gateway, settings, done) for task in tasks)
        found = await asyncio.gather(*solving)
        unread = [one for one in found if isinstance(one, Unread)]
        return [
            unreachable(one, unread) if isinstance(one, Unread) else one
            for one in found
        ]
    finally:
        await asyncio.sleep(SETTLE)


def open_gateway(settings: CondaSettings) -> Gateway:
    """Return what reads channels, and keeps what they list.

    Raises:
        SolveError: The user's settings are malformed, or the cache is read-only.
    """
    import rattler  # noqa: PLC0415 - only when conda is used

    config = load_config(settings.environ, settings.files)
    client = rattler.Client.from_config(config, max_retries=settings.retries)
    folder = settings.cache / "conda-repodata"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass  # rattler would call the channel unreachable
    except OSError as error:
        raise SolveError(
            f"cannot write to {folder}: {error.strerror}",
            hint="NOXLOCK_CACHE_DIR names another folder",
        ) from error
    return rattler.Gateway.from_config(config, cache_dir=folder, client=client)


async def _attempt(
    task: CondaTask,
    gateway: Gateway,
    settings: CondaSettings,
    done: Callable[[], None],
) -> tuple[CondaPackage, ...] | SolveError | Unread:
    try:
        return await _solve(task, gateway, settings)
    except SolveError as error:
        return error
    except NoxlockError as error:
        return SolveError(error.what, key=error.key, hint=error.hint)
    finally:
        done()


async def _solve(
    task: CondaTask, gateway: Gateway, settings: CondaSettings
) -> tuple[CondaPackage, ...] | Unread:
    import rattler  # noqa: PLC0415
    from rattler.exceptions import GatewayError, SolverError  # noqa: PLC0415

    wanted = task.wanted
    urls = {text: channel_url(text, settings.environ) for text in wanted.channels}
    if not urls:
        raise SolveError(
            "no channel is listed",
            key="channels",
            hint="list them in environment.yml, as `channels: [conda-forge]`",
        )
    pinned, names, constraints = _specs(wanted, urls)
    channels, platform = list(urls.values()), str(wanted.platform)
    try:
        records = await rattler.solve(
            channels,
            [*pinned, *names],
            gateway=gateway,
            platforms=[platform, "noarch"],  # type: ignore[list-item]
            locked_packages=await kept_records(
                gateway, channels, platform, task.kept, task.exclude_newer
            ),
            constraints=[*constraints, *map(rattler.MatchSpec, task.hold)],
            virtual_packages=_virtual(task.virtual),
            exclude_newer=task.exclude_newer,
            channel_relations="disabled",
        )
    except SolverError as error:
        raise unsolvable(str(error), wanted, task.exclude_newer) from None
    except GatewayError as error:
        return Unread(str(error), _places(urls, settings))
    return _packages(records, wanted)


def _places(
    urls: Mapping[str, str], settings: CondaSettings
) -> dict[str, tuple[str, ...]]:
    mirrors = load_config(settings.environ, settings.files).mirrors
    return {
        channel: mirrored(url.rstrip("/"), mirrors) for channel, url in urls.items()
    }


def _specs(
    wanted: Wanted, urls: Mapping[str, str]
) -> tuple[list[MatchSpec], list[str], list[MatchSpec]]:
    """Return the specs of one channel, the names of the others, and their constraints.

    The gateway drops the records that miss a direct spec before the solver sees them,
    which would weaken strict channel priority and empty the solver's reasons.
    """
    pinned: list[MatchSpec] = []
    names: list[str] = []
    constraints: list[MatchSpec] = []
    for spec in wanted.conda:
        text, channel = spec.text, None
        head, separator, rest = text.partition("::")
        if separator:
            channel = _listed(head, urls)
            if channel is None:
                raise SolveError(
                    f"`{text}` names the channel `{head}`, which is not listed",
                    file=spec.file,
                    line=spec.line,
                    hint=f"add it to `channels`: {', '.join(urls)}",
                )
            text = f"{channel}::{rest}"
        match = _match(text, spec.file, spec.line)
        if channel:
            pinned.append(match)
        else:
            names.append(spec.name)
            constraints.append(match)
    return pinned, names, constraints


def _match(text: str, file: str, line: int) -> MatchSpec:
    import rattler  # noqa: PLC0415
    from rattler.exceptions import InvalidMatchSpecError  # noqa: PLC0415

    try:
        return rattler.MatchSpec(text)
    except InvalidMatchSpecError as error:
        what = str(error).splitlines()[0]
        raise SolveError(
            f"`{text}` is no conda requirement: {what}",
            file=file,
            line=line,
            hint="as `numpy >=2,<3` or `python=3.11`",
        ) from None


def _listed(name: str, urls: Mapping[str, str]) -> str | None:
    """Return the address of the listed channel that `name::package` means."""
    for text, url in urls.items():
        plain = url.rstrip("/")
        if name.rstrip("/") in {text, plain, plain.rpartition("/")[2]}:
            return plain
    return None


def _virtual(virtual: VirtualPackages) -> list[GenericVirtualPackage | VirtualPackage]:
    import rattler  # noqa: PLC0415

    return [
        rattler.GenericVirtualPackage(
            rattler.PackageName(name),
            rattler.Version(version),
            rattler.BuildString(build or "0"),
        )
        for name, version, build in virtual.split()
    ]


def _packages(
    records: Sequence[RepoDataRecord], wanted: Wanted
) -> tuple[CondaPackage, ...]:
    depends = {record.name.normalized: tuple(record.depends) for record in records}
    reached = categories_of(depends, wanted)
    found = []
    for record in records:
        name = record.name.normalized
        try:
            place = locate(record.url)
        except LockError as error:
            raise SolveError(error.what, hint=error.hint) from None
        md5, sha256 = record.md5, record.sha256
        if not md5 or not sha256:
            raise SolveError(
                f"{place.filename} has no {'SHA-256' if md5 else 'MD5'} digest in its"
                " channel",
                hint="a lock needs both: the channel's repodata has to list them",
            )
        found.append(
            CondaPackage(
                name=name,
                version=str(record.version),
                build=str(record.build),
                subdir=record.subdir,
                filename=place.filename,
                url=place.url,
                channel=place.channel,
                md5=md5.hex(),
                sha256=Sha256(sha256.hex()),
                depends=depends[name],
                categories=tuple(map(GroupName, reached[name])),
            )
        )
    return tuple(sorted(found, key=lambda package: package.name))
