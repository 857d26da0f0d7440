"""From a lock's bytes to its YAML document, every scalar as the string it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from noxlock.errors import LockError
from noxlock.locks._text import RELOCK, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["load_yaml"]

# Locks nest five deep.
_DEEPEST: Final = 64
# The parser in C takes half a megabyte in a twentieth of a second.
_Parser: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULL: Final = frozenset(("", "~", "null", "Null", "NULL"))


class _Tree:
    """Builds values from YAML's events, without recursion.

    By hand, because that is several times as fast as yaml's own constructors, and
    because `1.10` is a version and `1e5` a digest here, never a number.
    """

    def __init__(self) -> None:
        self.root: object = None
        self._open: list[dict[str, object] | list[object]] = []
        self._keys: list[str | None] = []

    def add(self, event: yaml.Event) -> None:
        """Take *event*, or raise `LockError` with its line."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            raise _error("an alias, which no lock has", event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        if self._keys and self._keys[-1] is None and type(self._open[-1]) is dict:
            if text in self._open[-1]:
                raise _error(f"the key `{text}` stands twice", event)
            self._keys[-1] = text
        else:
            null = not event.style and text in _NULL
            self._put(None if null else text)

    def _begin(
        self, value: dict[str, object] | list[object], event: yaml.CollectionStartEvent
    ) -> None:
        if self._keys and self._keys[-1] is None and type(self._open[-1]) is dict:
            raise _error("a key that is no string", event)
        if len(self._open) == _DEEPEST:
            raise _error("nested too deeply", event)
        self._put(value)
        self._open.append(value)
        self._keys.append(None)

    def _put(self, value: object) -> None:
        if not self._open:
            self.root = value
            return
        holder = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[self._keys[-1] or ""] = value
            self._keys[-1] = None


def load_yaml(file: str, data: bytes) -> dict[str, Any]:
    """Return the YAML mapping in *data*; scalars are strings, or None.

    Raises:
        LockError: It is no single YAML document, or that is no mapping.
    """
    text = decode(file, data)
    tree = _Tree()
    documents = 0
    try:
        for event in _events(text):
            documents += isinstance(event, yaml.DocumentStartEvent)
            tree.add(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise LockError(
            f"not valid YAML: {error.problem or error.context}",
            file=file,
            line=mark.line + 1 if mark else None,
            hint=RELOCK,
        ) from None
    except yaml.YAMLError as error:
        what = str(error).splitlines()[0]
        raise LockError(f"not valid YAML: {what}", file=file, hint=RELOCK) from None
    except LockError as error:
        raise error.inside(file=file) from None
    if documents != 1 or not isinstance(tree.root, dict):
        raise LockError("not one YAML mapping", file=file, hint=RELOCK)
    return tree.root


def _events(text: str) -> Iterator[yaml.Event]:
    parser = _Parser(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def _error(what: str, event: yaml.Event) -> LockError:
    mark = event.start_mark
    return LockError(what, line=mark.line + 1 if mark else None, hint=RELOCK)
