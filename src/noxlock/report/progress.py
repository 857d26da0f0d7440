"""What a long step says while it runs; the terminal's own form is `report.terminal`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = ["Progress", "Quiet", "Task"]


class Task(Protocol):
    """One bar, or one line, of a step that can be counted."""

    def advance(self, amount: int = 1, /) -> None:
        """Count *amount* more: bytes or items, as the task began."""
        ...


class Progress(Protocol):
    """Where the effects layers say what they do; text for people, so never stdout."""

    def say(self, message: str, /) -> None:
        """Say one line."""
        ...

    def warn(self, message: str, /) -> None:
        """Say one line that the user should not miss."""
        ...

    def task(
        self, title: str, /, *, total: int | None = None, unit: str = "items"
    ) -> AbstractContextManager[Task]:
        """Begin a step of *total* items or bytes; its end is the context's."""
        ...


class _Silence:
    def advance(self, amount: int = 1, /) -> None:
        """Count nothing."""


class Quiet:
    """Says nothing: for callers that want the result only."""

    def say(self, message: str, /) -> None:
        """Say nothing."""

    def warn(self, message: str, /) -> None:
        """Say nothing."""

    @contextmanager
    def task(
        self,
        title: str,  # noqa: ARG002
        /,
        *,
        total: int | None = None,  # noqa: ARG002
        unit: str = "items",  # noqa: ARG002
    ) -> Iterator[Task]:
        """Begin a step that nobody watches."""
        yield _Silence()
