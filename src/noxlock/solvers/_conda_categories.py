"""Which categories of the sources reach each package of a solution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from noxlock.locks.environment_yml import Wanted

__all__ = ["categories_of", "reach"]

_MAIN: Final = "main"


def categories_of(
    depends: Mapping[str, tuple[str, ...]], wanted: Wanted
) -> dict[str, tuple[str, ...]]:
    """Return the categories of each package; what `main` reaches is main's alone.

    Args:
        depends: Name to match specs, of every package that was solved.
        wanted: Says which category asks for which package.
    """
    roots: dict[str, list[str]] = {}
    for spec in wanted.conda:
        implied = wanted.hashed_pip if spec.name == "pip" else None
        roots.setdefault((implied or spec).category, []).append(spec.name)
    needs = {
        name: tuple(text.split()[0].rpartition("::")[2] for text in texts)
        for name, texts in depends.items()
    }
    return reach(needs, roots)


def reach(
    needs: Mapping[str, Iterable[str]], roots: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """Return, for every key of *needs*, the categories whose roots reach it, sorted."""
    reached: dict[str, set[str]] = {name: set() for name in needs}
    for category, names in roots.items():
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in reached and category not in reached[name]:
                reached[name].add(category)
                todo += needs[name]
    return {
        name: (_MAIN,) if _MAIN in found or not found else tuple(sorted(found))
        for name, found in reached.items()
    }
