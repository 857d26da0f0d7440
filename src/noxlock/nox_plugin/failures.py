"""Errors a user can fix, told in nox's own way: no traceback, the right exit status."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nox.command import CommandFailed
from nox.logger import logger
from nox.virtualenv import InterpreterNotFound

from noxlock.errors import InterpreterError, NoxlockError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MissingInterpreter", "exits", "reported"]

BAD_INPUT = 2
"""Exit status of a noxfile that cannot be loaded, as nox itself has it."""


class MissingInterpreter(InterpreterNotFound):
    """What nox skips a session for, or fails it where it is told to, as in CI."""

    def __init__(self, error: InterpreterError) -> None:
        super().__init__(error.what)
        self.message = f"{error} ({error.hint})" if error.hint else str(error)

    def __str__(self) -> str:
        """Return what is missing and what there is."""
        return self.message


@contextmanager
def reported() -> Iterator[None]:
    """Turn errors inside a session into its failure, said in nox's log."""
    try:
        yield
    except InterpreterError as error:
        raise MissingInterpreter(error) from None
    except NoxlockError as error:
        logger.error(str(error))
        if error.hint:
            logger.error(f"hint: {error.hint}")
        raise CommandFailed(error.what) from None


@contextmanager
def exits() -> Iterator[None]:
    """Turn errors in the noxfile itself into a message and exit status 2."""
    try:
        yield
    except NoxlockError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - for people, to stderr
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)  # noqa: T201
        raise SystemExit(BAD_INPUT) from None
