"""Package URLs, as the specification's own examples have them."""

from __future__ import annotations

import pytest

from noxlock.model import PackageRecord
from noxlock.workflows.records.purl import interpreter_purl, purl


@pytest.mark.parametrize(
    ("name", "version", "kind", "artifact", "expected"),
    [
        (
            "Django",
            "1.11.1",
            "wheel",
            "Django-1.11.1-py2.py3-none-any.whl",
            "pkg:pypi/django@1.11.1?file_name=Django-1.11.1-py2.py3-none-any.whl",
        ),
        ("django_allauth", "12.23", "git", None, "pkg:pypi/django-allauth@12.23"),
        ("own", None, "directory", None, "pkg:pypi/own"),
        (
            "torch",
            "2.5.0+cu124",
            "wheel",
            "torch-2.5.0%2Bcu124.whl",
            "pkg:pypi/torch@2.5.0%2Bcu124?file_name=torch-2.5.0%252Bcu124.whl",
        ),
        (
            "absl-py",
            "0.4.1",
            "conda",
            "absl-py-0.4.1-py36h06a4308_0.tar.bz2",
            "pkg:conda/absl-py@0.4.1?build=py36h06a4308_0&type=tar.bz2",
        ),
        ("_x86_64-level", "1", "conda", None, "pkg:conda/_x86_64-level@1"),
    ],
)
def test_an_artifact_has_one_package_url(
    name: str, version: str | None, kind: str, artifact: str | None, expected: str
) -> None:
    package = PackageRecord(
        name=name, version=version, kind=kind, artifact=artifact, sha256=None
    )
    assert purl(package) == expected


def test_an_interpreter_has_one_too() -> None:
    assert interpreter_purl("3.11.7") == "pkg:generic/cpython@3.11.7"
    assert interpreter_purl("") == "pkg:generic/cpython"
