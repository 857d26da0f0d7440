"""The values of recorded runs, for outputs that are compared as distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from noxlock.workflows.baselines.documents import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["encode_samples", "parse_samples"]

_Samples: TypeAlias = dict[str, dict[str, tuple[float, ...]]]


def encode_samples(samples: Mapping[str, Mapping[str, tuple[float, ...]]]) -> bytes:
    """Return the bytes of `samples.json`."""
    return encode({output: dict(keys) for output, keys in samples.items()})


def parse_samples(data: bytes, file: str) -> _Samples:
    """Return, by output and key, the values that *data* holds.

    Raises:
        CompareError: It is damaged.
    """
    return decode(data, dict[str, dict[str, tuple[float, ...]]], file)
