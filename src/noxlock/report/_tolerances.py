"""What is tolerated now and was not, or no more, since the baseline was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import fields

from noxlock.report.words import place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from noxlock.model import Closeness, Distribution, Tolerance, Tolerances

__all__ = ["changed_tolerances"]

_UNSET: Final = "not set"


def changed_tolerances(old: Tolerances, new: Tolerances) -> Iterator[tuple[str, str]]:
    """Yield what it is of, and what changed: `path.npy`, `rtol 1e-9 -> 0.01`.

    An output that only one of the two has is left out: it is new, or gone.
    """
    both = old.outputs.keys() & new.outputs.keys()
    before, after = _levels(old, both), _levels(new, both)
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name, {}), after.get(name, {})
        changes = [
            f"{setting} {one.get(setting, _UNSET)} -> {other.get(setting, _UNSET)}"
            for setting in dict.fromkeys((*one, *other))
            if one.get(setting) != other.get(setting)
        ]
        if changes:
            yield name, ", ".join(changes)


def _levels(
    tolerances: Tolerances, outputs: AbstractSet[str]
) -> dict[str, dict[str, str]]:
    """Return the settings of each level, by what they hold for."""
    found: dict[str, dict[str, str]] = {}
    for name, tolerance in tolerances.outputs.items():
        if name in outputs:
            found |= _keys(name, "", tolerance)
    default = tolerances.tolerance
    found["all outputs"] = _settings(default)
    for dtype, closeness in default.dtypes.items():
        found[f"all {dtype}"] = _settings(closeness)
    return found


def _keys(output: str, key: str, tolerance: Tolerance) -> dict[str, dict[str, str]]:
    found = {place(output, key): _settings(tolerance)}
    for name, inner in tolerance.keys.items():
        found |= _keys(output, f"{key}.{name}" if key else name, inner)
    return found


def _settings(closeness: Closeness | Distribution) -> dict[str, str]:
    """Return what is set, by its name in a definition."""
    found: dict[str, str] = {}
    for field in fields(closeness):
        value = getattr(closeness, field.name)
        if isinstance(value, bool):
            found[field.encode_name] = str(value).lower()
        elif isinstance(value, int | float):
            found[field.encode_name] = _number(value)
        elif field.name == "distribution" and value is not None:
            inner = _settings(value)
            found |= {f"distribution {name}": said for name, said in inner.items()}
    return found


def _number(value: float) -> str:
    """Return a number in full, as one types it: `1e-9`, `0.01`, `8`."""
    mantissa, mark, exponent = repr(float(value)).partition("e")
    return mantissa.removesuffix(".0") + (f"e{int(exponent)}" if mark else "")
