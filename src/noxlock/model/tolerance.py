"""How far outputs may be from their baselines, as it is declared."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from noxlock.model.environment import Definition

__all__ = [
    "Closeness",
    "DefaultTolerance",
    "Distribution",
    "Tolerance",
    "Tolerances",
]


class Distribution(Definition, frozen=True, kw_only=True):
    """A noisy scalar: its reruns must come from the distribution that was recorded."""

    runs: Annotated[
        int, Meta(ge=2, description="How often it is run, to record and to compare.")
    ]
    alpha: Annotated[
        float,
        Meta(
            gt=0,
            lt=1,
            description="How often a result that did not change may be called drifted.",
        ),
    ] = 0.01


class Closeness(Definition, frozen=True, kw_only=True):
    """How far a value may be from its baseline: |a - b| <= atol + rtol * |b|."""

    rtol: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Relative; 0 where only atol is set."),
    ] = None
    atol: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Absolute; 0 where only rtol is set."),
    ] = None
    equal_nan: Annotated[
        bool | None,
        Meta(description="Whether NaN equals NaN at the same place; left out: yes."),
    ] = None
    equal_inf: Annotated[
        bool | None,
        Meta(
            description="Whether infinities of one sign are equal; left out: yes.",
        ),
    ] = None


class Tolerance(Closeness, frozen=True, kw_only=True):
    """Of one output. What no level sets is the dtype's: integers and text are exact."""

    check_dtype: Annotated[
        bool | None,
        Meta(description="Whether another dtype is a drift; left out: yes."),
    ] = None
    check_shape: Annotated[
        bool | None,
        Meta(
            description=(
                "Whether another shape of as many elements is a drift; left out: yes."
            )
        ),
    ] = None
    distribution: Annotated[
        Distribution | None,
        Meta(description="For noisy numbers: compare with recorded runs instead."),
    ] = None
    keys: Annotated[
        dict[str, Tolerance],
        Meta(
            description=(
                "By array of an archive, column of a table, dotted path of a tree, file"
                " of a folder; `*` stands for any run of characters."
            )
        ),
    ] = field(default_factory=dict)


class DefaultTolerance(Closeness, frozen=True, kw_only=True):
    """What holds where no output and no key says otherwise."""

    dtypes: Annotated[
        dict[str, Closeness],
        Meta(description="By NumPy's name of a dtype: `float32`, `bfloat16`."),
    ] = field(default_factory=dict)


class Tolerances(Definition, frozen=True, kw_only=True):
    """All tolerances of a check, as its baseline keeps them, and as a file has them."""

    tolerance: DefaultTolerance = field(default_factory=DefaultTolerance)
    outputs: Annotated[
        dict[str, Tolerance],
        Meta(
            description=(
                "By file beneath the compared folder, or by its name; `*` stands for"
                " any run of characters."
            )
        ),
    ] = field(default_factory=dict)
