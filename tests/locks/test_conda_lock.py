"""`conda-lock.yml` as conda-lock has written it over the years."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxlock.errors import LockError
from noxlock.locks import is_conda_lock, parse_conda_lock
from noxlock.model import (
    ArchiveSource,
    CondaLock,
    CondaPackage,
    DirectorySource,
    GroupName,
    IndexSource,
    Sha256,
    Subdir,
    VcsSource,
)

SOUND = (Path(__file__).parent.parent / "assets/conda-lock/sound.yml").read_text()
SHA256 = Sha256("ab" * 32)
MD5 = "cd" * 16
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MAIN, DEV = GroupName("main"), GroupName("dev")
HEAD = "version: 1\nmetadata:\n  platforms: [linux-64]\npackage:\n"


def read(text: str) -> CondaLock:
    return parse_conda_lock("conda-lock.yml", text.encode())


def row(name: str = "numpy", version: str = "2.0", **facts: str | None) -> str:
    """Return a row of `package`; None leaves a fact out."""
    file = f"{name}-{version}-py311_0.conda"
    facts = {
        "name": name,
        "version": f"'{version}'",
        "manager": "conda",
        "platform": "linux-64",
        "url": f"https://conda.example.org/demo/linux-64/{file}",
        "hash": f"{{md5: {MD5}, sha256: {SHA256}}}",
        **facts,
    }
    lines = [f"{key}: {value}" for key, value in facts.items() if value is not None]
    return "- " + "\n  ".join(lines) + "\n"


def test_a_row_says_all_of_its_package() -> None:
    lock = read(SOUND)

    assert (lock.format, lock.file) == ("conda-lock", "conda-lock.yml")
    assert lock.channels == ("demo",)
    assert lock.sources == ("environment.yml",)
    assert lock.categories == (MAIN, DEV)
    linux, mac = lock.platforms
    assert (linux.name, linux.subdir) == ("linux-64", Subdir.LINUX_64)
    assert (linux.content_hash, mac.content_hash) == ("12" * 32, "34" * 32)
    assert linux.packages[0] == CondaPackage(
        name="numpy",
        version="2.0",
        build="py311_0",
        subdir="linux-64",
        filename="numpy-2.0-py311_0.tar.bz2",
        url="https://conda.example.org/demo/linux-64/numpy-2.0-py311_0.tar.bz2",
        channel="https://conda.example.org/demo",
        md5=MD5,
        sha256=SHA256,
        depends=("python >=3.11,<3.12.0a0",),
        categories=(MAIN,),
        where="package[1]",
    )
    assert (mac.packages, mac.pypi) == ((), ())


def test_the_pip_section_is_pinned_by_address() -> None:
    idna, plugin = read(SOUND).platforms[0].pypi

    assert (idna.name, idna.version) == ("idna", "3.7")
    assert idna.source == IndexSource()
    (file,) = idna.files
    assert file.url == "https://files.example.org/idna-3.7-py3-none-any.whl"
    assert (file.filename, file.sha256) == ("idna-3.7-py3-none-any.whl", SHA256)
    assert idna.wanted_by == {DEV: None}
    assert plugin.source == VcsSource(
        vcs="git", url="https://git.example.org/plugin.git", commit=COMMIT
    )
    assert plugin.where == "package[3]"


@pytest.mark.parametrize(
    ("url", "source"),
    [
        pytest.param(
            "https://git.example.org/a/v1.tar.gz",
            ArchiveSource(url="https://git.example.org/a/v1.tar.gz", sha256=SHA256),
            id="an archive",
        ),
        pytest.param("./lib", DirectorySource(path="./lib"), id="a folder"),
        pytest.param(
            "dist/a-1-py3-none-any.whl",
            ArchiveSource(path="dist/a-1-py3-none-any.whl", sha256=SHA256),
            id="a file",
        ),
        pytest.param(
            f"git+ssh://git:secret@example.org/a?rev=main&subdirectory=b#{COMMIT}",
            VcsSource(
                vcs="git",
                url="ssh://git@example.org/a",
                commit=COMMIT,
                requested="main",
                subdirectory="b",
            ),
            id="a commit, as pixi has it",
        ),
    ],
)
def test_what_the_project_asked_for_by_address_keeps_it(
    url: str, source: object
) -> None:
    facts = {"manager": "pip", "url": url, "source": f"{{type: url, url: '{url}'}}"}
    (package,) = read(HEAD + row("a", "1", **facts)).platforms[0].pypi

    assert package.source == source


def test_rows_of_the_first_months_are_read() -> None:
    text = HEAD + row(hash=f"'md5:{MD5}'") + row("scipy", hash=f"sha256:{SHA256}")

    numpy, scipy = read(text).platforms[0].packages

    assert (numpy.md5, numpy.sha256) == (MD5, None)
    assert (scipy.md5, scipy.sha256) == (None, SHA256)
    assert numpy.categories == (MAIN,)
    assert numpy.depends == ()


def test_absent_digests_are_none() -> None:
    text = HEAD + row(hash=f"{{md5: {MD5}, sha256: null}}") + row("scipy", hash=None)

    numpy, scipy = read(text).platforms[0].packages

    assert numpy.sha256 is None
    assert (scipy.md5, scipy.sha256) == (None, None)


def test_digests_and_versions_are_never_numbers() -> None:
    text = HEAD + row("a", "1.10", hash=f"{{md5: {'1' * 31}0, sha256: {'3e' * 32}}}")

    (package,) = read(text.replace("'1.10'", "1.10")).platforms[0].packages

    assert package.version == "1.10"
    assert package.md5 == "1" * 31 + "0"


def test_rows_of_one_package_add_up_their_categories() -> None:
    text = HEAD + row(category="test_env") + row(category="Dev") + row()
    pip = {"manager": "pip", "url": "https://example.org/a-1-py3-none-any.whl"}
    text += row("a", "1", category="dev", **pip) + row("a", "1", **pip)

    lock = read(text)

    (platform,) = lock.platforms
    assert platform.packages[0].categories == ("dev", "main", "test-env")
    assert platform.pypi[0].wanted_by == {DEV: None, MAIN: None}
    assert lock.categories == ("main", "dev", "test-env")


def test_names_that_differ_in_spelling_are_two_packages() -> None:
    text = HEAD + row("typing_extensions", "4.1") + row("typing-extensions", "4.1")

    assert len(read(text).platforms[0].packages) == 2


def test_platforms_that_no_target_names_are_left_out() -> None:
    text = HEAD + row() + row("scipy", platform="linux-s390x")

    assert [platform.name for platform in read(text).platforms] == ["linux-64"]


def test_a_virtual_package_is_none_to_fetch() -> None:
    text = HEAD + row("__osx", "11.0") + row()

    assert [package.name for package in read(text).platforms[0].packages] == ["numpy"]


def test_channels_may_be_names() -> None:
    lock = read(HEAD.replace("platforms", "channels: [demo]\n  platforms") + row())

    assert lock.channels == ("demo",)


def test_addresses_come_without_credentials() -> None:
    url = (
        "https://me:pass@conda.example.org/t/TOKEN/demo/noarch/numpy-2.0-py311_0.conda"
    )

    (package,) = read(HEAD + row(url=url)).platforms[0].packages

    assert package.url == (
        "https://conda.example.org/demo/noarch/numpy-2.0-py311_0.conda"
    )
    assert package.channel == "https://conda.example.org/demo"
    assert package.subdir == "noarch"


def test_a_name_in_an_address_may_be_quoted() -> None:
    url = "https://conda.example.org/demo/linux-64/x264-1%21161.3030-py311_0.conda"

    (package,) = read(HEAD + row("x264", "1!161.3030", url=url)).platforms[0].packages

    assert package.filename == "x264-1!161.3030-py311_0.conda"
    assert package.url == url
    assert package.channel == "https://conda.example.org/demo"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("conda-lock.yml", b"", True),
        ("gpu.conda-lock.yaml", b"", True),
        ("conda-lock-cuda.yml", b"", True),
        ("conda-osx-arm64.lock", b"", True),
        ("conda-linux-64-cuda.lock", b"", True),
        ("pixi.lock", b"", True),
        ("locks/py311-linux-64.lock", b"# platform: linux-64\n@EXPLICIT\n", True),
        ("spec-file.txt", b"@EXPLICIT\r\n", True),
        ("pins", b"version: 1\nmetadata:\npackage:\n", True),
        ("pins", b"version: 6\nenvironments:\npackages:\n", True),
        ("poetry.lock", b"version: 1\npackage:\n", False),
        ("requirements.txt", b"numpy==2.0\n", False),
        ("compose.yml", b"version: 3\nservices:\n", False),
        ("pins", b"# not @EXPLICIT at all", False),
        ("pylock.toml", b"", False),
    ],
)
def test_a_conda_lock_is_known_by_its_name_or_else_its_content(
    name: str, data: bytes, *, expected: bool
) -> None:
    assert is_conda_lock(name, data) is expected


def test_an_error_of_the_metadata_names_the_file() -> None:
    with pytest.raises(LockError) as raised:
        read(HEAD.replace("platforms", "channels: [{name: a}]\n  platforms") + row())

    assert raised.value.where == "conda-lock.yml: metadata.channels[0].url"
