"""What a build string is for."""

from __future__ import annotations

import pytest

from noxlock.locks.difference.details import kind_of_build


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        ("py311h64a7726_0", ""),
        ("pyhd8ed1ab_0", ""),
        ("unix_pyh707e725_1", ""),
        ("np121py39h1234567_0", ""),
        ("8_cp311", ""),
        ("cuda126py311h1234567_200", "cuda126"),
        ("cpu_generic_py311_h1234567_0", "cpu generic"),
        ("cuda_126_mkl_py312_h1234567_301", "126 cuda mkl"),
        ("20_linux64_openblas", "openblas"),
        ("7_h47877c9_openblas", "openblas"),
        ("mps_1", "mps"),
    ],
)
def test_python_hash_and_number_are_incidental(build: str, kind: str) -> None:
    assert kind_of_build(build) == frozenset(kind.split())
