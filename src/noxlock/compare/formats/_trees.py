"""Reads JSON and YAML into plain trees, and shows what they hold."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml

    from noxlock.compare._files import Side
    from noxlock.errors import CompareError

__all__ = ["Tree", "join", "parse_json", "parse_yaml", "shown"]

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | int | float | bool | None"

_PLAIN: Final = re.compile(r"[\w@/:+-]+")
_LONGEST: Final = 60
_LARGEST: Final = 1_000_000
"""Values that aliases of YAML may stand for, all together."""
# YAML 1.2.2, section 10.3.2; without it `1e-3` is text.
_REAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")


def parse_json(text: str, error: Callable[[str], CompareError]) -> Tree:
    """Return the tree of a JSON text; NaN and Infinity are read as Python writes them.

    Raises:
        CompareError: From *error*: it is no JSON, or has a key twice.
    """

    def pairs(items: list[tuple[str, Tree]]) -> dict[str, Tree]:
        table = dict(items)
        if len(table) < len(items):
            raise error(f"has the key {_twice(items)} twice in one object")
        return table

    def real(text: str) -> float:
        value = float(text)
        if math.isinf(value):
            raise error(f"has the number {_cut(text)}, too large for a float")
        return value

    try:
        tree: Tree = json.loads(text, object_pairs_hook=pairs, parse_float=real)
    except json.JSONDecodeError as cause:
        what = f"{cause.msg} at line {cause.lineno}, column {cause.colno}"
        raise error(f"is no JSON: {what}") from cause
    except ValueError as cause:  # Python's limit on the digits of an integer
        raise error(f"is no JSON that can be read: {cause}") from cause
    except RecursionError as cause:
        raise error("is nested too deeply") from cause
    return tree


def parse_yaml(side: Side) -> list[Tree]:
    """Return the documents of a YAML file.

    Only what YAML itself knows is made, by the safe loader. Keys that are no text are
    spelled as it; dates and bytes are kept, to be compared exactly.

    Raises:
        CompareError: It is no YAML, has a key twice, an unknown tag, an alias inside
            what it stands for, or aliases that stand for more than a million values.
    """
    import yaml  # noqa: PLC0415 - slow to import

    text = side.text()
    documents = []
    try:
        # libyaml, the faster parser, overflows its stack on deep nesting.
        loader = _loader()(text)
        while loader.check_node():
            node = loader.get_node()
            if node is not None and _size(node, {}, side) > _LARGEST:
                raise side.error(f"has aliases for more than {_LARGEST} values")
            documents.append(_plain(loader.construct_document(node), side))
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise side.error(f"is no YAML: {cause.problem}{place}") from cause
    except (yaml.YAMLError, ValueError, TypeError) as cause:
        what = str(cause).partition("\n")[0]
        raise side.error(f"is no YAML that can be read: {what}") from cause
    except RecursionError as cause:
        raise side.error("is nested too deeply") from cause
    return documents


def _loader() -> type[yaml.SafeLoader]:
    import yaml  # noqa: PLC0415 - as above

    class Loader(yaml.SafeLoader):
        """The safe loader, with YAML 1.2's floats."""

    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:float", _REAL, list("-+0123456789.")
    )
    return Loader


def _size(node: yaml.Node, known: dict[int, int | None], side: Side) -> int:
    """Return how many values a node stands for, those of its aliases included.

    Raises:
        CompareError: It stands for itself, or a table has a key twice.
    """
    if (size := known.get(id(node), 0)) is None:
        raise side.error("has an alias inside what it stands for")
    if size:
        return size
    known[id(node)] = None
    size = 1
    value = node.value if isinstance(node.value, list) else []
    keys = [pair[0].value for pair in value if isinstance(pair, tuple)]
    names = [key for key in keys if isinstance(key, str)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        line = node.start_mark.line + 1
        raise side.error(
            f"has the key {shown(twice)} twice in the table of line {line}"
        )
    for inner in value:
        for one in inner if isinstance(inner, tuple) else (inner,):
            size += _size(one, known, side)
    known[id(node)] = size
    return size


def _plain(value: object, side: Side) -> Tree:
    """Return what YAML made as a tree: keys are text, sets are tables."""
    if isinstance(value, dict):
        items = [
            (key if isinstance(key, str) else str(key), _plain(inner, side))
            for key, inner in value.items()
        ]
        table = dict(items)
        if len(table) < len(items):
            raise side.error(
                f"has the key {_twice(items)} twice, as text and as itself"
            )
        return table
    if isinstance(value, list | tuple):
        return [_plain(inner, side) for inner in value]
    if isinstance(value, set):
        return dict.fromkeys(map(str, value))
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def join(path: str, key: str) -> str:
    """Return the path of *key* beneath *path*: `metrics.loss`, `["a.b"]`."""
    if not _PLAIN.fullmatch(key):
        return f"{path}[{shown(key)}]"
    return f"{path}.{key}" if path else key


def shown(value: Tree) -> str:
    """Return a value as JSON, cut to fit a line."""
    text = json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="backslashreplace").decode()  # a lone surrogate
    return _cut(text)


def _twice(items: list[tuple[str, Tree]]) -> str:
    names = [name for name, _ in items]
    return shown(next(name for name in names if names.count(name) > 1))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
