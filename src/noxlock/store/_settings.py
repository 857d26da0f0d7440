"""What the user's environment says about the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from noxlock.errors import StoreError
from noxlock.store._manifest import Checking
from noxlock.store._place import LinkMode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

__all__ = ["Settings", "read_settings"]

_S = TypeVar("_S", bound="StrEnum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How a store links and checks."""

    mode: LinkMode
    checking: Checking


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return what `NOXLOCK_LINK_MODE` and `NOXLOCK_VERIFY` say.

    Raises:
        StoreError: One of them has a value that it cannot have.
    """
    return Settings(
        mode=_choice(environ, "NOXLOCK_LINK_MODE", LinkMode, LinkMode.AUTO),
        checking=_choice(environ, "NOXLOCK_VERIFY", Checking, Checking.FULL),
    )


def _choice(
    environ: Mapping[str, str], variable: str, choices: type[_S], default: _S
) -> _S:
    text = environ.get(variable, "")
    try:
        return choices(text.lower()) if text else default
    except ValueError as error:
        raise StoreError(
            f"`{text}` is no value for {variable}",
            hint=f"one of: {', '.join(choices)}",
        ) from error
