"""Read and validate definitions: text in, `Definitions` out, no file is opened here."""

from __future__ import annotations

from noxlock.definitions.command import Command, parse_command
from noxlock.definitions.formats import FORMATS
from noxlock.definitions.load import (
    Merged,
    Parsed,
    load_definitions,
    merge,
    parse_call,
    parse_definitions,
)
from noxlock.definitions.locks import LockKind, kind_of_lock, subdir_of
from noxlock.definitions.schema import SCHEMA_FILE, json_schema
from noxlock.definitions.validate import commands, session_names, validate

__all__ = [
    "FORMATS",
    "SCHEMA_FILE",
    "Command",
    "LockKind",
    "Merged",
    "Parsed",
    "commands",
    "json_schema",
    "kind_of_lock",
    "load_definitions",
    "merge",
    "parse_call",
    "parse_command",
    "parse_definitions",
    "session_names",
    "subdir_of",
    "validate",
]
