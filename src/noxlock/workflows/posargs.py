"""What follows `--` on nox's command line, parsed: errors are those of definitions."""

from __future__ import annotations

import argparse
from typing import NoReturn

from noxlock.errors import DefinitionError

__all__ = ["PosargsParser"]


class PosargsParser(argparse.ArgumentParser):
    """Parses the options of one session.

    Args:
        session: Its name, the key of errors.
        hint: What is said besides an error: which options are known.
    """

    def __init__(self, session: str, hint: str) -> None:
        super().__init__(prog=session, add_help=False, allow_abbrev=False)
        self._hint = hint

    def error(self, message: str) -> NoReturn:
        """Raise `DefinitionError` in place of the exit that argparse makes."""
        raise DefinitionError(message, key=self.prog, hint=self._hint)

    def add_count(self, *flags: str, default: int | None = None) -> None:
        """Add an option that takes a whole number from 1 on."""
        self.add_argument(*flags, metavar="N", type=_positive, default=default)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is no whole number") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is less than 1")
    return number
