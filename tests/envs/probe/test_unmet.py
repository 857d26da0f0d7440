"""What was asked for and is not in effect, a sentence each."""

from __future__ import annotations

import pytest

from noxlock.envs import Probed, unmet
from noxlock.envs.probe._unmet import SILENT


def probed(**effective: str) -> Probed:
    facts = {name.replace("_", " "): value for name, value in effective.items()}
    return Probed(ran=True, effective=facts, loaded=(), warnings=())


@pytest.mark.parametrize(
    ("name", "value", "found", "sentence"),
    [
        ("OPENBLAS_NUM_THREADS", "4", {"scipy_openblas_threads": "2"}, "2 threads"),
        ("OMP_NUM_THREADS", "1", {"torch_libgomp_threads": "8"}, "libgomp uses 8"),
        ("OMP_NUM_THREADS", "1,2", {"torch_threads": "2"}, "torch uses 2 threads"),
        ("MKL_NUM_THREADS", "1", {"mkl_threads": "2"}, "mkl uses 2 threads"),
        ("OPENBLAS_CORETYPE", "Nope", {"numpy_openblas_core": "Zen"}, "core is Zen"),
        ("MKL_CBWR", "AVX2", {"mkl_branch": "AUTO"}, "MKL has AUTO"),
        (
            "NPY_DISABLE_CPU_FEATURES",
            "AVX2, X86_V3",
            {"numpy_features": "SSE AVX2"},
            "NumPy still uses AVX2",
        ),
        ("PYTHONHASHSEED", "1", {"hash_seed": "random"}, "the hash seed is random"),
        ("TZ", "Nowhere/City", {"time_zone": "+00:00 +00:00"}, "no such time zone"),
        ("TZ", "UTC", {"time_zone": "+05:45 +05:45"}, "not +00:00 +00:00"),
        ("TZ", "America/New_York", {"time_zone": "+00:00 +00:00"}, "-05:00 -04:00"),
        ("LC_ALL", "de_DE.UTF-8", {"locale": "C"}, "the locale is C"),
        ("NOXLOCK_TORCH_DETERMINISTIC", "1", {"torch_deterministic": "no"}, "torch"),
        ("NOXLOCK_FILE_ORDER", "sorted", {"file_order": "reversed"}, "reversed"),
        ("ATEN_CPU_CAPABILITY", "default", {"torch_cpu_capability": "AVX2"}, "AVX2"),
    ],
)
def test_what_is_not_in_effect_is_named(
    name: str, value: str, found: dict[str, str], sentence: str
) -> None:
    (said,) = unmet({name: value}, probed(**found))
    assert said.startswith(f"{name} is `{value}`, but ")
    assert sentence in said


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("OPENBLAS_NUM_THREADS", "4", {}),
        ("OPENBLAS_NUM_THREADS", "2", {"numpy_openblas_threads": "2"}),
        ("OMP_NUM_THREADS", "2", {"libgomp_threads": "1 | 2"}),
        ("OPENBLAS_CORETYPE", "SANDYBRIDGE", {"openblas_core": "Sandybridge"}),
        ("OPENBLAS_CORETYPE", "Prescott", {"openblas_core": "Katmai"}),
        ("OPENBLAS_CORETYPE", "Zen", {"openblas_core": "Haswell"}),
        ("MKL_CBWR", "COMPATIBLE,STRICT", {"mkl_branch": "COMPATIBLE"}),
        ("NPY_DISABLE_CPU_FEATURES", "AVX2", {"numpy_features": "SSE SSE2"}),
        ("TZ", "UTC", {"time_zone": "+00:00 +00:00"}),
        ("TZ", ":/etc/localtime", {"time_zone": "+01:00 +02:00"}),
        ("TZ", "JST-9", {"time_zone": "+09:00 +09:00"}),
        ("LC_ALL", "POSIX", {"locale": "C"}),
        ("LC_ALL", "C.UTF-8", {"locale": "C.utf8"}),
        ("NOXLOCK_TORCH_DETERMINISTIC", "0", {"torch_deterministic": "no"}),
        ("NOXLOCK_TORCH_DETERMINISTIC", "1", {"torch_deterministic": "yes"}),
        ("ANYTHING", "1", {"anything": "2"}),
        ("OPENBLAS_CORETYPE", "", {"openblas_core": "Zen"}),
    ],
)
def test_what_is_in_effect_or_not_to_be_known_is_not(
    name: str, value: str, found: dict[str, str]
) -> None:
    assert unmet({name: value}, probed(**found)) == ()


def test_where_no_probe_ran_that_is_said() -> None:
    nothing = Probed(ran=False, effective={}, loaded=(), warnings=())
    (said,) = unmet({"TZ": "UTC"}, nothing)
    assert said.startswith(SILENT)
