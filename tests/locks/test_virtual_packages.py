"""Virtual packages: defaults, a file, single ones."""

from __future__ import annotations

import pytest

from noxlock.errors import SolveError
from noxlock.locks.virtual_packages import (
    DEFAULTS,
    parse_virtual_packages,
    virtual_packages,
)
from noxlock.model import Subdir


def test_every_platform_has_defaults_without_a_gpu() -> None:
    assert set(DEFAULTS) == set(Subdir)
    assert all("__cuda" not in packages for packages in DEFAULTS.values())
    assert virtual_packages(Subdir.LINUX_64).split() == (
        ("__archspec", "1", "x86_64"),
        ("__glibc", "2.28", ""),
        ("__linux", "5.10", ""),
        ("__unix", "0", ""),
    )


def test_single_ones_hold_where_the_platform_can_have_them() -> None:
    single = {"__cuda": "12.4", "__glibc": "", "__own": "1"}
    linux = virtual_packages(Subdir.LINUX_64, single=single).packages
    assert linux["__cuda"] == "12.4"
    assert "__glibc" not in linux
    mac = virtual_packages(Subdir.OSX_ARM64, single=single).packages
    assert "__cuda" not in mac
    assert mac["__own"] == "1"


def test_a_file_replaces_the_defaults() -> None:
    data = b'subdirs:\n  linux-64:\n    packages:\n      __cuda: "12.4"\n'
    listed = parse_virtual_packages("v.yml", data)
    found = virtual_packages(Subdir.LINUX_64, listed=listed)
    assert found.packages == {"__cuda": "12.4"}
    assert not found.from_defaults
    assert virtual_packages(Subdir.WIN_64, listed=listed).packages == {}


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"a: 1", "v.yml: subdirs"),
        (b"subdirs: {linux-64: {}}", "v.yml: subdirs.linux-64.packages"),
        (
            b"subdirs: {linux-64: {packages: {cuda: 1}}}",
            "v.yml: subdirs.linux-64.packages.cuda",
        ),
        (b"subdirs: [", "v.yml:2"),
    ],
)
def test_a_malformed_file_is_told_with_its_key(data: bytes, where: str) -> None:
    with pytest.raises(SolveError) as caught:
        parse_virtual_packages("v.yml", data)
    assert caught.value.where == where
    assert caught.value.hint is not None
