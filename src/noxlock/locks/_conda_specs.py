"""Requirements of an environment.yml, taken apart as conda-lock takes them apart. Pure.

Its content hash is made of these parts, so every quirk counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urldefrag

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from poetry.core.version.markers import parse_marker

from noxlock.errors import SolveError
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CondaSpec", "PipSpec", "marker_holds", "parse_conda", "parse_pip"]

# conda's own patterns, of `conda.models.match_spec`.
_BRACKETS: Final = re.compile(r".*(?:(\[.*\]))")
_PAIR: Final = re.compile(r'([a-zA-Z0-9_-]+?)=(["\']?)([^\'"]*?)(\2)(?:[, ]|$)')
_NAME_REST: Final = re.compile(r"([^ =<>!~]+)?([><!=~ ].+)?")
_VERSION_BUILD: Final = re.compile(
    r"((?:.+?)[^><!,|]?)(?:(?<![=!|,<>~])(?:[ =])([^-=,|<>~]+?))?$"
)
_NAME: Final = re.compile(r"[a-z0-9_.\-]+")
_STAR: Final = re.compile(r"(^|[|,])([^<>=!~|,*]*[^<>=!~|,*.])\*(?=$|[|,])")
_PACKAGE: Final = (".conda", ".tar.bz2")
_SUBDIRS: Final = frozenset((*Subdir, "noarch"))
_DEFAULTS: Final = frozenset(("defaults", "pkgs/main", "pkgs/r", "pkgs/msys2"))


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaSpec:
    """One conda package that is asked for."""

    text: str
    """As the solver takes it: `channel::name version build`."""
    name: str
    version: str
    """As conda keeps it: `3.11.*`, `>=2`; empty for any."""
    build: str | None
    channel: str | None
    """Its name, `conda-forge`, or address."""
    category: str
    file: str
    line: int

    def hashed(self) -> dict[str, object]:
        """Return the fields that conda-lock hashes, those new in 3.0 left out."""
        return {
            "name": self.name,
            "manager": "conda",
            "category": self.category,
            "extras": [],
            "version": self.version,
            "build": self.build,
            "conda_channel": self.channel,
            "hash": None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class PipSpec:
    """One requirement of a `pip:` section."""

    text: str
    """As it is written, PEP 508 or an address."""
    name: str
    category: str
    fields: Mapping[str, object]
    """What conda-lock hashes of it beside name, manager and category."""
    file: str
    line: int

    def hashed(self) -> dict[str, object]:
        """Return the fields that conda-lock hashes."""
        own = {"name": self.name, "manager": "pip", "category": self.category}
        return {**own, **self.fields}


def parse_conda(text: str, *, category: str, file: str, line: int) -> CondaSpec:
    """Return the spec *text*, or raise `SolveError` with its line."""
    plain = text.partition("#")[0].partition(" if ")[0].strip()
    try:
        _refuse_files(plain)
        plain, brackets = _without_brackets(plain)
        head, colon, rest = plain.rpartition(":")
        channel = head.rpartition(":")[0] if colon else ""
        name, version, build = _parts(rest)
    except ValueError as error:
        raise SolveError(
            f"`{text}` is no conda requirement: {error}",
            file=file,
            line=line,
            hint="as `numpy`, `numpy >=2,<3`, `python=3.11` or `conda-forge::numpy`",
        ) from None
    return CondaSpec(
        text=text.partition("#")[0].strip(),
        name=name,
        version=_starred(brackets.get("version", version)),
        build=brackets.get("build", build),
        channel=_channel_name(brackets.get("channel", channel)) or None,
        category=category,
        file=file,
        line=line,
    )


def parse_pip(text: str, *, category: str, file: str, line: int) -> PipSpec:
    """Return the requirement *text*, or raise `SolveError` with its line."""
    wanted, semicolon, condition = text.rpartition(";")
    body, markers = (wanted, condition.strip()) if semicolon else (text, None)
    body, _, digest = body.strip().partition(" --hash=")
    if body.startswith(("git+", "https://", "ssh://")):
        # "Use the repo name as a placeholder for the package name"
        last = body.rpartition("/")[2].partition("@")[0].removesuffix(".git")
        body = f"{last} @ {body}"
    try:
        if body.startswith("-"):
            raise InvalidRequirement("options of pip stand elsewhere")  # noqa: TRY301
        requirement = Requirement(body)
        if markers:
            Marker(markers)
    except (InvalidRequirement, InvalidMarker) as error:
        raise SolveError(
            f"`{text}` is no requirement: {str(error).splitlines()[0]}",
            file=file,
            line=line,
            hint=_pip_hint(text),
        ) from None
    try:
        url = bool(requirement.url)
        fields = _url_fields(requirement) if url else _versioned(requirement)
    except SolveError as error:
        raise error.inside(file=file, line=line) from None
    if digest and "hash" in fields:
        fields["hash"] = digest
    if markers is not None:
        fields["markers"] = markers
    return PipSpec(
        text=text,
        name=canonicalize_name(requirement.name),
        category=category,
        fields=fields,
        file=file,
        line=line,
    )


def marker_holds(spec: PipSpec, platform: Subdir) -> bool:
    """Return whether *spec* counts on *platform*; other conditions count as true."""
    text = spec.fields.get("markers")
    if not isinstance(text, str) or not text:
        return True
    system = platform.partition("-")[0]
    names = {
        "linux": ("linux", "Linux", "posix"),
        "osx": ("darwin", "Darwin", "posix"),
        "win": ("win32", "Windows", "nt"),
    }[system]
    keys = ("sys_platform", "platform_system", "os_name")
    return parse_marker(text).validate(dict(zip(keys, names, strict=True)))


def _refuse_files(text: str) -> None:
    if text.endswith(_PACKAGE):
        raise ValueError("the file of a package cannot be locked")


def _without_brackets(text: str) -> tuple[str, dict[str, str]]:
    found = _BRACKETS.match(text)
    if not found:
        return text, {}
    pairs = {m[1]: m[3] for m in _PAIR.finditer(found[1][1:-1])}
    if not all(pairs.values()):
        raise ValueError("a key without a value in its brackets")
    return text.replace(found[1], ""), pairs


def _parts(text: str) -> tuple[str, str, str | None]:
    """Return name, version and build of `name version build`, without channel."""
    found = _NAME_REST.match(text)
    name = (found[1] if found else None) or ""
    if not found or not _NAME.fullmatch(name.lower()):
        raise ValueError("it has no name" if not name else f"a name like `{name}`")
    rest = (found[2] or "").strip()
    if not rest and text[len(found[0]) :].strip():
        raise ValueError("what follows its name")
    if not rest:
        return name.lower(), "", None
    parts = _VERSION_BUILD.search(rest)
    version, build = (parts[1], parts[2]) if parts else (rest, None)
    version, build = version.replace(" ", ""), build and build.strip()
    if version.rstrip("=<>!~,|") == "":
        raise ValueError(f"no version after `{version}`")
    return name.lower(), _translated(version, build), build


def _channel_name(text: str) -> str:
    """Return the name that conda makes of a channel: the path of its address."""
    scheme, _, place = text.rpartition("://")
    parts = [part for part in place.split("/") if part]
    if parts and parts[-1] in _SUBDIRS:
        parts.pop()
    if scheme:
        parts = parts[-1:] if scheme == "file" else parts[1:]
    name = "/".join(parts)
    return "defaults" if name in _DEFAULTS else name


def _starred(version: str) -> str:
    """Return `1.2*` as `1.2.*`, the way conda does."""
    return _STAR.sub(r"\1\2.*", version)


def _translated(version: str, build: str | None) -> str:
    """Return `=1.2` as `1.2*`, the way conda does."""
    if not version.startswith("="):
        return version
    if version.startswith("==") and build is None:
        return version[2:]
    bare = version[1:]
    if any(sign in bare for sign in "=,|"):
        return version
    return f"{bare}*" if build is None and not bare.endswith("*") else bare


def _versioned(requirement: Requirement) -> dict[str, object]:
    text = str(requirement.specifier).replace("===", "==")
    return {
        "extras": sorted(requirement.extras),
        "version": ",".join(sorted(text.split(","))) or "*",
        "build": None,
        "conda_channel": None,
        "hash": None,
    }


def _url_fields(requirement: Requirement) -> dict[str, object]:
    url = requirement.url or ""
    extras = sorted(requirement.extras)
    if url.startswith("git+"):
        source, revision, folder = _git(url)
        fields: dict[str, object] = {
            "extras": [],
            "source": source,
            "vcs": "git",
            "rev": revision,
        }
        return fields | ({"subdirectory": folder} if folder else {})
    if url.startswith(("https://", "ssh://")):
        place, fragment = urldefrag(url)
        return {"extras": extras, "url": place, "hashes": [fragment.replace("=", ":")]}
    raise SolveError(
        f"`{requirement}` lies on this machine",
        hint="install the project itself with `project: editable`, or publish it",
    )


def _git(url: str) -> tuple[str, str | None, str | None]:
    """Return address, revision and folder, cut as conda-lock cuts them."""
    place = url.removesuffix(".git").removeprefix("git+")
    head, at, revision = place.rpartition("@")
    if not at or "/" not in head.partition("://")[2] + head.partition("://")[0]:
        return place, None, None
    revision, _, folder = revision.partition("#subdirectory=")
    return head, revision, folder or None


def _pip_hint(text: str) -> str:
    if text.startswith(("-r", "--requirement")):
        return "list the requirements themselves under `pip:`"
    if text.startswith(("-i", "--")):
        return "indexes stand under `pip-repositories:`, or in the user's own settings"
    return "as `requests >=2,<3` or `name @ https://...`"
