"""What was asked for and did not take effect."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from noxlock.envs.probe._read import Probed

    Check = Callable[[str, Mapping[str, str]], Iterator[str]]

__all__ = ["unmet"]

# As `_inject` looks: in January and in July.
_MOMENTS: Final = tuple(
    datetime.fromtimestamp(s, UTC) for s in (1704067200, 1719792000)
)
# POSIX.1, "TZ": a name, and the offset from UTC; glibc knows no file for it.
_POSIX_ZONE: Final = re.compile(r"(?:[A-Za-z]{3,}|<[^>]+>)[+-]?\d")
SILENT: Final = "no python of the environment came to its end with the probe"


def unmet(asked: Mapping[str, str], probed: Probed) -> tuple[str, ...]:
    """Return a sentence for each of the variables *asked* that is not in effect.

    What nothing in the run answers to is not judged: without OpenBLAS it does not
    matter which core was asked of it. oneDNN, cuBLAS, cuDNN and XLA do not answer.
    """
    if not probed.ran:
        return (f"{SILENT}: nothing is known of what took effect",)
    return tuple(
        f"{name} is `{value}`, but {what}"
        for name, value in sorted(asked.items())
        if name in _CHECKS and value
        for what in _CHECKS[name](value, probed.effective)
    )


def _each(effective: Mapping[str, str], ending: str) -> Iterator[tuple[str, str]]:
    """Yield the facts that end so, with each value that a process had."""
    for fact, values in effective.items():
        if fact == ending or fact.endswith(f" {ending}"):
            for value in values.split(" | "):
                yield fact, value


def _threads(*endings: str) -> Check:
    def check(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
        for fact, value in effective.items():
            # OMP_NUM_THREADS may have a number for each level of nesting. Programs
            # give fewer threads to each of their own workers.
            if fact.endswith(endings) and asked.partition(",")[0] not in value.split(
                " | "
            ):
                yield f"{fact.removesuffix(' threads')} uses {value} threads"

    return check


def _same(ending: str, say: str) -> Check:
    """Make the check of a word whose case does not matter."""

    def check(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
        for fact, value in _each(effective, ending):
            if value.casefold() != asked.partition(",")[0].casefold():
                yield say.format(fact=fact, value=value)

    return check


# OpenBLAS, driver/others/dynamic.c, built without DYNAMIC_OLDER, as NumPy's and SciPy's
# wheels are: these cores share the kernels of another, whose name is then the answer.
_STANDS_FOR: Final[Mapping[str, str]] = dict.fromkeys(
    ("atom", "barcelona", "bobcat"), "nehalem"
) | {
    **dict.fromkeys(
        ("bulldozer", "excavator", "piledriver", "steamroller"), "sandybridge"
    ),
    **dict.fromkeys(
        (
            "athlon",
            "banias",
            "core2",
            "coppermine",
            "dunnington",
            "nano",
            "northwood",
            "opteron",
            "opteron_sse3",
            "penryn",
            "prescott",
        ),
        "katmai",
    ),
    "cooperlake": "skylakex",
    "sapphirerapids": "skylakex",
    "zen": "haswell",
}


def _core(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
    wanted = asked.casefold()
    for fact, value in _each(effective, "openblas core"):
        if value.casefold() not in {wanted, _STANDS_FOR.get(wanted)}:
            yield f"{fact} is {value}"


def _features(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
    wanted = re.split(r"[\s,]+", asked)
    for _, value in _each(effective, "numpy features"):
        left = [name for name in wanted if name in value.split()]
        if left:
            yield f"NumPy still uses {' '.join(left)}"


def _zone(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
    name = asked.removeprefix(":")
    if _POSIX_ZONE.match(name) or name.startswith("/"):
        return
    zone: tzinfo
    try:
        # UTC needs no file of zones, which small images lack.
        zone = UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        yield "this machine knows no such time zone"
        return
    wanted = " ".join(_offset(moment.astimezone(zone)) for moment in _MOMENTS)
    for _, value in _each(effective, "time zone"):
        if value != wanted:
            yield f"the offsets from UTC are {value}, not {wanted}"


def _offset(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


def _locale(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
    for _, value in _each(effective, "locale"):
        if _plain(value) != _plain(asked):
            yield f"the locale is {value}: it is not installed"


def _plain(locale: str) -> str:
    name = locale.casefold().replace("-", "")
    return "c" if name == "posix" else name


def _torch(asked: str, effective: Mapping[str, str]) -> Iterator[str]:
    if asked != "0":
        for _, value in _each(effective, "torch deterministic"):
            if value != "yes":
                yield "torch does not use deterministic algorithms"


_CHECKS: Final[Mapping[str, Check]] = {
    "ATEN_CPU_CAPABILITY": _same("torch cpu capability", "torch uses {value}"),
    "BLIS_NUM_THREADS": _threads("blis threads"),
    "LC_ALL": _locale,
    "MKL_CBWR": _same("mkl branch", "MKL has {value}"),
    "MKL_NUM_THREADS": _threads("mkl threads"),
    "NOXLOCK_FILE_ORDER": _same("file order", "files are listed {value}"),
    "NOXLOCK_TORCH_DETERMINISTIC": _torch,
    "NPY_DISABLE_CPU_FEATURES": _features,
    "NUMBA_NUM_THREADS": _threads("numba threads"),
    "NUMEXPR_NUM_THREADS": _threads("numexpr threads"),
    "OMP_NUM_THREADS": _threads("libgomp threads", "libomp threads", "torch threads"),
    "OPENBLAS_CORETYPE": _core,
    "OPENBLAS_NUM_THREADS": _threads("openblas threads"),
    "PYTHONHASHSEED": _same("hash seed", "the hash seed is {value}"),
    "TZ": _zone,
}
