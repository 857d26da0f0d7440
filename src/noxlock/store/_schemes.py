"""Where the files of a wheel belong in a virtual environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from noxlock.errors import StoreError
from noxlock.model import Subdir

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Target

__all__ = ["Scheme", "Schemes", "destination", "schemes"]

Scheme = Literal["lib", "headers", "scripts", "data"]
"""An install scheme; of a virtual environment, purelib and platlib are one."""

_SCHEMES: dict[str, Scheme] = {
    "purelib": "lib",
    "platlib": "lib",
    "headers": "headers",
    "scripts": "scripts",
    "data": "data",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Schemes:
    """The folders of one virtual environment that wheels install to, absolute."""

    lib: Path
    scripts: Path
    headers: Path
    """Of one project."""
    data: Path
    python: Path
    """What runs the scripts."""
    launcher: Literal["posix", "win-amd64"]

    def of(self, scheme: Scheme) -> Path:
        """Return the folder of *scheme*."""
        match scheme:
            case "lib":
                return self.lib
            case "scripts":
                return self.scripts
            case "headers":
                return self.headers
            case "data":
                return self.data


def schemes(prefix: Path, target: Target, dist_info: str) -> Schemes:
    """Return where the wheel with *dist_info* installs in *prefix*.

    `sysconfig`'s scheme `venv`; headers as pip has them in a virtual environment.
    """
    project = _stem(dist_info).rpartition("-")[0]
    python = f"python{target.python_minor}"
    headers = prefix / "include" / "site" / python / project
    if target.subdir is Subdir.WIN_64:
        # conda's python lies at the top of its prefix.
        conda = (prefix / "conda-meta").is_dir()
        return Schemes(
            lib=prefix / "Lib" / "site-packages",
            scripts=prefix / "Scripts",
            headers=headers,
            data=prefix,
            python=(prefix if conda else prefix / "Scripts") / "python.exe",
            launcher="win-amd64",
        )
    return Schemes(
        lib=prefix / "lib" / python / "site-packages",
        scripts=prefix / "bin",
        headers=headers,
        data=prefix,
        python=prefix / "bin" / "python",
        launcher="posix",
    )


def destination(path: str, dist_info: str) -> tuple[Scheme, str]:
    """Return the scheme and the path in it of a wheel's file.

    "Each key subdirectory of `distribution-1.0.data/` contains files to be spread onto
    subdirectories of sys.path or elsewhere" (binary distribution format).

    Raises:
        StoreError: It lies in `.data`, but not in a scheme.
    """
    top, _, rest = path.partition("/")
    if not rest or not top.endswith(".data") or not _same(top, dist_info):
        return "lib", path
    name, _, inner = rest.partition("/")
    if name not in _SCHEMES or not inner:
        raise StoreError("not in a scheme of the wheel's data folder", key=path)
    return _SCHEMES[name], inner


def _same(data: str, dist_info: str) -> bool:
    return data.removesuffix(".data") == _stem(dist_info) or canonicalize_name(
        data.removesuffix(".data")
    ) == canonicalize_name(_stem(dist_info))


def _stem(dist_info: str) -> str:
    return re.sub(r"\.dist-info$", "", dist_info)
