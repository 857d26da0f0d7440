"""What the definition of a check may say."""

from __future__ import annotations

import re
from itertools import combinations, count, permutations
from math import comb
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from noxlock.definitions.paths import escapes, glob_problems, nested
from noxlock.definitions.profiles import profile_problems, vary_problems
from noxlock.definitions.sizes import parse_size
from noxlock.errors import DefinitionError, nearest
from noxlock.model import BaselineStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.definitions.document import Path
    from noxlock.definitions.locks import Problem
    from noxlock.model import Check, Distribution, ProfileDefinition, Tolerance

__all__ = ["baseline_clashes", "baseline_folder", "check_problems", "least_runs"]

_DTYPE: Final = re.compile(
    r"bfloat16|u?int(?:[1248]|16|32|64)|float(?:16|32|64|96|128)|c?longdouble"
    r"|complex(?:64|128|192|256)|float[468]_\w+"
)
_NO_SCHEME: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]+)(?://|:(?!//|:)/*)"
)
"""What looks like the scheme of a URL, `s3//` or `s3:/`: one letter is a drive."""
_DTYPES: Final = (
    *("float16", "float32", "float64", "bfloat16", "complex64", "complex128"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float8_e4m3fn", "float8_e5m2"),
)


def baseline_folder(name: str, check: Check) -> str:
    """Return the folder of a check's baseline, relative to the project's."""
    return check.baseline or f"repro/{name}"


def least_runs(alpha: float) -> int:
    """Return how many runs can differ enough to be told apart at *alpha*.

    Of two samples of n different values each, an exact two-sided permutation test
    finds nothing rarer than 2 of the (2n over n) ways to divide them.
    """
    return next(n for n in count(2) if 2 / comb(2 * n, n) < alpha)


def check_problems(
    check: Check, profiles: Mapping[str, ProfileDefinition]
) -> Iterator[Problem]:
    """Yield what is wrong with one check; its command and environment aside.

    Not checked: that inputs exist, nor what the command writes.
    """
    yield from _outputs(check)
    for dtype in check.tolerance.dtypes:
        if not _DTYPE.fullmatch(dtype):
            advice = nearest(dtype, _DTYPES) or "write NumPy's name of it: float32"
            yield ("tolerance", "dtypes", dtype), f"`{dtype}` is no dtype", advice
    yield from _inputs(check)
    yield from _baseline(check)
    for keys, what, hint in profile_problems(check.profile, profiles):
        yield ("profile", *keys), what, hint
    for keys, what, hint in vary_problems(check.vary):
        yield ("vary", *keys), what, hint


def _baseline(check: Check) -> Iterator[Problem]:
    folder = check.baseline
    if folder is not None and (what := escapes(folder)) is not None:
        yield ("baseline",), what, "name it relative to the project's folder"
    yield from _store(check.baseline_store)


def _outputs(check: Check) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for output, tolerance in check.outputs.items():
        path: Path = ("outputs", output)
        if (what := escapes(output)) is not None:
            yield path, what, "name it relative to `{outputs}`"
            continue
        plain = PurePosixPath(output).as_posix()
        if plain in seen:
            yield path, f"the same file as `{seen[plain]}`", None
        elif plain != output:
            yield path, "not the plain name of a file or folder", f"write `{plain}`"
        seen.setdefault(plain, output)
        yield from _distributions(path, tolerance)
    for inner, around in permutations(seen, 2):
        if nested(inner, around):
            what = f"lies in the output `{seen[around]}`"
            hint = f"give it a tolerance by `keys` of `{seen[around]}`"
            yield ("outputs", seen[inner]), what, hint


def _distributions(path: Path, tolerance: Tolerance) -> Iterator[Problem]:
    if (asked := tolerance.distribution) is not None:
        yield from _too_few((*path, "distribution"), asked)
        if tolerance.rtol is not None or tolerance.atol is not None:
            what = "stands beside `rtol` or `atol`, which would never be used"
            yield (*path, "distribution"), what, "write either"
    for key, inner in tolerance.keys.items():
        yield from _distributions((*path, "keys", key), inner)


def _too_few(path: Path, asked: Distribution) -> Iterator[Problem]:
    if asked.runs < (needed := least_runs(asked.alpha)):
        what = f"{asked.runs} runs can never differ by an alpha of {asked.alpha:g}"
        yield (*path, "runs"), what, f"write {needed} or more, or a larger alpha"


def _inputs(check: Check) -> Iterator[Problem]:
    for index, pattern in enumerate(check.inputs):
        for keys, wrong, hint in glob_problems(pattern):
            yield ("inputs", index, *keys), wrong, hint
        if pattern in check.inputs[:index]:
            yield ("inputs", index), f"`{pattern}` stands twice", None


def _store(given: str | BaselineStore | None) -> Iterator[Problem]:
    if given is None:
        return
    path: Path = ("baseline-store",)
    if isinstance(given, BaselineStore):
        try:
            parse_size(given.above)
        except DefinitionError as error:
            yield (*path, "above"), error.what, error.hint
        path, given = (*path, "url"), given.url
    if not given.strip():
        yield path, "the URL of a folder is needed", "for example s3://bucket/baselines"
    elif found := _NO_SCHEME.match(given):
        scheme, rest = found["scheme"], given[found.end() :].lstrip("/")
        root = "/" if scheme == "file" else ""
        hint = f"write `{scheme}://{root}{rest}`; a folder has no `//` and no `:`"
        yield path, f"`{given}` is neither a URL nor a folder", hint
    elif urlsplit(given).password:
        what = "a password does not belong into a file of the project"
        yield path, what, "leave it to the variables of the store, AWS_PROFILE say"


def baseline_clashes(checks: Mapping[str, Check]) -> Iterator[tuple[str, str]]:
    """Yield each check whose baseline lies in another's, with what is wrong."""
    folders = {name: baseline_folder(name, check) for name, check in checks.items()}
    for (other, earlier), (name, folder) in combinations(folders.items(), 2):
        if nested(folder, earlier) or nested(earlier, folder):
            yield name, f"`{folder}` is the folder of check {other}'s baseline too"
