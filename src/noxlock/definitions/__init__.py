"""Read and validate definitions: text in, `Definitions` out, no file is opened here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock._lazy import lazily

if TYPE_CHECKING:
    from noxlock.definitions.checks import baseline_folder
    from noxlock.definitions.command import Command, commands, parse_command
    from noxlock.definitions.formats import FORMATS, SCHEMA_FILE
    from noxlock.definitions.load import (
        Merged,
        Parsed,
        load_definitions,
        merge,
        parse_call,
        parse_definitions,
    )
    from noxlock.definitions.locks import LockKind, kind_of_lock, subdir_of
    from noxlock.definitions.places import locate
    from noxlock.definitions.profiles import BUILTIN_PROFILES, CPU_LEVELS
    from noxlock.definitions.schema import json_schema
    from noxlock.definitions.sizes import parse_size
    from noxlock.definitions.validation import session_names, validate

__all__ = [
    "BUILTIN_PROFILES",
    "CPU_LEVELS",
    "FORMATS",
    "SCHEMA_FILE",
    "Command",
    "LockKind",
    "Merged",
    "Parsed",
    "baseline_folder",
    "commands",
    "json_schema",
    "kind_of_lock",
    "load_definitions",
    "locate",
    "merge",
    "parse_call",
    "parse_command",
    "parse_definitions",
    "parse_size",
    "session_names",
    "subdir_of",
    "validate",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "checks": "baseline_folder",
            "command": "Command commands parse_command",
            "formats": "FORMATS SCHEMA_FILE",
            "load": "Merged Parsed load_definitions merge parse_call parse_definitions",
            "locks": "LockKind kind_of_lock subdir_of",
            "places": "locate",
            "profiles": "BUILTIN_PROFILES CPU_LEVELS",
            "schema": "json_schema",
            "sizes": "parse_size",
            "validation": "session_names validate",
        },
    )
