"""The levels of a tolerance, and which of them wins."""

from __future__ import annotations

import pytest

from noxlock.compare.tolerance import EXACT, Limit, Limits
from noxlock.errors import CompareError
from noxlock.model import Closeness, DefaultTolerance, Distribution, Tolerance

NOTHING = DefaultTolerance()
EVERYWHERE = DefaultTolerance(
    rtol=1e-3, dtypes={"float32": Closeness(atol=1e-2), "int64": Closeness(atol=1)}
)


@pytest.mark.parametrize(
    ("dtype", "limit"),
    [
        ("float64", (1e-7, 1e-7)),
        ("complex128", (1e-7, 1e-7)),
        ("float32", (1.3e-6, 1e-5)),
        ("complex64", (1.3e-6, 1e-5)),
        ("float16", (1e-3, 1e-5)),
        ("bfloat16", (1.6e-2, 1e-5)),
        ("float128", (1e-7, 1e-7)),
        ("float8_e4m3fn", (0, 0)),
        ("float4_e2m1fn", (0, 0)),
        ("int64", (0, 0)),
        ("uint8", (0, 0)),
        ("bool", (0, 0)),
        ("str", (0, 0)),
        ("datetime64[ns]", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_where_nobody_says_the_dtype_decides(
    dtype: str, limit: tuple[float, float]
) -> None:
    assert Limits(Tolerance()).at("", dtype) == Limit(*limit)


@pytest.mark.parametrize(
    ("tolerance", "defaults", "dtype", "limit"),
    [
        (Tolerance(rtol=0.5), NOTHING, "float64", (0.5, 0)),
        (Tolerance(atol=0.5), NOTHING, "float64", (0, 0.5)),
        (Tolerance(rtol=0), NOTHING, "float64", (0, 0)),
        (Tolerance(rtol=0.5), EVERYWHERE, "float32", (0.5, 0)),
        (Tolerance(), EVERYWHERE, "float32", (0, 1e-2)),
        (Tolerance(), EVERYWHERE, "float64", (1e-3, 0)),
        (Tolerance(), EVERYWHERE, "float8_e5m2", (1e-3, 0)),
        (Tolerance(), EVERYWHERE, "int64", (0, 1)),
        (Tolerance(), EVERYWHERE, "int32", (0, 0)),
        (Tolerance(), EVERYWHERE, "", (0, 0)),
        (Tolerance(atol=2), NOTHING, "int32", (0, 2)),
        (Tolerance(atol=2), NOTHING, "", (0, 2)),
        (Tolerance(atol=2), EVERYWHERE, "bool", (0, 0)),
        (Tolerance(atol=2), EVERYWHERE, "str", (0, 0)),
        (
            Tolerance(equal_nan=False),
            DefaultTolerance(dtypes={"float64": Closeness(equal_inf=False)}),
            "float64",
            (1e-7, 1e-7, False, False),
        ),
        (
            Tolerance(equal_nan=True),
            DefaultTolerance(equal_nan=False, equal_inf=False),
            "str",
            (0, 0, True, False),
        ),
    ],
)
def test_the_first_level_that_says_something_decides(
    tolerance: Tolerance,
    defaults: DefaultTolerance,
    dtype: str,
    limit: tuple[float, ...],
) -> None:
    known = (*limit, True, True)[:4]
    assert tuple(Limits(tolerance, defaults).at("x", dtype)) == known


def test_a_key_falls_back_field_by_field_to_what_is_around_it() -> None:
    inner = Tolerance(rtol=3, keys={"b": Tolerance(equal_nan=False)})
    limits = Limits(Tolerance(atol=1, keys={"a": inner}), EVERYWHERE)

    around = limits.matching("a")
    assert limits.of(around, "float64") == Limit(3, 1)
    assert limits.of(limits.matching("a.b", around), "float64") == (3, 1, False, True)
    assert limits.at("c", "float64") == Limit(0, 1)


def test_a_key_alone_is_no_tolerance_of_what_lies_beside_it() -> None:
    limits = Limits(Tolerance(keys={"a": Tolerance(rtol=1)}))
    assert limits.at("a", "float64") == Limit(1, 0)
    assert limits.at("b", "float64") == Limit(1e-7, 1e-7)


def test_the_innermost_word_on_dtype_shape_and_distribution_counts() -> None:
    noisy = Distribution(runs=8)
    tolerance = Tolerance(
        check_dtype=False,
        distribution=noisy,
        keys={"a*": Tolerance(check_shape=False), "ab": Tolerance(check_dtype=True)},
    )
    limits = Limits(tolerance)

    def found(key: str) -> tuple[bool, bool, Distribution | None]:
        rules = limits.matching(key)
        return (
            limits.check_dtype(rules),
            limits.check_shape(rules),
            limits.distribution(rules),
        )

    assert found("") == (False, True, noisy)
    assert found("a") == (False, False, noisy)
    assert found("ab") == (True, False, noisy)
    plain = Limits(Tolerance())
    assert (plain.check_dtype(()), plain.check_shape(())) == (True, True)
    assert plain.distribution(()) is None
    assert EXACT.exact
    assert not Limit(atol=1).exact


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize("level", ["output", "key", "default", "dtype"])
def test_a_limit_that_is_no_number_is_refused_at_every_level(
    level: str, value: float
) -> None:
    bad = Tolerance(rtol=value) if level == "output" else Tolerance()
    if level == "key":
        bad = Tolerance(keys={"a": Tolerance(keys={"b": Tolerance(atol=value)})})
    defaults = DefaultTolerance(atol=value) if level == "default" else NOTHING
    if level == "dtype":
        defaults = DefaultTolerance(dtypes={"float32": Closeness(rtol=value)})

    with pytest.raises(CompareError) as caught:
        Limits(bad, defaults)

    what = {
        "output": "the tolerance",
        "key": "the tolerance of key `a.b`",
        "default": "the default tolerance",
        "dtype": "the default tolerance of float32",
    }[level]
    assert caught.value.what == f"{what} is {value}, not a number from 0"


@pytest.mark.parametrize(
    ("dtype", "hint"), [("flaot32", "did you mean `float32`?"), ("bool", None)]
)
def test_a_default_of_a_dtype_that_no_number_has_is_refused(
    dtype: str, hint: str | None
) -> None:
    with pytest.raises(CompareError) as caught:
        Limits(Tolerance(), DefaultTolerance(dtypes={dtype: Closeness(rtol=1)}))
    assert caught.value.hint == hint
    assert f"`{dtype}`" in caught.value.what


def test_a_key_that_matched_nothing_is_said_with_what_it_may_mean() -> None:
    tolerance = Tolerance(
        keys={"metrics.*.loss": Tolerance(rtol=1), "acuracy": Tolerance(rtol=1)}
    )
    limits = Limits(tolerance)
    assert limits.matching("metrics.train.loss") == (0,)
    assert limits.matching("accuracy") == ()
    assert limits.unmatched() == (
        "tolerance key `acuracy` matches nothing in the output"
        " (did you mean `accuracy`?)"
    )
    assert limits.matching("acuracy") == (1,)
    assert limits.unmatched() is None
