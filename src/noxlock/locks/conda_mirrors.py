"""Where conda channels are taken from, while locks go on naming the public ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from noxlock.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VARIABLE", "mirrored", "parse_mirrors"]

VARIABLE: Final = "NOXLOCK_CONDA_MIRRORS"

_SCHEMES: Final = {"http", "https", "file"}


def parse_mirrors(text: str) -> dict[str, tuple[str, ...]]:
    """Return the mirrors of each address, as *text* says: `CHANNEL=MIRROR`.

    Several stand apart by spaces or commas. Of several mirrors of one channel the first
    named is asked first; the channel itself is not asked unless it is named too.

    Raises:
        FetchError: A part is no pair of addresses.
    """
    found: dict[str, tuple[str, ...]] = {}
    for part in re.split(r"[\s,]+", text.strip()):
        if not part:
            continue
        channel, _, mirror = part.partition("=")
        if {urlsplit(channel).scheme, urlsplit(mirror).scheme} - _SCHEMES:
            raise FetchError(
                "expected pairs of addresses, CHANNEL=MIRROR",
                key=VARIABLE,
                hint="https://conda.example.org/channel=http://127.0.0.1:8000/channel",
            )
        key = channel.rstrip("/")
        found[key] = (*found.get(key, ()), mirror.rstrip("/"))
    return found


def mirrored(url: str, mirrors: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the addresses to ask in place of *url*, the first one first.

    The longest address that *url* lies beneath counts; without one it is *url* itself.
    """
    fitting = [key for key in mirrors if f"{url}/".startswith(f"{key.rstrip('/')}/")]
    if not fitting:
        return (url,)
    key = max(fitting, key=len)
    rest = url.removeprefix(key.rstrip("/"))
    return tuple(mirror.rstrip("/") + rest for mirror in mirrors[key])
