"""Dependencies in Poetry's words: a string, a table, or a list of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from poetry.core.constraints.generic import parse_constraint as parse_generic
from poetry.core.constraints.version import parse_constraint
from poetry.core.packages.utils.utils import create_nested_marker

from noxlock.errors import LockError
from noxlock.locks._table import Table
from noxlock.model import Dependency, ExtraName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poetry.core.constraints.generic import BaseConstraint
    from poetry.core.constraints.version import VersionConstraint

__all__ = [
    "added_by_extra",
    "dependencies",
    "either",
    "joined",
    "parse_marker",
    "requirement",
]

# Where Poetry says "extra", the question is always whether it is among those asked for,
# which PEP 751 can say of several at once.
_EXTRA: Final = re.compile(r"""\bextra\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)')""")
_EXTRA_LAST: Final = re.compile(r"""(?:"([^"]*)"|'([^']*)')\s*(==|!=)\s*extra\b""")
_WILDCARD: Final = re.compile(r"""([<>]=?\s*["'][0-9.]+?)\.\*(["'])""")
_ORIGINS: Final = ("git", "url", "path", "file", "source")
_NAMED: Final = re.compile(
    r"([A-Za-z0-9][\w.\-]*)\s*(?:\[([^\]]*)\])?\s*(?:\([^()]*\)|[^\w(][^()]*)?"
)
_NEVER: Final = 'python_version < "0"'


@lru_cache(maxsize=4096)
def parse_marker(text: str) -> Marker | None:
    """Return the marker that Poetry wrote, None where it always holds.

    `extra` becomes `extras`: `"x" in extras` for `extra == "x"`.

    Raises:
        ValueError: It is no marker.
    """
    if text.strip() in {"", "*"}:
        return None
    if text == "<empty>":
        return Marker(_NEVER)
    # PEP 508 has `===`, and real metadata compares names with it, as in
    # `implementation_name === "pypy"`, which packaging refuses to evaluate; nor does it
    # order by `3.8.*`, which stands for `3.8` there.
    plain = _WILDCARD.sub(r"\1\2", text.replace("===", "=="))
    plain = _EXTRA.sub(lambda m: _among(m[1], m[2] or m[3] or ""), plain)
    plain = _EXTRA_LAST.sub(lambda m: _among(m[3], m[1] or m[2] or ""), plain)
    try:
        return Marker(plain)
    except InvalidMarker as error:
        raise ValueError(f"not a marker: `{text}`") from error


def joined(*markers: Marker | None) -> Marker | None:
    """Return the marker that holds where all of *markers* do."""
    parts = [f"({marker})" for marker in markers if marker is not None]
    return parse_marker(" and ".join(parts))


def either(*markers: Marker | None) -> Marker | None:
    """Return the marker that holds where one of *markers* does."""
    if None in markers:
        return None
    return parse_marker(" or ".join(f"({marker})" for marker in markers))


def dependencies(table: Table) -> Iterator[Dependency]:
    """Yield every dependency of a table keyed by name; `python` is none.

    Raises:
        LockError: Names the key.
    """
    for name, value in table.data.items():
        if name.lower() == "python":
            continue
        choices = value if isinstance(value, list) else [value]
        for index, choice in enumerate(choices):
            where = f"{name}[{index}]" if isinstance(value, list) else name
            yield _dependency(name, choice, table.at(where))


def requirement(text: str, where: str) -> Dependency:
    """Return a requirement written as PEP 508 says."""
    try:
        read = Requirement(text)
        marker = parse_marker(str(read.marker)) if read.marker else None
    except ValueError as error:
        what = str(error).partition("\n")[0]
        raise LockError(f"not a requirement: {what}: `{text}`", key=where) from error
    return Dependency(
        name=canonicalize_name(read.name),
        constraint=str(read.specifier) or "*",
        marker=marker,
        extras=_extras(sorted(read.extras)),
        origin=read.url,
    )


def added_by_extra(text: str, where: str) -> Dependency:
    """Return what a locked package's extra adds; only its name and extras count.

    Poetry before 1.2 wrote `name[extra] (^1.0)`, a constraint that PEP 508 lacks.
    """
    found = _NAMED.fullmatch(text.partition(";")[0].strip())
    if not found:
        raise LockError(f"not a requirement: `{text}`", key=where)
    extras = [each.strip() for each in (found[2] or "").split(",") if each.strip()]
    return Dependency(name=canonicalize_name(found[1]), extras=_extras(extras))


def _among(operator: str, extra: str) -> str:
    word = "in" if operator == "==" else "not in"
    return f'"{canonicalize_name(extra)}" {word} extras'


def _dependency(name: str, value: object, where: str) -> Dependency:
    if isinstance(value, str):
        return Dependency(
            name=canonicalize_name(name), constraint=_constraint(value, where)
        )
    if not isinstance(value, Mapping):
        raise LockError("expected a version constraint or a table", key=where)
    table = Table(value, where)
    origins = (table.get(key, str) for key in _ORIGINS)
    return Dependency(
        name=canonicalize_name(name),
        constraint=_constraint(table.get("version", str) or "*", table.at("version")),
        marker=_marker(table),
        extras=_extras(table.strings("extras")),
        optional=table.get("optional", bool) or False,
        origin=next((origin for origin in origins if origin), None),
    )


def _constraint(text: str, where: str) -> str:
    # Real projects have `>=1.2;<=1.21.5`, which Poetry once read as a comma.
    plain = text.replace(";", ",") or "*"
    try:
        parse_constraint(plain)
    except ValueError as error:
        raise LockError(" ".join(str(error).split()), key=where) from error
    return plain


def _marker(table: Table) -> Marker | None:
    parts: list[Marker | None] = []
    if table.get("markers", str):
        parts.append(table.parse("markers", parse_marker))
    if table.get("python", str):
        parts.append(table.parse("python", _python_marker))
    if table.get("platform", str):
        parts.append(table.parse("platform", _platform_marker))
    return joined(*parts)


def _python_marker(text: str) -> Marker | None:
    return _nested("python_version", parse_constraint(text.replace(";", ",")))


def _platform_marker(text: str) -> Marker | None:
    return _nested("sys_platform", parse_generic(text))


def _nested(name: str, constraint: BaseConstraint | VersionConstraint) -> Marker | None:
    return parse_marker(create_nested_marker(name, constraint))


def _extras(names: list[str] | tuple[str, ...]) -> tuple[ExtraName, ...]:
    return tuple(ExtraName(canonicalize_name(name)) for name in names)
