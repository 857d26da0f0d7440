"""nox shows whatever any library logs; here it learns not to."""

from __future__ import annotations

import logging

__all__ = ["quiet_libraries"]

_HANDLER = "nox-stream-handler"


# nox looks for uv whatever the backend, and says so where there is none.
_OF_NO_USE = "uv binary not found."


def _is_for_people(record: logging.LogRecord) -> bool:
    if record.levelno >= logging.WARNING:
        return True
    return record.name.partition(".")[0] == "nox" and record.msg != _OF_NO_USE


def quiet_libraries() -> None:
    """Let only nox itself and warnings through to nox's output."""
    for handler in logging.getLogger().handlers:
        if handler.name == _HANDLER:
            handler.addFilter(_is_for_people)  # the same filter twice is one
