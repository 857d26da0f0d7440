"""What py-rattler says of a solve that failed, in words that a user can act on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from noxlock.errors import SolveError
from noxlock.locks.conda_lock_writer import plain_channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from noxlock.locks.environment_yml import Wanted

__all__ = ["Unread", "unreachable", "unsolvable"]

_NONE: Final = re.compile(
    r"No candidates were found for (\S+)( \S.*?)?\.?$", re.MULTILINE
)
_LEAD: Final = (
    "Cannot solve the request because of:",
    "The following packages are incompatible",
)
_URL: Final = re.compile(r"(?:url \(|channel ')([^)']+)")
_BRANCH: Final = "│├└─ "


def unsolvable(text: str, wanted: Wanted, newest: datetime | None) -> SolveError:
    """Return the error for what the solver says, *text*.

    Its last line is what contradicts the rest; a repeated line is said once.
    """
    channels = ", ".join(plain_channel(one)[0] for one in wanted.channels)
    if found := _NONE.search(text):
        file, number = _place(wanted, found[1])
        until = f" up to {newest:%Y-%m-%d}" if newest else ""
        return SolveError(
            f"no package `{found[1]}` for {wanted.platform} in {channels}{until}",
            file=file,
            line=number,
            hint="check its name; a selector, `# [linux]`, asks for it elsewhere only",
        )
    lines: list[str] = []
    for line in text.splitlines():
        plain = line
        for lead in _LEAD:
            plain = plain.replace(lead, "")
        plain = re.sub(r" \* (can)", r" \1", plain.rstrip())
        if plain.strip(_BRANCH) and _bare(plain) not in map(_bare, lines):
            lines.append(f"  {_tidy(plain)}")
    what = "\n".join(
        [f"the requirements contradict each other on {wanted.platform}:", *lines]
    )
    return SolveError(what, hint=_hint(wanted, newest))


@dataclass(frozen=True, slots=True)
class Unread:
    """Channels of one target that could not all be read."""

    text: str
    """What the gateway says."""
    places: Mapping[str, Sequence[str]]
    """The listed channels, and the addresses that each is asked at."""


def unreachable(unread: Unread, others: Iterable[Unread] = ()) -> SolveError:
    """Return the error for a channel that cannot be read, in one line that names it.

    Of requests that share a failure, the gateway names the address for one only: of
    *others*, those of the same channels tell what *unread* does not.
    """
    places = unread.places
    told = [unread.text, *(one.text for one in others if one.places == places)]
    text = next((one for one in told if _URL.search(one)), told[0])
    found = _URL.findall(text)
    asked = found[0] if found else ""
    named = {
        plain_channel(channel)[0]: addresses
        for channel, addresses in places.items()
        if any(url.startswith(one.rstrip("/")) for url in found for one in addresses)
    }
    if not named and not asked:
        named = {plain_channel(one)[0]: at for one, at in places.items()}
    shown = " or ".join(f"`{one}`" for one in named) or f"`{_host(asked)}`"
    if "could not find subdir" in text or "404" in text:
        return SolveError(
            f"there is no conda channel {shown}: it has no repodata.json",
            hint="check its name",
        )
    causes = [line.removeprefix("Caused by: ") for line in text.splitlines()]
    why = causes[-1].strip() if causes else "no reason given"
    mirrors = [
        plain_channel(one)[0]
        for addresses in named.values()
        for one in addresses
        if plain_channel(one)[0].rstrip("/") not in named
    ]
    at = f" at {', '.join(mirrors)}" if mirrors else ""
    return SolveError(
        f"the conda channel {shown} cannot be reached{at}: {why}",
        hint="NOXLOCK_CONDA_MIRRORS=CHANNEL=MIRROR names a mirror that can be",
    )


def _place(wanted: Wanted, name: str) -> tuple[str | None, int | None]:
    for spec in wanted.conda:
        if spec.name == name:
            return spec.file, spec.line
    return None, None


def _bare(line: str) -> str:
    return line.strip(_BRANCH)


def _tidy(line: str) -> str:
    return line.replace(
        ", which can be installed with any of the following options", ""
    )


def _host(place: str) -> str:
    return urlsplit(place).hostname or place


def _hint(wanted: Wanted, newest: datetime | None) -> str:
    hints = []
    if len(wanted.channels) > 1:
        first = plain_channel(wanted.channels[0])[0]
        hints.append(
            f"a package comes from the first channel that has it, here {first} first;"
            " `CHANNEL::NAME` asks for another"
        )
    if newest:
        hints.append(f"nothing newer than {newest:%Y-%m-%d} counts (exclude-newer)")
    return "; ".join(hints) or "loosen one of them in environment.yml"
