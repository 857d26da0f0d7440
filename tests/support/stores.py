"""What the tests of the store share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import Sha256
    from support.wheels import WheelOptions

__all__ = ["Put"]


class Put(Protocol):
    """Makes a wheel and puts it into the store."""

    def __call__(
        self,
        name: str,
        files: Mapping[str, str | bytes] | None = None,
        **options: Unpack[WheelOptions],
    ) -> Sha256:
        """Return the digest of the wheel, version 1.0."""
        ...
