"""Read YAML into documents, noting where each value stands and how it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from noxlock.definitions.document import Document, dotted, table_of
from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from noxlock.definitions.document import Path

__all__ = ["read_yaml"]


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


def read_yaml(file: str, text: str) -> Document:
    """Return the plain values of a YAML file.

    Raises:
        DefinitionError: It is not YAML, or says more than plain values.
    """
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
    table = table_of(file, data)
    return Document(file=file, data=table, lines=tree.lines, written=tree.written)


def _yaml_error(file: str, text: str, error: yaml.MarkedYAMLError) -> DefinitionError:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    problem = error.problem or error.context or "it cannot be read"
    at_fault = "" if line is None else "".join(text.splitlines()[line - 1 : line])
    tabs = "\t" in at_fault[: len(at_fault) - len(at_fault.lstrip())]
    hint = "YAML is indented by spaces, never by tabs" if tabs else None
    return DefinitionError(f"not YAML: {problem}", file=file, line=line, hint=hint)
