"""`@EXPLICIT` files: read, and written in an order that can be installed in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from packaging.utils import canonicalize_name

from noxlock.locks import parse_conda_lock
from noxlock.locks.explicit import in_order, render
from noxlock.model import (
    ArchiveSource,
    CondaLock,
    CondaPackage,
    DirectorySource,
    IndexSource,
    LockedFile,
    LockedPackage,
    Sha256,
    Source,
    VcsSource,
)

SOUND = (Path(__file__).parent.parent / "assets/explicit/sound.lock").read_text()
SHA256 = Sha256("ab" * 32)
MD5 = "cd" * 16
BASE = "https://conda.example.org/demo"


def read(text: str) -> CondaLock:
    return parse_conda_lock("conda-linux-64.lock", text.encode())


def package(name: str, *depends: str, **facts: str | None) -> CondaPackage:
    return CondaPackage(
        name=name,
        version="1",
        build="0",
        subdir="noarch",
        filename=f"{name}-1-0.conda",
        url=f"{BASE}/noarch/{name}-1-0.conda",
        channel=BASE,
        depends=depends,
        md5=facts.get("md5", MD5),
        sha256=Sha256(str(facts["sha256"])) if facts.get("sha256") else None,
    )


def names(*packages: CondaPackage) -> list[str]:
    return [each.name for each in in_order(packages)]


def test_a_file_is_one_platform_all_of_it_in_main() -> None:
    lock = read(SOUND)

    (platform,) = lock.platforms
    assert platform.name == "linux-64"
    assert lock.categories == ("main", "dev")
    assert lock.channels == (BASE,)
    numpy, python, x264 = platform.packages
    assert (numpy.md5, numpy.sha256) == (None, SHA256)
    assert (python.md5, python.sha256) == (MD5, None)
    assert (x264.version, x264.md5, x264.sha256) == ("1!161.3030", None, None)
    assert python.where == "line 5"
    (idna,) = platform.pypi
    assert (idna.name, idna.version, idna.wanted_by) == ("idna", "3.7", {"main": None})
    assert idna.files[0].sha256 == SHA256


@pytest.mark.parametrize(
    ("line", "version", "sha256"),
    [
        ("a @ https://example.org/a-1.0.tar.gz --hash=sha256:", "1.0", SHA256),
        ("a @ https://example.org/main.zip#sha256=", None, SHA256),
    ],
)
def test_lines_of_pip_are_read_in_both_forms(
    line: str, version: str | None, sha256: Sha256
) -> None:
    (platform,) = read(f"{SOUND}# pip {line}{SHA256}\n").platforms

    found = platform.pypi[0]
    assert (found.version, found.files[0].sha256) == (version, sha256)
    assert "#" not in str(found.files[0].url)


def test_a_pip_line_without_a_hash_has_none() -> None:
    text = f"{SOUND}# pip a @ https://example.org/a-1-py3-none-any.whl\n"

    assert read(text).platforms[0].pypi[0].files[0].sha256 is None


def test_the_addresses_tell_the_platform_where_no_comment_does() -> None:
    (platform,) = read(
        f"@EXPLICIT\n{BASE}/noarch/a-1-0.conda\n{BASE}/osx-64/b-1-0.conda#{SHA256}\n"
    ).platforms

    assert platform.name == "osx-64"
    assert platform.packages[1].sha256 == SHA256


def test_files_of_this_machine_are_addresses_too() -> None:
    text = f"@EXPLICIT\nfile:///srv/demo/linux-64/a-1-0.conda#{MD5}\n"

    (platform,) = read(text).platforms

    assert platform.packages[0].url == "file:///srv/demo/linux-64/a-1-0.conda"
    assert platform.packages[0].channel == "file:///srv/demo"


def test_what_is_rendered_is_read_again() -> None:
    (platform,) = read(SOUND).platforms

    text = render(platform.packages, platform="linux-64", pypi=platform.pypi)

    (again,) = read(text).platforms
    assert [p.url for p in again.packages] == [p.url for p in platform.packages]
    assert [p.sha256 for p in again.packages] == [p.sha256 for p in platform.packages]
    assert again.pypi[0].files == platform.pypi[0].files


@pytest.mark.parametrize(
    ("algorithm", "pins"),
    [
        ("md5", [f"#{MD5}", f"#{MD5}", "", f"#sha256:{SHA256}"]),
        ("sha256", [f"#sha256:{SHA256}", f"#{MD5}", "", f"#sha256:{SHA256}"]),
    ],
)
def test_the_digest_is_the_one_asked_for_or_else_the_other(
    algorithm: Literal["md5", "sha256"], pins: list[str]
) -> None:
    packages = [
        package("a", sha256=SHA256),
        package("b"),
        package("c", md5=None),
        package("d", md5=None, sha256=SHA256),
    ]

    text = render(packages, platform="linux-64", algorithm=algorithm)

    assert text.splitlines() == [
        "# platform: linux-64",
        "@EXPLICIT",
        *(f"{p.url}{pin}" for p, pin in zip(packages, pins, strict=True)),
    ]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            VcsSource(vcs="git", url="https://example.org/a", commit="0" * 40),
            f"git+https://example.org/a@{'0' * 40}",
        ),
        (
            ArchiveSource(url="https://example.org/a.zip", sha256=SHA256),
            f"https://example.org/a.zip#sha256={SHA256}",
        ),
        (ArchiveSource(path="a.zip"), "a.zip"),
        (DirectorySource(path="lib"), "lib"),
        (IndexSource(), f"a-1.tar.gz#sha256={SHA256}"),
    ],
)
def test_every_source_has_a_pip_line(source: Source, line: str) -> None:
    file = LockedFile(filename="a-1.tar.gz", sha256=SHA256)
    pinned = LockedPackage(
        name=canonicalize_name("a"), version="1", source=source, files=(file,)
    )

    text = render([], platform="linux-64", pypi=[pinned])

    assert text.splitlines()[-1] == f"# pip a @ {line}"


def test_packages_come_after_what_they_need() -> None:
    assert names(
        package("a", "b >=1", "elsewhere"), package("b", "demo::c"), package("c", "c")
    ) == ["c", "b", "a"]


def test_python_comes_before_what_needs_it_in_turn() -> None:
    assert names(
        package("pip", "python", "setuptools"),
        package("python", "pip", "zlib"),
        package("setuptools", "python"),
        package("zlib"),
    ) == ["zlib", "python", "setuptools", "pip"]


def test_a_circle_comes_after_what_it_needs() -> None:
    assert names(
        package("above", "one"),
        package("one", "two"),
        package("python"),
        package("two", "one", "zlib"),
        package("zlib"),
    ) == ["zlib", "one", "two", "above", "python"]
