"""What one tool says in one place, before the places are put together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from noxlock.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Layer", "Machine", "Setting", "as_number", "as_path", "as_switch", "as_url"]

_YES: Final = {"y", "yes", "t", "true", "on", "1"}
_NO: Final = {"n", "no", "f", "false", "off", "0"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A value and where the user put it, for errors."""

    value: str = field(repr=False)
    """An address, which may hold a password, or the path of a file."""
    origin: str
    """`PIP_INDEX_URL`, or a file and the key in it: `/etc/pip.conf: global.cert`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """The facts of the machine that decide which settings hold."""

    environ: Mapping[str, str]
    home: Path
    project: Path
    """The project's folder: uv reads its files there."""
    platform: str
    """As `sys.platform` says it."""
    system: Path
    """Root of the machine's own files."""
    site: Path
    """Prefix of the virtual environment in use; pip reads a file there."""

    def variable(self, name: str) -> Setting | None:
        """Return a variable; an empty one counts as none, as pip has it."""
        value = self.environ.get(name, "").strip()
        return Setting(value=value, origin=name) if value else None

    def config_folders(self) -> Iterator[Path]:
        """Yield the machine's own configuration folders, the strongest first."""
        match self.platform:
            case "win32":
                yield Path(self.environ.get("PROGRAMDATA") or "C:\\ProgramData")
            case "darwin":
                yield self.system / "Library" / "Application Support"
            case _:
                named = self.environ.get("XDG_CONFIG_DIRS") or ""
                folders = [Path(item) for item in named.split(":") if item]
                yield from folders or [self.system / "etc" / "xdg"]

    def user_folder(self) -> Path:
        """Return the folder of the user's own configuration."""
        if self.platform == "win32":
            roaming = self.environ.get("APPDATA")
            return Path(roaming) if roaming else self.home / "AppData" / "Roaming"
        named = self.environ.get("XDG_CONFIG_HOME")
        return Path(named) if named else self.home / ".config"


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """What one tool says in one place: its variables, or its files."""

    index: Setting | None = None
    extra_indexes: tuple[Setting, ...] = ()
    find_links: tuple[Setting, ...] = ()
    named: tuple[Setting, ...] = ()
    """Indexes that are not asked, but whose credentials hold for their host."""
    no_index: bool | None = None
    cert: Setting | None = None
    client_cert: Setting | None = None
    trusted_hosts: tuple[str, ...] = ()
    proxy: str | None = None
    keyring: bool | None = None
    timeout: float | None = None
    retries: int | None = None

    def over(self, other: Layer) -> Layer:
        """Return both as one; where both say one thing, this one is right."""

        def first(name: str) -> object:
            mine = getattr(self, name)
            return getattr(other, name) if mine is None else mine

        def both(name: str) -> tuple[object, ...]:
            return (*getattr(self, name), *getattr(other, name))

        single = ("index", "no_index", "cert", "client_cert", "proxy", "keyring")
        several = ("extra_indexes", "find_links", "named", "trusted_hosts")
        values = {name: first(name) for name in (*single, "timeout", "retries")}
        values |= {name: both(name) for name in several}
        return replace(self, **values)  # type: ignore[arg-type]  # each from its field


def as_path(text: str, folder: Path, home: Path) -> Path:
    """Return a path as the user wrote it: `~` is home, else relative to *folder*."""
    if text == "~" or text.startswith(("~/", "~\\")):
        return home / text[2:]
    return folder / text


def as_url(text: str, folder: Path, home: Path) -> str:
    """Return an address as it is, and a path as a `file:` address."""
    if urlsplit(text).scheme in {"http", "https", "file"}:
        return text
    return as_path(text, folder, home).resolve().as_uri()


def as_number(setting: Setting) -> float:
    """Return a number of seconds or of tries."""
    try:
        number = float(setting.value)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise _refuse(setting, "a number, 0 or more")
    return number


def as_switch(setting: Setting) -> bool:
    """Return what is switched on or off, in the words that pip takes."""
    word = setting.value.lower()
    if word not in _YES | _NO:
        raise _refuse(setting, "true or false")
    return word in _YES


def _refuse(setting: Setting, expected: str) -> FetchError:
    file, found, key = setting.origin.rpartition(": ")
    return FetchError(
        f"expected {expected}, found `{setting.value}`",
        file=file if found else None,
        key=key,
        hint=f"correct {setting.origin}, or remove it",
    )
