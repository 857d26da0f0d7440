"""`pylock.toml` as uv, pip and pdm write it, and as PEP 751 allows it."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from noxlock.errors import LockError
from noxlock.locks import parse_lock
from noxlock.model import (
    ArchiveSource,
    ByMarker,
    DirectorySource,
    IndexSource,
    Lock,
    LockedFile,
    LockedPackage,
    Sha256,
    VcsSource,
)
from support.locks import form

ONE = "1" * 64
TWO = "2" * 64
COMMIT = "c" * 40
HEAD = 'lock-version = "1.0"\ncreated-by = "hand"\n'


def read(text: str) -> Lock:
    return parse_lock("a/pylock.toml", text.encode(), beside=lambda _: None)


def only(text: str) -> LockedPackage:
    (package,) = read(f'{HEAD}[[packages]]\nname = "idna"\n{text}').packages
    return package


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("pylock.a.b.toml", False),
        ("pylock.toml.bak", False),
        ("poetry.lock", False),
        ("pyproject.toml", False),
    ],
)
def test_its_name_is_the_one_that_the_pep_allows(name: str, *, expected: bool) -> None:
    assert form("pylock").matches(name) is expected


def test_a_package_of_an_index_has_its_files_with_their_hashes() -> None:
    package = only(
        f"""
        version = "3.07"
        index = "https://index.example.org/simple"
        requires-python = ">=3.5"
        dependencies = [{{name = "certifi", version = "1"}}, {{name = 3}}, {{}}]
        sdist = {{url = "https://files.example.org/idna-3.7.tar.gz", hashes = {{
            sha256 = "{TWO.upper()}", md5 = "00"}}}}
        [[packages.wheels]]
        name = "idna-3.7-py3-none-any.whl"
        path = "wheels/idna-3.7-py3-none-any.whl"
        hashes = {{sha256 = "{ONE}"}}
        """.replace("hashes = {\n            ", "hashes = {")
    )

    assert package.name == "idna"
    assert package.version == "3.7"
    assert package.source == IndexSource(index="https://index.example.org/simple")
    assert package.requires_python == ">=3.5"
    assert package.marker is None
    assert package.where == "packages[0]"
    assert [edge.name for edge in package.dependencies] == ["certifi"]
    assert package.files == (
        LockedFile(
            filename="idna-3.7-py3-none-any.whl",
            sha256=Sha256(ONE),
            path="wheels/idna-3.7-py3-none-any.whl",
        ),
        LockedFile(
            filename="idna-3.7.tar.gz",
            sha256=Sha256(TWO),
            url="https://files.example.org/idna-3.7.tar.gz",
        ),
    )


@pytest.mark.parametrize(
    ("place", "filename"),
    [
        ('url = "https://x.example.org/a/idna-3.7+cpu-py3-none-any.whl"', "3.7+cpu"),
        ('url = "https://x.example.org/idna-3.7%2Bcpu-py3-none-any.whl#x"', "3.7+cpu"),
        (r'path = "..\\wheels\\idna-3.7-py3-none-any.whl"', "3.7"),
        ('path = "idna-3.7-py3-none-any.whl"', "3.7"),
    ],
)
def test_the_file_name_comes_from_the_place_where_it_is_not_said(
    place: str, filename: str
) -> None:
    package = only(f'wheels = [{{{place}, hashes = {{sha256 = "{ONE}"}}}}]')

    assert package.files[0].filename == f"idna-{filename}-py3-none-any.whl"


def test_of_an_address_and_a_path_the_address_counts() -> None:
    package = only(
        'wheels = [{url = "https://x.example.org/idna-3.7-py3-none-any.whl",'
        f' path = "idna-3.7-py3-none-any.whl", hashes = {{sha256 = "{ONE}"}}}}]'
    )

    assert package.files[0].url
    assert package.files[0].path is None


def test_a_file_with_a_weaker_hash_only_is_left_to_the_plan_to_refuse() -> None:
    package = only(
        'sdist = {path = "idna-3.7.tar.gz", hashes = {md5 = "00", sha512 = "00"}}'
    )

    assert package.files[0].sha256 is None


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (
            (
                'archive = {url = "https://x.example.org/a.zip", subdirectory = "sub",'
                f' hashes = {{sha256 = "{ONE}"}}}}'
            ),
            ArchiveSource(
                url="https://x.example.org/a.zip",
                sha256=Sha256(ONE),
                subdirectory="sub",
            ),
        ),
        (
            'archive = {path = "vendor/a.zip", hashes = {sha512 = "00"}}',
            ArchiveSource(path="vendor/a.zip"),
        ),
        ('directory = {path = "lib"}', DirectorySource(path="lib")),
        (
            'directory = {path = "lib", editable = true, subdirectory = "py"}',
            DirectorySource(path="lib", editable=True, subdirectory="py"),
        ),
        (
            (
                'vcs = {type = "git", url = "https://git.example.org/a.git",'
                f' requested-revision = "main", commit-id = "{COMMIT}",'
                ' subdirectory = "s"}'
            ),
            VcsSource(
                vcs="git",
                url="https://git.example.org/a.git",
                commit=COMMIT,
                requested="main",
                subdirectory="s",
            ),
        ),
        (
            'vcs = {type = "hg", path = "../a", commit-id = "7"}',
            VcsSource(vcs="hg", url="../a", commit="7"),
        ),
    ],
    ids=["address", "archive in the project", "folder", "editable", "git", "hg"],
)
def test_a_package_can_come_from_one_place(
    text: str, source: ArchiveSource | DirectorySource | VcsSource
) -> None:
    package = only(text)

    assert package.source == source
    assert package.version is None
    assert package.files == ()


@pytest.mark.parametrize(
    ("keys", "groups", "default"),
    [
        ("", ("main",), ()),
        ('dependency-groups = ["Dev_Tools"]', ("main", "dev-tools"), ()),
        (
            'dependency-groups = ["test"]\ndefault-groups = ["default"]',
            ("main", "test"),
            ("default",),
        ),
        (
            'dependency-groups = ["default", "lint"]\ndefault-groups = ["default"]',
            ("main", "default", "lint"),
            ("default",),
        ),
        ('dependency-groups = ["main", "test"]', ("main", "test"), ("main",)),
        (
            'dependency-groups = ["main"]\ndefault-groups = ["main"]',
            ("main",),
            ("main",),
        ),
    ],
    ids=["none", "normalised", "uv", "pdm", "a group called main", "poetry"],
)
def test_main_stands_for_the_default_groups(
    keys: str, groups: tuple[str, ...], default: tuple[str, ...]
) -> None:
    lock = read(f"{HEAD}{keys}\npackages = []\n")

    assert lock.groups == groups
    assert isinstance(lock.selection, ByMarker)
    assert lock.selection.default_groups == default


def test_the_head_says_where_it_holds() -> None:
    lock = read(
        f"{HEAD}requires-python = '>=3.9'\nextras = ['plot']\npackages = []\n"
        """environments = ["sys_platform == 'linux'"]"""
    )

    assert lock.format == "pylock"
    assert lock.file == "a/pylock.toml"
    assert lock.requires_python == ">=3.9"
    assert lock.extras == ("plot",)
    assert lock.environments == (Marker("sys_platform == 'linux'"),)
    assert lock.indexes == ()


def test_one_name_may_come_several_times_told_apart_by_markers() -> None:
    entry = (
        "[[packages]]\nname = 'idna'\ndirectory = {{path = '{0}'}}\nmarker = '{1}'\n"
    )

    lock = read(
        HEAD
        + entry.format("old", 'python_version < "3.9"')
        + entry.format("new", 'python_version >= "3.9"')
    )

    assert [package.where for package in lock.packages] == [
        "packages[0]",
        "packages[1]",
    ]


@pytest.mark.parametrize("marker", ["", "marker = 'os_name == \"nt\"'"])
def test_one_name_twice_under_one_condition_is_refused(marker: str) -> None:
    entry = f"[[packages]]\nname = 'idna'\ndirectory = {{path = 'lib'}}\n{marker}\n"

    with pytest.raises(
        LockError, match="idna is locked twice under the same condition"
    ):
        read(HEAD + entry + entry)


def test_names_that_are_compared_as_versions_are_compared_as_names() -> None:
    package = only(
        "directory = {path = 'lib'}\nmarker = 'implementation_name === \"pypy\"'"
    )

    assert package.marker is not None
    assert package.marker.evaluate({"implementation_name": "pypy"})
