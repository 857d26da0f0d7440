"""What a solve is to keep of an older lock, where its channels still have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rattler import Gateway, RepoDataRecord

__all__ = ["kept_records"]


async def kept_records(
    gateway: Gateway,
    channels: Sequence[str],
    platform: str,
    kept: Mapping[str, str],
    newest: datetime | None,
) -> list[RepoDataRecord]:
    """Return the records of *kept*, names and their sha256, to be preferred.

    The solver takes a preferred record whatever its channel and its date, so that those
    are left out here that strict channel priority or *newest* would not let in.
    """
    found = await gateway.query(
        channels,
        platforms=[platform, "noarch"],  # type: ignore[list-item]
        specs=sorted(kept),
        recursive=False,
        channel_relations="disabled",
    )
    decided: set[str] = set()
    records = []
    for source in found:
        listed = [each for each in source if each.name.normalized not in decided]
        decided.update(each.name.normalized for each in listed)
        records += [each for each in listed if _is(each, kept, newest)]
    return records


def _is(
    record: RepoDataRecord, kept: Mapping[str, str], newest: datetime | None
) -> bool:
    if record.sha256 is None or record.sha256.hex() != kept[record.name.normalized]:
        return False
    return newest is None or bool(record.timestamp and record.timestamp <= newest)
