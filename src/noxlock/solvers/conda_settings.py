"""Where channels are: rattler's own configuration, and mirrors of the user's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from noxlock.errors import SolveError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rattler.config import Config

__all__ = ["MIRRORS", "channel_url", "load_config", "mirrored", "mirrors"]

MIRRORS: Final = "NOXLOCK_CONDA_MIRRORS"
"""`CHANNEL=MIRROR`, several apart by spaces or commas; CHANNEL a name or an address."""

_PAIR: Final = re.compile(r"([^=]+?)/*=(https?://.+|file://.+)")
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def mirrors(environ: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the mirrors of each channel's address that NOXLOCK_CONDA_MIRRORS names.

    Raises:
        SolveError: It is malformed.
    """
    found: dict[str, list[str]] = {}
    for part in re.split(r"[\s,]+", environ.get(MIRRORS, "").strip()):
        if not part:
            continue
        pair = _PAIR.fullmatch(part)
        if pair is None:
            raise SolveError(
                f"{MIRRORS}: `{part}` is not CHANNEL=MIRROR",
                hint="as conda-forge=https://mirror.example.org/conda-forge",
            )
        address = channel_url(pair[1], environ).rstrip("/")
        found.setdefault(address, []).append(pair[2].rstrip("/"))
    return found


def load_config(
    environ: Mapping[str, str], files: Sequence[Path] | None = None
) -> Config:
    """Return rattler's configuration, the mirrors of the user's variable over it.

    Args:
        environ: The user's variables.
        files: Configuration files; None: those that rattler's tools share, as
            ~/.config/rattler/config.toml, and ~/.noxlock/config.toml.

    Raises:
        SolveError: A file or the variable is malformed.
    """
    from rattler.config import Config  # noqa: PLC0415 - only when conda is used
    from rattler.exceptions import ConfigError  # noqa: PLC0415

    try:
        if files is None:
            config = Config.load_from_default_locations("noxlock")
        else:
            config = Config.load_from_files([*files])
    except ConfigError as error:
        what = " ".join(str(error).split())
        raise SolveError(f"the configuration of rattler is malformed: {what}") from None
    table = mirrors(environ)
    if not table:
        return config
    lines = (f"{json.dumps(url)} = {json.dumps(to)}" for url, to in table.items())
    return config.merge(Config.from_toml("\n".join(["[mirrors]", *lines])))


def mirrored(url: str, table: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the addresses to ask in place of *url*, the first one first.

    The longest address of *table* that *url* lies beneath counts; without one it is
    *url* itself.
    """
    fitting = [key for key in table if f"{url}/".startswith(f"{key.rstrip('/')}/")]
    if not fitting:
        return (url,)
    key = max(fitting, key=len)
    rest = url.removeprefix(key.rstrip("/"))
    return tuple(mirror.rstrip("/") + rest for mirror in table[key])


def channel_url(text: str, environ: Mapping[str, str]) -> str:
    """Return the address of a channel; a bare name is one of the public host.

    `$NAME` and `${NAME}` are taken from *environ*, as conda-lock does.

    Raises:
        SolveError: It is no channel, or names a variable that is not set.
    """
    import rattler  # noqa: PLC0415 - only when conda is used
    from rattler.exceptions import InvalidChannelError  # noqa: PLC0415

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environ:
            raise SolveError(f"the channel `{text}` names ${name}, which is not set")
        return environ[name]

    try:
        return rattler.Channel(_VARIABLE.sub(value, text)).base_url
    except InvalidChannelError as error:
        raise SolveError(f"`{text}` is no conda channel: {error}") from None
