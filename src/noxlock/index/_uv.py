"""What uv's variables and files say about indexes, by uv's own rules."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from noxlock.errors import FetchError
from noxlock.index._layer import Layer, Setting, as_number, as_switch, as_url
from noxlock.index._logins import login_of, read_logins, with_login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.index._layer import Machine

__all__ = ["uv_layers"]

_T = TypeVar("_T")
_Places: TypeAlias = list[Setting]
_Indexes: TypeAlias = tuple[Setting | None, _Places, _Places, _Places]
_NAMED: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*)=(.+)")
_KINDS: Final = {
    str: "a string",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def uv_layers(machine: Machine) -> tuple[Layer, Layer, Layer]:
    """Return what uv's variables say, the project's files, and the user's files.

    Raises:
        FetchError: A file is malformed, or a value is not of its kind.
    """
    variables = _variables(machine)
    chosen = machine.variable("UV_CONFIG_FILE")
    if chosen:
        path = machine.project / chosen.value
        return variables, _file(path, machine, required=True), Layer()
    skip = machine.variable("UV_NO_CONFIG")
    if skip and as_switch(skip):
        return variables, Layer(), Layer()
    users = Layer()
    for folder in (machine.user_folder(), *_system(machine)):
        users = users.over(_file(folder / "uv" / "uv.toml", machine))
    return variables, _project(machine), users


def _variables(machine: Machine) -> Layer:
    index = machine.variable("UV_DEFAULT_INDEX") or machine.variable("UV_INDEX_URL")
    extra = [
        *_words(machine.variable("UV_INDEX"), r"\s+"),
        *_words(machine.variable("UV_EXTRA_INDEX_URL"), r"\s+"),
    ]
    links = _words(machine.variable("UV_FIND_LINKS"), r"[,\s]+")
    timeout = machine.variable("UV_HTTP_TIMEOUT")
    retries = machine.variable("UV_HTTP_RETRIES")
    no_index = machine.variable("UV_NO_INDEX")
    hosts = machine.variable("UV_INSECURE_HOST")
    base = machine.project
    return Layer(
        index=_named(index, base, machine) if index else None,
        extra_indexes=tuple(_named(item, base, machine) for item in extra),
        find_links=tuple(_plain(item, base, machine) for item in links),
        no_index=as_switch(no_index) if no_index else None,
        trusted_hosts=tuple(hosts.value.split()) if hosts else (),
        timeout=as_number(timeout) if timeout else None,
        retries=int(as_number(retries)) if retries else None,
    )


def _words(setting: Setting | None, separator: str) -> list[Setting]:
    if setting is None:
        return []
    items = re.split(separator, setting.value)
    return [Setting(value=item, origin=setting.origin) for item in items if item]


def _plain(setting: Setting, base: Path, machine: Machine) -> Setting:
    value = as_url(setting.value, base, machine.home)
    return Setting(value=value, origin=setting.origin)


def _named(setting: Setting, base: Path, machine: Machine) -> Setting:
    # uv, "Package indexes": --index takes <name>=<url>, or an address alone.
    found = _NAMED.fullmatch(setting.value)
    if found is None:
        return _plain(setting, base, machine)
    alone = Setting(value=found[2], origin=setting.origin)
    return _with_credentials(_plain(alone, base, machine), found[1], machine)


def _with_credentials(setting: Setting, name: str, machine: Machine) -> Setting:
    login = login_of(read_logins(machine), name)
    return Setting(value=with_login(setting.value, login), origin=setting.origin)


def _system(machine: Machine) -> Iterator[Path]:
    yield from machine.config_folders()
    if machine.platform != "win32":
        yield machine.system / "etc"


def _project(machine: Machine) -> Layer:
    # uv: the nearest folder upwards; there, uv.toml keeps [tool.uv] out.
    for folder in (machine.project, *machine.project.parents):
        if (folder / "uv.toml").is_file():
            return _file(folder / "uv.toml", machine)
        path = folder / "pyproject.toml"
        tool = _load(path).get("tool") if path.is_file() else None
        if isinstance(tool, dict) and isinstance(tool.get("uv"), dict):
            return _Table(tool["uv"], path, "tool.uv.", machine).layer()
    return Layer()


def _file(path: Path, machine: Machine, *, required: bool = False) -> Layer:
    if not required and not path.is_file():
        return Layer()
    return _Table(_load(path), path, "", machine).layer()


def _load(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FetchError(
            f"uv's configuration cannot be read: {error}", file=str(path)
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise FetchError(f"not valid TOML: {error}", file=str(path)) from error


class _Table:
    """The options of one file, each checked for its kind where it is read."""

    def __init__(
        self, data: dict[str, object], path: Path, at: str, machine: Machine
    ) -> None:
        self.data, self.path, self.at, self.machine = data, path, at, machine

    def layer(self) -> Layer:
        index, extra, named, flat = self.indexes()
        url = self.get("index-url", str)
        if index is None and url is not None:
            index = self.place("index-url", url)
        extra += self.places("extra-index-url")
        return Layer(
            index=index,
            extra_indexes=tuple(extra),
            find_links=(*flat, *self.places("find-links")),
            named=tuple(named),
            no_index=self.get("no-index", bool),
            trusted_hosts=tuple(self.strings("allow-insecure-host")),
        ).over(self.pip())

    def pip(self) -> Layer:
        # uv, "Settings": the options of [pip] hold for `uv pip` only; they come last.
        table = self.get("pip", dict)
        if table is None:
            return Layer()
        return _Table(table, self.path, f"{self.at}pip.", self.machine).layer()

    def indexes(self) -> _Indexes:
        """Return the default index, the others, the explicit and the flat ones."""
        default: Setting | None = None
        extra: list[Setting] = []
        named: list[Setting] = []
        flat: list[Setting] = []
        for number, item in enumerate(self.get("index", list) or []):
            at = f"{self.at}index[{number}]."
            if not isinstance(item, dict):
                raise self.refuse(f"index[{number}]", "a table")
            entry = _Table(item, self.path, at, self.machine)
            url = entry.get("url", str)
            if url is None:
                raise entry.refuse("url", "an address")
            place = entry.place("url", url)
            if name := entry.get("name", str):
                place = _with_credentials(place, name, self.machine)
            if entry.get("explicit", bool):
                named.append(place)
            elif entry.get("format", str) == "flat":
                flat.append(place)
            elif entry.get("default", bool) and default is None:
                default = place
            else:
                extra.append(place)
        return default, extra, named, flat

    def get(self, key: str, kind: type[_T]) -> _T | None:
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, kind):
            raise self.refuse(key, _KINDS[kind])
        return value

    def strings(self, key: str) -> list[str]:
        values = self.get(key, list) or []
        if not all(isinstance(value, str) for value in values):
            raise self.refuse(key, "a list of strings")
        return values

    def places(self, key: str) -> list[Setting]:
        return [self.place(key, text) for text in self.strings(key)]

    def place(self, key: str, text: str) -> Setting:
        origin = f"{self.path}: {self.at}{key}"
        value = as_url(text, self.path.parent, self.machine.home)
        return Setting(value=value, origin=origin)

    def refuse(self, key: str, expected: str) -> FetchError:
        value = self.data.get(key)
        found = "nothing" if value is None else type(value).__name__
        return FetchError(
            f"expected {expected}, found {found}",
            file=str(self.path),
            key=f"{self.at}{key}",
        )
