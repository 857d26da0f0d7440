"""Commands as definitions write them: words, quotes, and a few placeholders.

A command is split into words as a POSIX shell does it, and no shell ever runs it.
In it stand for something else:

- `{posargs}`: what follows `--` on nox's command line; nothing where nothing follows.
- `{posargs:DEFAULT}`: the same; the words of DEFAULT where nothing follows.
- `{outputs}`: in checks, the folder to write the outputs to.
- `{{` and `}}`: the braces themselves.

`{posargs}` as a word of its own stands for any number of words; inside a longer word or
quotes for all of them, joined by spaces and quoted as a shell needs it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from noxlock.errors import DefinitionError, nearest
from noxlock.model import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from noxlock.model import Session

__all__ = ["Command", "commands", "parse_command"]

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:]*)(?::(?P<default>[^{}]*))?\}|[{}]")
# Private-use characters: no white space, no quotes, so shlex carries them through.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")


# As a word of its own, out of quotes. Elsewhere it is text: `a=b;c`, `\;`.
_OPERATOR = re.compile(r"(?<!\S)(?:&&|\|\|?|;|&|\d?(?:>>?|<)|\d?>&\d)(?!\S)")


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str
    default: tuple[str, ...] = ()


_Word: TypeAlias = tuple[str | _Placeholder, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command whose quotes and placeholders are known to be sound."""

    text: str
    """As the definition has it."""
    parts: tuple[_Word, ...]

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the placeholders in it."""
        return frozenset(
            part.name
            for word in self.parts
            for part in word
            if isinstance(part, _Placeholder)
        )

    def words(
        self, *, posargs: Sequence[str] = (), values: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """Return the words to run, *values* and *posargs* put in."""
        known = values or {}
        found: list[str] = []
        for word in self.parts:
            match word:
                case (_Placeholder(name="posargs", default=default),):
                    found += posargs or default
                case _:
                    found.append("".join(_text(p, posargs, known) for p in word))
        return tuple(found)


def _text(
    part: str | _Placeholder, posargs: Sequence[str], values: Mapping[str, str]
) -> str:
    if isinstance(part, str):
        return part
    if part.name == "posargs":
        return shlex.join(posargs or part.default)
    return values[part.name]


def parse_command(text: str, *, allowed: Collection[str]) -> Command:
    """Return the command that *text* writes.

    Args:
        text: One command; several lines of one command are one line.
        allowed: Names that a placeholder may have: `posargs`, `outputs`.

    Raises:
        DefinitionError: It is empty, a quote is not closed, a placeholder is unknown,
            or only a shell would understand it.
    """
    _refuse_operators(text)
    placeholders: list[_Placeholder] = []

    def mark(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        placeholders.append(_placeholder(found, allowed))
        return _MARK.format(len(placeholders) - 1)

    words = tuple(_word(word, placeholders) for word in _split(_TOKEN.sub(mark, text)))
    if not words:
        raise DefinitionError("the command is empty")
    if words[0] == (_Placeholder("posargs"),):
        what = "nothing is left of the command where nothing follows `--`"
        hint = "give it a default: `{posargs:python}`"
        raise DefinitionError(what, hint=hint)
    return Command(text=text, parts=words)


def _refuse_operators(text: str) -> None:
    """Raise where a shell would see an operator: a program would get it as a word."""
    for found in _OPERATOR.finditer(text):
        try:
            shlex.split(text[: found.start()])
        except ValueError:
            continue  # within quotes, or the text is no command at all
        raise DefinitionError(
            f"`{found[0]}` is for a shell, and none runs the command",
            hint="write a list of commands, or quote it where it is meant as it is",
        )


def _placeholder(found: re.Match[str], allowed: Collection[str]) -> _Placeholder:
    name, default = found["name"], found["default"]
    if name is None:
        raise DefinitionError(
            f"a `{found[0]}` stands alone", hint="write `{{` and `}}` for braces"
        )
    if name not in allowed or (default is not None and name != "posargs"):
        known = ", ".join(f"`{{{one}}}`" for one in sorted(allowed))
        raise DefinitionError(
            f"unknown placeholder `{found[0]}`; known here: {known}",
            hint=nearest(name, allowed) or "write `{{` and `}}` for braces",
        )
    return _Placeholder(name, tuple(_split(default or "")))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        what = str(error)
        raise DefinitionError(
            f"cannot split the command into words: {what[:1].lower()}{what[1:]}",
            hint="close the quote, or write a backslash before a quote that is meant",
        ) from None


def _word(text: str, placeholders: Sequence[_Placeholder]) -> _Word:
    # re.split puts what the group caught, the number, at every odd place.
    parts: list[str | _Placeholder] = []
    for index, piece in enumerate(_MARKED.split(text)):
        if index % 2:
            parts.append(placeholders[int(piece)])
        elif piece:
            parts.append(piece)
    return tuple(parts) or ("",)


def commands(definition: Session | Check) -> tuple[Command, ...]:
    """Return the commands of a session or check, in order."""
    allowed = {"outputs"} if isinstance(definition, Check) else {"posargs"}
    run = definition.run
    texts = (run,) if isinstance(run, str) else run
    return tuple(parse_command(text, allowed=allowed) for text in texts)
