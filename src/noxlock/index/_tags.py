"""The wheel tags of a target, until `noxlock.plan` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags

if TYPE_CHECKING:
    from packaging.tags import Tag

    from noxlock.model import Target

__all__ = ["tags"]


def tags(target: Target) -> tuple[Tag, ...]:
    """Return the tags that fit, the best first."""
    python = tuple(int(part) for part in target.python.split(".")[:2])
    minor = target.glibc[1]
    platforms = [f"manylinux_2_{n}_x86_64" for n in range(minor, 4, -1)]
    platforms.append("linux_x86_64")
    interpreter = f"cp{python[0]}{python[1]}"
    return (
        *cpython_tags(python, platforms=platforms),
        *compatible_tags(python, interpreter, platforms),
    )
