"""What channels list of one name, and whether it is what a match spec asks for."""

from __future__ import annotations

import asyncio
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from noxlock.errors import LockError
from noxlock.locks._conda import locate
from noxlock.model import CondaPackage, Sha256
from noxlock.solvers._conda_reasons import Unread, unreachable
from noxlock.solvers.conda_settings import channel_url, load_config, mirrored
from noxlock.solvers.rattler import SETTLE, open_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rattler import MatchSpec, PackageRecord, RepoDataRecord

    from noxlock.solvers.rattler import CondaSettings

__all__ = ["Build", "list_builds", "meets"]

_NUMBER: Final = re.compile(r"(?:^|_)(\d+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """One file of a package, as its channel lists it."""

    package: CondaPackage
    number: int
    """Its build number."""


def list_builds(
    like: CondaPackage, subdirs: Sequence[str], settings: CondaSettings
) -> tuple[Build, ...]:
    """Return all that the channel of *like* has of its name with a sha256.

    Not among it: what the channel's repodata call removed.

    Raises:
        SolveError: The channel cannot be read, or the settings are malformed.
    """
    channel = like.channel
    with suppress(LockError):
        channel = locate(like.url).channel or channel
    if channel is None:
        return ()
    name = like.name
    with warnings.catch_warnings():
        # py-rattler tells of CEP-42 relations of channels, which are not followed.
        warnings.simplefilter("ignore")
        return asyncio.run(_list(name, channel, subdirs, settings))


async def _list(
    name: str, channel: str, subdirs: Sequence[str], settings: CondaSettings
) -> tuple[Build, ...]:
    from rattler.exceptions import GatewayError  # noqa: PLC0415 - only for conda

    url = channel_url(channel, settings.environ)
    try:
        found = await open_gateway(settings).query(
            [url],
            platforms=[*subdirs],  # type: ignore[list-item]
            specs=[name],
            recursive=False,
            channel_relations="disabled",
        )
        return tuple(_builds(record for source in found for record in source))
    except GatewayError as error:
        table = load_config(settings.environ, settings.files).mirrors
        places = {channel: mirrored(url.rstrip("/"), table)}
        raise unreachable(Unread(str(error), places)) from None
    finally:
        await asyncio.sleep(SETTLE)


def _builds(records: Iterator[RepoDataRecord]) -> Iterator[Build]:
    for record in records:
        if record.sha256 is None:
            continue
        with suppress(LockError):
            place = locate(record.url)
            yield Build(
                package=CondaPackage(
                    name=record.name.normalized,
                    version=str(record.version),
                    build=str(record.build),
                    subdir=record.subdir,
                    filename=place.filename,
                    url=place.url,
                    channel=place.channel,
                    md5=record.md5.hex() if record.md5 else None,
                    sha256=Sha256(record.sha256.hex()),
                    depends=tuple(record.depends),
                ),
                number=record.build_number,
            )


@lru_cache(maxsize=65536)
def meets(spec: str, package: CondaPackage) -> bool:
    """Return whether *package* is what *spec* asks for.

    A spec that cannot be read is met by anything. Not checked: the channel that a spec
    may name. Of a build number only the end of the build string is known.
    """
    wanted, record = _spec(spec), _record(package)
    return wanted is None or record is None or wanted.matches(record)


@lru_cache(maxsize=16384)
def _spec(text: str) -> MatchSpec | None:
    import rattler  # noqa: PLC0415 - only when conda is used
    from rattler.exceptions import InvalidMatchSpecError  # noqa: PLC0415

    try:
        return rattler.MatchSpec(text)
    except InvalidMatchSpecError:
        return None


@lru_cache(maxsize=4096)
def _record(package: CondaPackage) -> PackageRecord | None:
    import rattler  # noqa: PLC0415 - only when conda is used
    from rattler.exceptions import InvalidVersionError  # noqa: PLC0415

    number = _NUMBER.search(package.build)
    try:
        return rattler.PackageRecord(
            rattler.PackageName(package.name),
            rattler.VersionWithSource(package.version),
            rattler.BuildString(package.build),
            int(number[1]) if number else 0,
            package.subdir,
            md5=bytes.fromhex(package.md5) if package.md5 else None,
            sha256=bytes.fromhex(package.sha256) if package.sha256 else None,
        )
    except (InvalidVersionError, ValueError):
        return None
