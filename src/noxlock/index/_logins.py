"""Credentials of indexes by the name that the project calls them, as Poetry and uv."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from noxlock.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.index._layer import Machine

__all__ = ["login_of", "read_logins", "with_login"]

_PREFIXES = ("POETRY_HTTP_BASIC_", "UV_INDEX_")


def read_logins(machine: Machine) -> dict[str, tuple[str, str]]:
    """Return user and password by index, its name as variables have it.

    Poetry's POETRY_HTTP_BASIC_<NAME>_USERNAME and _PASSWORD come before uv's
    UV_INDEX_<NAME>_*, and both before Poetry's `auth.toml`.

    Raises:
        FetchError: `auth.toml` is malformed.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, user, password in (*_variables(machine), *_file(machine)):
        found.setdefault(_word(name), (user, password))
    return found


def login_of(
    logins: dict[str, tuple[str, str]], name: str | None
) -> tuple[str, str] | None:
    """Return user and password of the index that is called *name*."""
    return logins.get(_word(name)) if name else None


def with_login(url: str, login: tuple[str, str] | None) -> str:
    """Return *url* with user and password in it."""
    parts = urlsplit(url)
    if login is None or parts.scheme == "file":
        return url
    user, password = (quote(word, safe="") for word in login)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{user}:{password}@{host}" if password else f"{user}@{host}"
    return urlunsplit(parts._replace(netloc=netloc))


def _word(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _variables(machine: Machine) -> Iterator[tuple[str, str, str]]:
    for prefix in _PREFIXES:
        for variable in machine.environ:
            name, is_login, kind = variable.removeprefix(prefix).rpartition("_")
            known = is_login and kind in {"USERNAME", "PASSWORD"}
            if known and variable.startswith(prefix):
                user = machine.variable(f"{prefix}{name}_USERNAME")
                password = machine.variable(f"{prefix}{name}_PASSWORD")
                yield (
                    name,
                    user.value if user else "",
                    password.value if password else "",
                )


def _file(machine: Machine) -> Iterator[tuple[str, str, str]]:
    path = _folder(machine) / "auth.toml"
    if not path.is_file():
        return
    try:
        root = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FetchError(
            f"Poetry's credentials cannot be read: {error}", file=str(path)
        ) from error
    table = root.get("http-basic", {})
    for name, login in table.items() if isinstance(table, dict) else ():
        words = login if isinstance(login, dict) else {}
        user, password = words.get("username"), words.get("password", "")
        if not (isinstance(user, str) and isinstance(password, str)):
            raise FetchError(
                "expected a table with `username` and `password`, both strings",
                file=str(path),
                key=f"http-basic.{name}",
            )
        yield name, user, password


def _folder(machine: Machine) -> Path:
    named = machine.variable("POETRY_CONFIG_DIR")
    if named:
        return machine.project / named.value
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support" / "pypoetry"
    return machine.user_folder() / "pypoetry"
