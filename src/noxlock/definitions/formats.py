"""Read YAML, TOML and JSON into documents; one function a format."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import yaml

from noxlock.definitions.document import Document, dotted
from noxlock.errors import DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from noxlock.definitions.document import Path

__all__ = ["FORMATS", "parse_document"]


class _Loader(yaml.SafeLoader):
    """YAML's safe types, with `1e-9` a number, as YAML 1.2 and JSON have it."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+"),
    list("-+.0123456789"),
)


class _Tree:
    """Walks YAML nodes into plain values, noting lines on the way."""

    def __init__(self, file: str, loader: _Loader) -> None:
        self.file = file
        self.loader = loader
        self.lines: dict[Path, int] = {}
        self.written: dict[Path, str] = {}
        self.open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path) -> object:
        """Return what *node* stands for."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if any(node is outer for outer in self.open):
            raise self.error(node, path, "an alias that contains itself")
        self.open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [
                    self.value(item, (*path, index))
                    for index, item in enumerate(node.value)
                ]
            return self.scalar(node, path)
        finally:
            self.open.pop()

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        """Return a mapping, with `<<` merged in and every key once."""
        self.refuse_duplicates(node, path)
        self.loader.flatten_mapping(node)  # keys of `<<` come first, own ones win
        found: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.error(key, path, "a key must be a string")
            name = key.value  # as it is written: `3.10` is no number here
            self.lines[(*path, name)] = key.start_mark.line + 1
            found[name] = self.value(value, (*path, name))
        return found

    def refuse_duplicates(self, node: yaml.MappingNode, path: Path) -> None:
        """Raise where a key stands twice: YAML says that keys are unique."""
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in seen:
                what = f"the key stands twice, first on line {seen[key.value]}"
                raise self.error(key, (*path, key.value), what)
            seen[key.value] = line

    def scalar(self, node: yaml.Node, path: Path) -> object:
        """Return a scalar, keeping how it was written."""
        if node.tag == "tag:yaml.org,2002:binary":
            raise self.unsupported(node, path)
        if not _is_string(node):
            self.written[path] = node.value
        try:
            value: object = self.loader.construct_object(node)
        except yaml.YAMLError:
            raise self.unsupported(node, path) from None
        except ValueError:  # 2024-13-01 looks like a date
            what = f"cannot read `{node.value}`"
            raise self.error(node, path, what, hint=_quote_hint(node)) from None
        return value

    def unsupported(self, node: yaml.Node, path: Path) -> DefinitionError:
        """Return the error for a tag beyond strings, numbers, dates and booleans."""
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        return self.error(node, path, f"the tag `{tag}` is not supported")

    def error(
        self, node: yaml.Node, path: Path, what: str, *, hint: str | None = None
    ) -> DefinitionError:
        """Return an error at *node*."""
        line = node.start_mark.line + 1
        return DefinitionError(
            what, file=self.file, key=dotted(path), line=line, hint=hint
        )


def _is_string(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:str")


def _quote_hint(node: yaml.Node) -> str | None:
    return f'quote it: "{node.value}"' if isinstance(node.value, str) else None


def _yaml(file: str, text: str) -> Document:
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        what = f"not YAML: the character {text[error.position]!a} may not stand in it"
        raise DefinitionError(what, file=file, line=line) from None
    try:
        node = loader.get_single_node()
        tree = _Tree(file, loader)
        data = {} if node is None else tree.value(node, ())
    except yaml.MarkedYAMLError as error:
        raise _yaml_error(file, text, error) from None
    finally:
        loader.dispose()
    table = _table(file, data)
    return Document(file=file, data=table, lines=tree.lines, written=tree.written)


def _yaml_error(file: str, text: str, error: yaml.MarkedYAMLError) -> DefinitionError:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    problem = error.problem or error.context or "it cannot be read"
    at_fault = "" if line is None else "".join(text.splitlines()[line - 1 : line])
    tabs = "\t" in at_fault[: len(at_fault) - len(at_fault.lstrip())]
    hint = "YAML is indented by spaces, never by tabs" if tabs else None
    return DefinitionError(f"not YAML: {problem}", file=file, line=line, hint=hint)


def _toml(file: str, text: str) -> Document:
    try:
        return Document(file=file, data=tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1  # at the end
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise DefinitionError(f"not TOML: {what}", file=file, line=line) from None


def _json(file: str, text: str) -> Document:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise DefinitionError("the key stands twice", file=file, key=key)
            found[key] = value
        return found

    if not text.strip():
        return Document(file=file, data={})
    try:
        data: object = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise DefinitionError(
            f"not JSON: {error.msg}", file=file, line=error.lineno
        ) from None
    table = _table(file, data)
    # JSON is YAML, all but a few corners of it: good enough to find the lines with.
    try:
        lines: Mapping[Path, int] = _yaml(file, text).lines
    except DefinitionError:
        lines = {}
    return Document(file=file, data=table, lines=lines)


def _table(file: str, data: object) -> dict[str, object]:
    match data:
        case None:
            return {}
        case dict():
            return data
        case _:
            what = "the file holds no table of definitions"
            hint = "begin with `sessions:`, `environments:`, `checks:` or `locks:`"
            raise DefinitionError(what, file=file, hint=hint)


FORMATS: Final[Mapping[str, Callable[[str, str], Document]]] = {
    ".yml": _yaml,
    ".yaml": _yaml,
    ".toml": _toml,
    ".json": _json,
}
"""File suffix to its reader."""


def parse_document(file: str, data: bytes) -> Document:
    """Return the plain values of one file, by the suffix of its name.

    Raises:
        DefinitionError: Bad text, a key that stands twice, an unknown suffix.
    """
    suffix = PurePath(file).suffix
    if (reader := FORMATS.get(suffix)) is None:
        known = ", ".join(FORMATS)
        what = f"unknown kind of file `{suffix}`; known: {known}"
        raise DefinitionError(what, file=file, hint=nearest(suffix, FORMATS))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DefinitionError("not UTF-8", file=file, line=line) from None
    return reader(file, text)
