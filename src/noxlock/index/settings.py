"""The user's own settings of indexes: pip's and uv's, put together."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.index._layer import Layer, Machine, Setting
from noxlock.index._logins import read_logins
from noxlock.index._pip import pip_layers
from noxlock.index._uv import uv_layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["IndexSettings", "Setting", "read_settings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexSettings:
    """Where the user's artifacts come from, and how they are reached."""

    index: Setting | None = None
    """The default index's simple page; None: the public one that unearth knows."""
    extra_indexes: tuple[Setting, ...] = ()
    find_links: tuple[Setting, ...] = ()
    """Folders and pages that list files of any project."""
    named: tuple[Setting, ...] = ()
    """Indexes that are not asked, but whose credentials hold for their host."""
    logins: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """User and password by the name that the project calls an index."""
    no_index: bool = False
    """Whether no index may be asked: only find-links and fixed addresses are left."""
    cert: Setting | None = None
    """File or folder of the certificate authorities to trust, instead of the usual."""
    client_cert: Setting | None = None
    """File of the client's own certificate and key."""
    trusted_hosts: tuple[str, ...] = ()
    """Hosts, or `host:port`, whose certificate is not checked."""
    proxy: str | None = None
    """None: as the usual variables of the process say."""
    keyring: bool = True
    """Whether the keyring may be asked for a password."""
    timeout: float = 15.0
    """Seconds that a connection may be silent."""
    retries: int = 4
    """How often a failed request is repeated."""
    backoff: float = 0.25
    """Seconds before the first repetition; each later one waits twice as long."""


def read_settings(
    environ: Mapping[str, str],
    home: Path,
    project: Path,
    *,
    platform: str = sys.platform,
    system: Path = Path("/"),
) -> IndexSettings:
    """Read the variables and the configuration files of pip and uv.

    Each tool's settings are read by its own rules. Then the strongest that names the
    default index (or any other single value) is right: pip's variables, uv's
    variables, uv's files of the project, pip's files, uv's files of the user and the
    machine, Poetry's POETRY_PYPI_MIRROR_URL. Extra indexes and find-links are those
    of both tools: what is locked decides what may come from them.

    Args:
        environ: The process's variables.
        home: The user's home folder.
        project: The project's folder; relative paths in variables start there.
        platform: As `sys.platform` says it.
        system: Root of the machine's own files, `/etc` in it.

    Raises:
        FetchError: A file or value is malformed; names the file and the key.
    """
    machine = Machine(
        environ=environ,
        home=home,
        project=project.absolute(),
        platform=platform,
        system=system,
        site=Path(environ.get("VIRTUAL_ENV") or sys.prefix),
    )
    found, usual = _merged(machine), IndexSettings()
    return IndexSettings(
        index=found.index,
        extra_indexes=_once(found.extra_indexes),
        find_links=_once(found.find_links),
        named=_once(found.named),
        logins=read_logins(machine),
        no_index=bool(found.no_index),
        cert=found.cert,
        client_cert=found.client_cert,
        trusted_hosts=tuple(dict.fromkeys(found.trusted_hosts)),
        proxy=found.proxy,
        keyring=found.keyring is not False,
        timeout=usual.timeout if found.timeout is None else found.timeout,
        retries=usual.retries if found.retries is None else found.retries,
    )


def _merged(machine: Machine) -> Layer:
    pip_variables, pip_files = pip_layers(machine)
    uv_variables, uv_project, uv_user = uv_layers(machine)
    layers = (pip_variables, uv_variables, uv_project, pip_files, uv_user)
    return reduce(Layer.over, (*layers, _others(machine)))


def _others(machine: Machine) -> Layer:
    cert = None
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        cert = cert or machine.variable(name)
    return Layer(
        index=machine.variable("POETRY_PYPI_MIRROR_URL"),
        cert=cert,
        client_cert=machine.variable("SSL_CLIENT_CERT"),
    )


def _once(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    by_address: dict[str, Setting] = {}
    for setting in settings:
        by_address.setdefault(setting.value.rstrip("/"), setting)
    return tuple(by_address.values())
