"""Hold plain values against the model's own types, and say what does not fit where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import inspect

from noxlock.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgspec.inspect import DictType, EnumType, StructType, Type, VarTupleType

    from noxlock.definitions.document import Document, Path, Problems

__all__ = ["check_shape"]

_UNQUOTED: Final = (inspect.IntType, inspect.FloatType, inspect.BoolType)

_KINDS: Final[Mapping[type[Type], tuple[str, tuple[type, ...]]]] = {
    inspect.StructType: ("a table", (Mapping,)),
    inspect.DictType: ("a table", (Mapping,)),
    inspect.VarTupleType: ("a list of ", (list, tuple)),
    inspect.StrType: ("a string", (str,)),
    inspect.EnumType: ("one of ", (str,)),
    inspect.BoolType: ("true or false", (bool,)),
    inspect.IntType: ("a whole number", (int,)),
    inspect.FloatType: ("a number", (int, float)),
    inspect.NoneType: ("null", (type(None),)),
}
"""What the model is made of: how errors name it, and what may stand for it."""

_ITEMS: Final[Mapping[type[Type], str]] = {
    inspect.StrType: "strings",
    inspect.EnumType: "strings",
    inspect.IntType: "whole numbers",
}


def check_shape(
    document: Document, value: object, kind: Type, path: Path, problems: Problems
) -> None:
    """Add to *problems* whatever in *value* does not fit *kind*.

    It does not check what one value means to another: names that refer to others,
    commands, paths.
    """
    _Checker(document, problems).check(value, kind, path)


class _Checker:
    def __init__(self, document: Document, problems: Problems) -> None:
        self.document = document
        self.problems = problems

    def report(self, path: Path, what: str, hint: str | None = None) -> None:
        self.problems.add(self.document.error(path, what, hint=hint))

    def check(self, value: object, kind: Type, path: Path) -> None:
        kinds = _alternatives(kind)
        chosen = next((one for one in kinds if _resembles(value, one)), None)
        match chosen:
            case None:
                self.mismatch(value, kinds, path)
            case inspect.StructType():
                self.table(_mapping(value), chosen, path)
            case inspect.DictType():
                self.named(_mapping(value), chosen, path)
            case inspect.VarTupleType():
                self.items(value, chosen, path)
            case inspect.EnumType():
                self.choice(str(value), chosen, path)
            case inspect.IntType() | inspect.FloatType():
                self.number(value, chosen, path)
            case _:
                pass  # a string, a boolean or nothing, and that is what may stand here

    def table(
        self, value: Mapping[object, object], kind: StructType, path: Path
    ) -> None:
        fields = {field.encode_name: field for field in kind.fields}
        for key in value:
            if key not in fields:
                known = ", ".join(sorted(fields))
                what = f"unknown key; known here: {known}"
                self.report((*path, str(key)), what, nearest(str(key), fields))
        for name, field in fields.items():
            if name in value:
                self.check(value[name], field.type, (*path, name))
            elif field.required:
                self.report(path, f"`{name}` is missing")

    def named(self, value: Mapping[object, object], kind: DictType, path: Path) -> None:
        if kind.min_length and len(value) < kind.min_length:
            self.report(path, "at least one is needed")
        for key, item in value.items():
            if isinstance(key, str):
                self.check(item, kind.value_type, (*path, key))
            else:
                self.report(path, f"a key must be a string, not {key!r}")

    def items(self, value: object, kind: VarTupleType, path: Path) -> None:
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                self.check(item, kind.item_type, (*path, index))

    def choice(self, value: str, kind: EnumType, path: Path) -> None:
        known = [str(member.value) for member in kind.cls]
        if value not in known:
            what = f"unknown value `{value}`; known: {', '.join(known)}"
            self.report(path, what, nearest(value, known))

    def number(
        self, value: object, kind: inspect.IntType | inspect.FloatType, path: Path
    ) -> None:
        if not isinstance(value, int | float):
            return
        if not math.isfinite(value):
            self.report(path, f"expected a finite number, found {value}")
        elif kind.ge is not None and value < kind.ge:
            self.report(path, f"expected {kind.ge} or more, found {value}")
        elif kind.le is not None and value > kind.le:
            self.report(path, f"expected {kind.le} or less, found {value}")
        elif kind.gt is not None and value <= kind.gt:
            self.report(path, f"expected more than {kind.gt}, found {value}")
        elif kind.lt is not None and value >= kind.lt:
            self.report(path, f"expected less than {kind.lt}, found {value}")

    def mismatch(self, value: object, kinds: Sequence[Type], path: Path) -> None:
        # Null is what is left out: nothing that anybody means to write.
        said = [one for one in kinds if not isinstance(one, inspect.NoneType)]
        wanted = " or ".join(dict.fromkeys(_words(one) for one in said))
        found = self.found(value, path)
        hint = None
        strings = any(isinstance(one, inspect.StrType) for one in kinds)
        listed = any(
            isinstance(one, inspect.VarTupleType) and _resembles(value, item)
            for one in kinds
            for item in _alternatives(getattr(one, "item_type", one))
        )
        written = self.document.written.get(path)
        if strings and written is not None and value is not None:
            hint = f'quote it: "{written}"'
        elif listed:
            hint = f"write [{value}]"
        elif isinstance(value, str) and any(isinstance(k, _UNQUOTED) for k in kinds):
            hint = f"write {_words(kinds[0])}, without quotes"
        self.report(path, f"expected {wanted}, found {found}", hint)

    def found(self, value: object, path: Path) -> str:
        written = self.document.written.get(path)
        if value is None:
            return "nothing"
        for kind in (Mapping, list, tuple):
            if isinstance(value, kind):
                return "a table" if kind is Mapping else "a list"
        names = {bool: "the boolean ", int: "the number ", float: "the number "}
        names[str] = "the string "
        return f"{names.get(type(value), '')}`{value if written is None else written}`"


def _alternatives(kind: Type) -> tuple[Type, ...]:
    match kind:
        case inspect.Metadata(type=inner):
            return _alternatives(inner)
        case inspect.UnionType(types=types):
            return tuple(one for inner in types for one in _alternatives(inner))
        case _:
            return (kind,)


def _resembles(value: object, kind: Type) -> bool:
    _, accepted = _KINDS[type(kind)]
    # To Python, True is a number; to people, and to YAML, it is none.
    if isinstance(value, bool) and not isinstance(kind, inspect.BoolType):
        return False
    return isinstance(value, accepted)


def _words(kind: Type) -> str:
    words, _ = _KINDS[type(kind)]
    if isinstance(kind, inspect.EnumType):
        return words + ", ".join(str(member.value) for member in kind.cls)
    if isinstance(kind, inspect.VarTupleType):
        (item,) = _alternatives(kind.item_type)
        return words + _ITEMS[type(item)]
    return words


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}
