"""nox shows whatever any library logs; here it learns not to."""

from __future__ import annotations

import logging

__all__ = ["quiet_libraries"]

_HANDLER = "nox-stream-handler"


def _is_for_people(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "nox" or record.levelno >= logging.WARNING


def quiet_libraries() -> None:
    """Let only nox itself and warnings through to nox's output."""
    for handler in logging.getLogger().handlers:
        if handler.name == _HANDLER:
            handler.addFilter(_is_for_people)  # the same filter twice is one
