"""What pip's variables and files say about indexes, by pip's own rules."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING, Final

from noxlock.errors import FetchError
from noxlock.index._layer import Layer, Setting, as_number, as_switch, as_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.index._layer import Machine

__all__ = ["pip_layers"]

# pip, "Configuration": a command's own section comes before [global].
_SECTIONS: Final = ("install", "download", "global")


class _Parser(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr.lower().replace("_", "-").removeprefix("--")


def pip_layers(machine: Machine) -> tuple[Layer, Layer]:
    """Return what pip's variables say, and what its files say besides.

    Raises:
        FetchError: A file is malformed, or a value is not of its kind.
    """
    options = _files(machine)
    variables = {
        name: setting
        for key in machine.environ
        if (name := _name(key)) and (setting := machine.variable(key))
    }
    beside = {key: value for key, value in options.items() if key not in variables}
    return _layer(variables, machine), _layer(beside, machine)


def _name(variable: str) -> str:
    found = variable.upper().startswith("PIP_")
    return variable[4:].lower().replace("_", "-") if found else ""


def _layer(options: dict[str, Setting], machine: Machine) -> Layer:
    timeout = options.get("timeout") or options.get("default-timeout")
    index = options.get("index-url")
    proxy, hosts = options.get("proxy"), options.get("trusted-host")
    no_index, retries = options.get("no-index"), options.get("retries")
    keyring = options.get("keyring-provider")
    return Layer(
        index=_places(index, machine)[0] if index else None,
        extra_indexes=_places(options.get("extra-index-url"), machine),
        find_links=_places(options.get("find-links"), machine),
        no_index=as_switch(no_index) if no_index else None,
        cert=options.get("cert"),
        client_cert=options.get("client-cert"),
        trusted_hosts=tuple(hosts.value.split()) if hosts else (),
        proxy=proxy.value if proxy else None,
        keyring=keyring.value.lower() != "disabled" if keyring else None,
        timeout=as_number(timeout) if timeout else None,
        retries=int(as_number(retries)) if retries else None,
    )


def _places(setting: Setting | None, machine: Machine) -> tuple[Setting, ...]:
    if setting is None:
        return ()
    return tuple(
        Setting(
            value=as_url(item, machine.project, machine.home), origin=setting.origin
        )
        for item in setting.value.split()
    )


def _files(machine: Machine) -> dict[str, Setting]:
    found: dict[tuple[str, str], Setting] = {}
    for path in _paths(machine):
        for section, key, value in _read(path):
            origin = f"{path}: {section}.{key}"
            found[section, key] = Setting(value=value, origin=origin)
    return {
        key: found[section, key]
        for section in reversed(_SECTIONS)
        for (place, key), setting in found.items()
        if place == section and setting.value  # an empty value takes back another's
    }


def _paths(machine: Machine) -> Iterator[Path]:
    # pip, `iter_config_files`: later files win; a file named by PIP_CONFIG_FILE wins
    # over all and keeps the user's out; the null device keeps every file out.
    named = machine.variable("PIP_CONFIG_FILE")
    if named and named.value in {"/dev/null", "nul"}:
        return
    basename = "pip.ini" if machine.platform == "win32" else "pip.conf"
    chosen = machine.project / named.value if named else None
    for folder in machine.config_folders():
        yield folder / "pip" / basename
    if machine.platform not in {"win32", "darwin"}:
        yield machine.system / "etc" / basename
    if not (chosen and chosen.is_file()):
        legacy = "pip" if machine.platform == "win32" else ".pip"
        yield machine.home / legacy / basename
        yield _user_folder(machine) / "pip" / basename
    yield machine.site / basename
    if chosen:
        yield chosen


def _user_folder(machine: Machine) -> Path:
    support = machine.home / "Library" / "Application Support"
    if machine.platform != "darwin":
        return machine.user_folder()
    return support if (support / "pip").is_dir() else machine.home / ".config"


def _read(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, UnicodeDecodeError) as error:
        raise FetchError(
            f"pip's configuration cannot be read: {error}", file=str(path)
        ) from error
    parser = _Parser()
    try:
        parser.read_string(text, source=path.name)
    except configparser.Error as error:
        raise FetchError(
            f"not a valid pip configuration: {error.message.splitlines()[0]}",
            file=str(path),
            key=getattr(error, "section", ""),
            line=getattr(error, "lineno", None),
            hint="`pip config debug` shows the files that pip reads",
        ) from error
    for section in parser.sections():
        for key, value in parser.items(section):
            yield section, key, value.strip()
