"""Pin the `pip:` section of an environment.yml with uv, given what conda provides.

Each Python package of conda stands in as an empty wheel of its very version: nothing
else can be chosen for it, and its own dependencies are conda's affair.
"""

from __future__ import annotations

import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from posixpath import basename
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from noxlock.errors import SolveError
from noxlock.locks.conda_lock_writer import PipRow
from noxlock.model import LockedFile, Sha256, Target
from noxlock.plan.naming import provided
from noxlock.plan.wheels import choose
from noxlock.solvers import _uv
from noxlock.solvers._conda_categories import reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from noxlock.locks.environment_yml import Wanted
    from noxlock.locks.virtual_packages import VirtualPackages
    from noxlock.model import CondaPackage
    from noxlock.solvers._request import Run
    from noxlock.solvers._uv import PipSettings

__all__ = ["LOCK", "SUPPORTED", "TOOL", "VARIABLES", "lock_pip_section", "pins"]

TOOL: Final = "uv"
SUPPORTED: Final = SpecifierSet(">=0.9,<1")
LOCK: Final = "poetry.lock"
SOURCE: Final = "pyproject.toml"
VARIABLES: Final = _uv.VARIABLES


def pins() -> Mapping[str, bytes]:
    """Return the project and the lock that pin uv."""
    folder = files("noxlock.solvers") / "tools" / TOOL
    return {name: (folder / name).read_bytes() for name in (SOURCE, LOCK)}


@dataclass(frozen=True, slots=True)
class _Job:
    wanted: Wanted
    conda: Mapping[str, str]
    """Names on PyPI, and versions, of what conda provides."""
    target: Target
    settings: PipSettings


def lock_pip_section(
    wanted: Wanted,
    packages: tuple[CondaPackage, ...],
    virtual: VirtualPackages,
    settings: PipSettings,
    run: Run,
) -> tuple[PipRow, ...]:
    """Return the pins of the section, without what conda provides; sorted by name.

    Raises:
        SolveError: uv finds no answer; says why in its own words.
    """
    target = _target(wanted, packages, virtual)
    job = _Job(wanted, _provided(packages), target, settings)
    with tempfile.TemporaryDirectory(prefix="noxlock-pip-") as name:
        folder = Path(name)
        _prepare(folder, job)
        text = _uv.compile_pins(folder, wanted, target, settings, run)
        pylock = tomllib.loads(text)
        via = _uv.compile_graph(folder, wanted, target, settings, run)
    found = [each for each in pylock["packages"] if each["name"] not in job.conda]
    categories = _categories(wanted, via)
    rows = [_row(each, job, via, categories) for each in found]
    return tuple(sorted(rows, key=lambda row: row.name))


def _provided(packages: Iterable[CondaPackage]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, package in provided(packages).items():
        try:
            found[name] = str(Version(package.version.replace("_", ".")))
        except InvalidVersion:
            continue  # as `2024a`: no Python package has such a version
    return found


def _target(
    wanted: Wanted, packages: tuple[CondaPackage, ...], virtual: VirtualPackages
) -> Target:
    python = next(one.version for one in packages if one.name == "python")
    return Target(
        subdir=wanted.platform,
        python=python,
        glibc=_pair(virtual.packages.get("__glibc"), (2, 28)),
        macos=_pair(virtual.packages.get("__osx"), (11, 0)),
    )


def _pair(text: str | None, usual: tuple[int, int]) -> tuple[int, int]:
    try:
        major, minor, *_ = [*Version(text or "").release, 0]
    except InvalidVersion:
        return usual
    return major, minor


def _prepare(folder: Path, job: _Job) -> None:
    requirements = "".join(f"{spec.text}\n" for spec in job.wanted.pip)
    (folder / _uv.REQUIREMENTS).write_text(requirements, encoding="utf-8")
    constraints = "".join(f"{n}=={v}\n" for n, v in sorted(job.conda.items()))
    (folder / _uv.CONSTRAINTS).write_text(constraints, encoding="utf-8")
    stubs = folder / _uv.STUBS
    stubs.mkdir()
    for name, version in job.conda.items():
        _stub(stubs, name.replace("-", "_"), version)


def _stub(folder: Path, name: str, version: str) -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")


def _categories(
    wanted: Wanted, via: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    roots: dict[str, list[str]] = {}
    for spec in wanted.pip:
        roots.setdefault(spec.category, []).append(spec.name)
    return reach(via, roots)


def _row(
    package: Mapping[str, Any],
    job: _Job,
    via: Mapping[str, tuple[str, ...]],
    categories: Mapping[str, tuple[str, ...]],
) -> PipRow:
    name = canonicalize_name(package["name"])
    direct = True
    if archive := package.get("archive"):
        url, sha256 = archive["url"], archive["hashes"]["sha256"]
    elif vcs := package.get("vcs"):
        sha256 = vcs["commit-id"]  # as conda-lock has it
        url = f"git+{vcs['url']}@{sha256}"
    elif package.get("directory"):
        raise SolveError(
            f"`{name}` of the `pip:` section lies on this machine, and cannot be locked"
        )
    else:
        direct = False
        chosen = _choose(package, job)
        url = job.settings.public_url(str(name), chosen.url or "")
        sha256 = chosen.sha256
    return PipRow(
        name=name,
        version=package.get("version", "0.0.0"),
        url=url,
        sha256=sha256,
        dependencies=dict.fromkeys(via.get(name, ()), "*"),
        direct=direct,
        categories=categories.get(name, ("main",)),
    )


def _choose(package: Mapping[str, Any], job: _Job) -> LockedFile:
    listed = [*package.get("wheels", ()), *filter(None, (package.get("sdist"),))]
    candidates = [
        LockedFile(
            filename=unquote(each.get("name") or basename(urlsplit(each["url"]).path)),
            sha256=Sha256(each["hashes"]["sha256"]),
            url=each["url"],
        )
        for each in listed
        if "sha256" in each.get("hashes", {}) and "url" in each
    ]
    chosen = choose(candidates, job.target, only_binary=False)
    if chosen is None:
        raise SolveError(
            f"`{package['name']}` {package['version']} of the `pip:` section has no"
            f" file with a SHA-256 digest that fits {job.target.name}",
            hint="ask for another version, or take it from a conda channel",
        )
    return chosen[0]
