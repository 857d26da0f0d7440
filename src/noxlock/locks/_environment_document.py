"""The document of an environment.yml: its lines chosen, its values with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import yaml

from noxlock.errors import LockError, SolveError
from noxlock.locks._text import decode
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Document"]

# conda-lock's pattern, adapted from conda-build.
_SELECTOR: Final = re.compile(r"(.+?)\s*(#.*)\[([^\[\]]+)\](?(2)[^\(\)]*)$")
_SELECTORS: Final[Mapping[Subdir, frozenset[str]]] = {
    Subdir.LINUX_64: frozenset(("linux64", "unix", "linux")),
    Subdir.LINUX_AARCH64: frozenset(("aarch64", "unix", "linux")),
    Subdir.LINUX_PPC64LE: frozenset(("ppc64le", "unix", "linux")),
    Subdir.OSX_64: frozenset(("osx64", "osx", "unix")),
    Subdir.OSX_ARM64: frozenset(("arm64", "osx", "unix")),
    Subdir.WIN_64: frozenset(("win", "win64")),
}
_ALL_SELECTORS: Final = frozenset().union(*_SELECTORS.values())
_KEYS: Final = (
    "name",
    "channels",
    "dependencies",
    "prefix",
    "variables",
    "category",
    "platforms",
    "pip-repositories",
    "allow-pypi-requests",
)
_QUOTE: Final = "put it in quotes"


@dataclass(frozen=True, slots=True)
class Document:
    """The top of one file, its nodes with their lines."""

    file: str
    nodes: Mapping[str, yaml.Node]
    lines: Mapping[str, int]

    @classmethod
    def of(
        cls,
        file: str,
        data: bytes,
        *,
        platform: Subdir | None = None,
        notes: list[str] | None = None,
    ) -> Document:
        """Return the document; with a platform, only the lines that are for it."""
        try:
            text = decode(file, data)
        except LockError as error:
            hint = "an environment.yml lists channels and dependencies"
            raise SolveError(
                error.what, file=file, line=error.line, hint=hint
            ) from None
        if platform is not None:
            text = "\n".join(
                _lines(file, text, platform, [] if notes is None else notes)
            )
        root = _compose(file, text)
        nodes: dict[str, yaml.Node] = {}
        lines: dict[str, int] = {}
        for key, value in root.value:
            nodes[str(key.value)] = value
            lines[str(key.value)] = key.start_mark.line + 1
        return cls(file, nodes, lines)

    def scalar(self, key: str) -> str | None:
        """Return the string at *key*, or None."""
        node = self.nodes.get(key)
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return None
        if text := self.text(node):
            return text
        raise self.error(f"`{key}` is no string", node, key)

    def strings(self, key: str) -> list[tuple[str, int]]:
        """Return the strings listed at *key*, each with its line; [] for none."""
        return list(self._items(self.nodes.get(key), key))

    def dependencies(self, whole: Document) -> list[yaml.Node]:
        """Return the nodes listed under `dependencies`."""
        node = self.nodes.get("dependencies")
        if node is None:
            others = whole.nodes.keys() - set(_KEYS)
            meant = get_close_matches("dependencies", others, n=1)
            raise SolveError(
                "it lists no `dependencies`",
                file=self.file,
                line=whole.lines[meant[0]] if meant else None,
                hint=f"`{meant[0]}` is no known key"
                if meant
                else "an environment.yml lists `channels` and `dependencies`",
            )
        if node.tag == "tag:yaml.org,2002:null":
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error("`dependencies` is no list", node, "dependencies")
        return list(node.value)

    def pip_section(self, node: yaml.Node) -> list[tuple[str, int]] | None:
        """Return the requirements under `pip:` at *node*; None where nothing is."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(
                "a dependency that is no string", node, "dependencies", _QUOTE
            )
        for key, value in node.value:
            if key.value == "pip":
                if value.tag == "tag:yaml.org,2002:null":
                    return None
                return list(self._items(value, "dependencies.pip"))
            raise self.error(
                f"`{key.value}:` among the dependencies, where only `pip:` can be",
                key,
                "dependencies",
            )
        return None

    def text(self, node: yaml.Node) -> str | None:
        """Return the string that *node* is, or None."""
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return str(node.value).strip() or None
        return None

    def error(
        self, what: str, node: yaml.Node, key: str, hint: str | None = None
    ) -> SolveError:
        """Return the error *what* at *node*."""
        line = node.start_mark.line + 1
        return SolveError(what, file=self.file, line=line, key=key, hint=hint)

    def _items(self, node: yaml.Node | None, key: str) -> Iterator[tuple[str, int]]:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(f"`{key}` is no list", node, key)
        for item in node.value:
            text = self.text(item)
            if text is None:
                raise self.error("an item that is no string", item, key, _QUOTE)
            yield text, item.start_mark.line + 1


def _lines(file: str, text: str, platform: Subdir, notes: list[str]) -> Iterator[str]:
    """Yield the lines of *text*, empty where they are not for *platform*."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _SELECTOR.match(line)
        if line.lstrip().startswith("#"):
            yield ""
        elif found is None or found[3] in _SELECTORS[platform]:
            yield line
        else:
            yield ""
            if found[3] not in _ALL_SELECTORS:
                notes.append(
                    f"{file}:{number}: `# [{found[3]}]` holds on no platform, so"
                    " the line is never used"
                )


def _compose(file: str, text: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise SolveError("nested too deeply", file=file) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SolveError(
            f"not valid YAML: {error.problem or error.context}",
            file=file,
            line=mark.line + 1 if mark else None,
        ) from None
    except yaml.YAMLError as error:
        what = str(error).splitlines()[0]
        raise SolveError(f"not valid YAML: {what}", file=file) from None
    if not isinstance(root, yaml.MappingNode):
        raise SolveError(
            "not a YAML mapping",
            file=file,
            hint="an environment.yml lists `channels` and `dependencies`",
        )
    return root
