"""Typed reads from a parsed TOML table, with the key path in every error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from noxlock.errors import LockError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Table"]

T = TypeVar("T")

_WORDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    dict: "a table",
    int: "an integer",
    list: "an array",
    str: "a string",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table and where it sits in its file."""

    data: Mapping[str, object]
    path: str = ""

    def at(self, key: str) -> str:
        """Return the dotted path of *key*."""
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, kind: type[T]) -> T | None:
        """Return *key*, or None where it is absent."""
        value = self.data.get(key)
        if value is None or isinstance(value, kind):
            return value
        raise _unexpected(value, kind, self.at(key))

    def require(self, key: str, kind: type[T]) -> T:
        """Return *key*, which must be there."""
        if (value := self.get(key, kind)) is None:
            raise LockError("missing value", key=self.at(key))
        return value

    def string(self, key: str) -> str:
        """Return the string at *key*, which must be there and not be empty."""
        if not (value := self.require(key, str)):
            raise LockError("empty string", key=self.at(key))
        return value

    def parse(self, key: str, parser: Callable[[str], T]) -> T:
        """Return the string at *key*, read by *parser*."""
        try:
            return parser(self.string(key))
        except ValueError as error:
            raise LockError(_one_line(error), key=self.at(key)) from error

    def strings(self, key: str) -> tuple[str, ...]:
        """Return the array of strings at *key*, empty where it is absent."""
        items = self._items(key)
        for where, item in items:
            if not isinstance(item, str):
                raise _unexpected(item, str, where)
        return tuple(str(item) for _, item in items)

    def table(self, key: str) -> Table:
        """Return the table at *key*, empty where it is absent."""
        return Table(self.get(key, dict) or {}, self.at(key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the array of tables at *key*, empty where it is absent."""
        return tuple(_table(item, where) for where, item in self._items(key))

    def each(self) -> Iterator[tuple[str, Table]]:
        """Yield every key and its table; all values must be tables."""
        for key, value in self.data.items():
            yield key, _table(value, self.at(key))

    def _items(self, key: str) -> list[tuple[str, object]]:
        items = self.get(key, list) or []
        return [(f"{self.at(key)}[{i}]", item) for i, item in enumerate(items)]


def _table(value: object, where: str) -> Table:
    if not isinstance(value, Mapping):
        raise _unexpected(value, dict, where)
    return Table(value, where)


def _unexpected(value: object, kind: type, where: str) -> LockError:
    found = _WORDS.get(type(value), type(value).__name__)
    return LockError(f"expected {_WORDS[kind]}, found {found}", key=where)


def _one_line(error: ValueError) -> str:
    return " ".join(str(error).split())
