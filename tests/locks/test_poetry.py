"""`poetry.lock` as every Poetry wrote it: packages, files, sources, edges."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from noxlock.errors import LockError
from noxlock.model import (
    ArchiveSource,
    ByGroup,
    ByWalk,
    Dependency,
    DirectorySource,
    GroupName,
    IndexSource,
    LockedFile,
    LockedPackage,
    Source,
    VcsSource,
)
from support.locks import MAIN, digest, edge, form, poetry_lock

A, B = digest("a"), digest("b")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PACKAGE = '[[package]]\nname = "Torch"\nversion = "2.4.0"\ngroups = ["main", "dev"]\n'
PROJECT = '[tool.poetry.dependencies]\npython = "^3.9"\ntorch = "*"\n'
OLD = '[[package]]\nname = "torch"\nversion = "2.4.0"\ncategory = "main"\n'


def only(text: str, version: str = "2.1") -> LockedPackage:
    (package,) = poetry_lock(text, PROJECT, version).packages
    return package


def test_only_one_file_name_is_poetrys() -> None:
    assert form("poetry").matches("poetry.lock")
    assert not form("poetry").matches("other.lock")


@pytest.mark.parametrize(
    ("markers", "main", "dev"),
    [
        ("", None, None),
        ('markers = ""\n', None, None),
        ('markers = "*"\n', None, None),
        ("markers = \"os_name == 'nt'\"\n", "os_name == 'nt'", "os_name == 'nt'"),
        ("marker = \"os_name == 'nt'\"\n", None, None),
        ("markers = {dev = \"os_name == 'nt'\"}\n", None, "os_name == 'nt'"),
        ('markers = {main = "<empty>"}\n', 'python_version < "0"', None),
        (
            "markers = \"implementation_name === 'pypy'\"\n",
            'implementation_name == "pypy"',
            'implementation_name == "pypy"',
        ),
        (
            "markers = 'python_version >= \"3.8.*\"'\n",
            'python_version >= "3.8"',
            'python_version >= "3.8"',
        ),
        (
            'markers = \'extra == "A_b" or "c" != extra\'\n',
            '"a-b" in extras or "c" not in extras',
            '"a-b" in extras or "c" not in extras',
        ),
    ],
    ids=[
        "none",
        "empty",
        "any",
        "one for all groups",
        "the singular of before 1.0, which Poetry passes over",
        "one per group",
        "never",
        "arbitrary equality",
        "wildcard in an order",
        "extras",
    ],
)
def test_markers_are_read_per_group(
    markers: str, main: str | None, dev: str | None
) -> None:
    package = only(PACKAGE + markers)

    assert package.wanted_by == {
        MAIN: Marker(main) if main else None,
        GroupName("dev"): Marker(dev) if dev else None,
    }


def test_groups_and_names_are_normalised() -> None:
    lock = poetry_lock(
        '[[package]]\nname = "A_b.C"\nversion = "1.0.preview4"\ngroups = ["Ci_Tools"]\n'
        "markers = {Ci_Tools = \"os_name == 'nt'\"}\n"
    )

    (package,) = lock.packages
    assert package.name == "a-b-c"
    assert package.version == "1.0rc4"
    assert package.wanted_by == {GroupName("ci-tools"): Marker("os_name == 'nt'")}
    assert lock.groups == (MAIN, "ci-tools")


def test_files_stand_in_the_package_since_lock_version_2() -> None:
    package = only(
        PACKAGE
        + "files = [\n"
        + f'{{file = "torch-2.4.0-py3-none-any.whl", hash = "sha256:{A}"}},\n'
        + f'{{file = "torch-2.4.0.tar.gz", hash = "md5:{"0" * 32}"}},\n]\n'
    )

    assert package.files == (
        LockedFile(filename="torch-2.4.0-py3-none-any.whl", sha256=A),
        LockedFile(filename="torch-2.4.0.tar.gz", sha256=None),
    )


def test_the_url_of_a_file_is_kept() -> None:
    url = "https://example.org/torch-2.4.0.tar.gz"
    entry = f'{{file = "torch-2.4.0.tar.gz", hash = "sha256:{A}", url = "{url}"}}'

    package = only(f"{PACKAGE}files = [{entry}]")

    assert package.files[0].url == url


METADATA = '[metadata]\nlock-version = "1.1"\n'
FILES = f"""\
[metadata.files]
Torch = [
  {{file = "torch-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:{A}"}},
  {{file = "torch-2.4.0-py3-none-any.whl", hash = "sha256:{B}"}},
  {{file = "torch-2.4.0.win32.exe", hash = "sha256:{B}"}},
]
"""


def test_one_version_takes_the_shared_files_as_they_are() -> None:
    package = only(OLD + METADATA + FILES)

    assert [each.filename for each in package.files] == [
        "torch-1.0+cpu-py3-none-any.whl",
        "torch-2.4.0-py3-none-any.whl",
        "torch-2.4.0.win32.exe",
    ]


def test_several_versions_share_files_out_by_file_name() -> None:
    text = OLD + OLD.replace("2.4.0", "1.0+cpu") + METADATA + FILES

    newer, older = poetry_lock(text, PROJECT).packages

    assert [each.filename for each in newer.files] == [
        "torch-2.4.0-py3-none-any.whl",
        "torch-2.4.0.win32.exe",
    ]
    assert [each.filename for each in older.files] == ["torch-1.0+cpu-py3-none-any.whl"]


def test_hashes_without_file_names_are_those_of_the_first_locks() -> None:
    package = only(OLD + f'[metadata]\n[metadata.hashes]\ntorch = ["{A}", "{B}"]\n')

    assert package.hashes == (A, B)
    assert package.files == ()


def test_a_package_without_files_anywhere_has_none() -> None:
    assert only(OLD + METADATA).files == ()


def source(kind: str, rest: str = "", url: str = "https://example.org/simple") -> str:
    return f'{rest}[package.source]\ntype = "{kind}"\nurl = "{url}"\n'


WHEEL = "torch-2.4.0+cpu-py3-none-any.whl"
HASHED = f'files = [{{file = "{WHEEL}", hash = "sha256:{A}"}}]\n'
AT = "https://example.org/torch-2.4.0%2Bcpu-py3-none-any.whl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", IndexSource()),
        (
            source("legacy") + 'reference = "mirror"\n',
            IndexSource(index="https://example.org/simple", name="mirror"),
        ),
        (
            source("git", url="https://example.org/a.git")
            + f'reference = "v1"\nresolved_reference = "{COMMIT}"\n'
            + 'subdirectory = "x"\n',
            VcsSource(
                vcs="git",
                url="https://example.org/a.git",
                commit=COMMIT,
                requested="v1",
                subdirectory="x",
            ),
        ),
        (
            source("git", url="https://example.org/a.git")
            + f'reference = "{COMMIT}"\n',
            VcsSource(
                vcs="git",
                url="https://example.org/a.git",
                commit=COMMIT,
                requested=COMMIT,
            ),
        ),
        (source("url", HASHED, AT), ArchiveSource(url=AT, sha256=A)),
        (source("url", url=AT), ArchiveSource(url=AT)),
        (
            source("file", HASHED, f"../dist/{WHEEL}"),
            ArchiveSource(path=f"../dist/{WHEEL}", sha256=A),
        ),
        (
            source("directory", "develop = true\n", "../lib"),
            DirectorySource(path="../lib", editable=True),
        ),
        (source("directory", url="../lib"), DirectorySource(path="../lib")),
    ],
    ids=[
        "index",
        "legacy",
        "git",
        "git before 1.1",
        "url",
        "url without a hash",
        "file",
        "editable directory",
        "directory",
    ],
)
def test_sources_of_every_kind_are_read(text: str, expected: Source) -> None:
    assert only(PACKAGE + text).source == expected


def test_an_archive_takes_its_own_file_out_of_several() -> None:
    files = f'files = [{{file = "torch-1.zip", hash = "sha256:{B}"}}, {HASHED[9:-2]}]\n'

    assert only(PACKAGE + source("url", files, AT)).source == ArchiveSource(
        url=AT, sha256=A
    )
    assert only(
        PACKAGE + source("url", files, "https://example.org/x.zip")
    ).source == ArchiveSource(url="https://example.org/x.zip")


DEPENDENCIES = """\
[package.dependencies]
python = ">=3.8"
a = ">=1.2;<=1.21.5"
b = {version = "^1.0", markers = "os_name == 'nt'", extras = ["X_y"], optional = true}
c = [
  {version = "<2", python = "<3.8"},
  {version = ">=2", python = ">=3.8", platform = "linux"},
]
d = {git = "https://example.org/d.git", rev = "main"}
e = {path = "../e", develop = true}
f = {url = "https://example.org/f.zip"}
g = {version = "*", source = "mirror"}
h = ""
i = {version = "*", markers = "extra == 'x'"}
"""


def test_dependencies_are_read_in_all_their_forms() -> None:
    package = only(OLD + DEPENDENCIES, "1.1")

    assert package.dependencies == (
        edge("a >=1.2,<=1.21.5"),
        edge("b[x-y] ^1.0; os_name == 'nt'", optional=True),
        edge('c <2; python_version < "3.8"'),
        edge('c >=2; python_version >= "3.8" and sys_platform == "linux"'),
        edge("d", origin="https://example.org/d.git"),
        edge("e", origin="../e"),
        edge("f", origin="https://example.org/f.zip"),
        edge("g", origin="mirror"),
        edge("h"),
        edge('i; "x" in extras'),
    )


def test_extras_of_a_package_may_use_poetrys_constraints() -> None:
    added = '"a (>=1,<2)", "b[c, d] (<2 || >=3)", "e ; extra"'

    package = only(f"{PACKAGE}[package.extras]\nAll_x = [{added}]\n")

    assert package.extras == {
        "all-x": (edge("a"), edge("b[c,d]"), edge("e")),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [('"*"', None), ('""', None), ('">=3.8;<4"', ">=3.8,<4"), ('"^3.8"', "^3.8")],
)
def test_python_versions_are_poetrys_constraints(
    text: str, expected: str | None
) -> None:
    lock = poetry_lock(f'[metadata]\nlock-version = "2.1"\npython-versions = {text}\n')

    assert lock.requires_python == expected
    assert only(f"{PACKAGE}python-versions = {text}\n").requires_python == expected


def test_the_project_itself_is_no_dependency_to_walk() -> None:
    """A plugin of the tests may need the project: no lock holds it."""
    text = OLD + '[package.dependencies]\nDemo = "*"\na = "*"\n'
    project = '[tool.poetry]\nname = "demo"\n' + PROJECT

    (package,) = poetry_lock(text, project, "1.1").packages

    assert package.dependencies == (edge("a"),)


def test_a_lock_that_names_groups_needs_no_project() -> None:
    lock = poetry_lock(PACKAGE + '[extras]\nX_1 = ["torch"]\n')

    assert lock.selection == ByGroup()
    assert lock.groups == (MAIN, "dev")
    assert lock.extras == ("x-1",)


def test_a_project_adds_groups_that_have_no_packages() -> None:
    project = PROJECT + "[tool.poetry.group.docs]\noptional = true\n"

    lock = poetry_lock(PACKAGE, project)

    assert lock.groups == (MAIN, "dev", "docs")
    assert lock.optional_groups == ("docs",)
    assert lock.selection == ByGroup(
        roots={MAIN: (edge("torch"),), GroupName("docs"): ()}
    )


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_a_lock_without_groups_is_walked_from_the_project(version: str) -> None:
    lock = poetry_lock(OLD, PROJECT, version)

    assert lock.selection == ByWalk(
        roots={MAIN: (Dependency(name=edge("torch").name),)}
    )


def test_a_lock_without_a_version_is_from_before_there_were_versions() -> None:
    lock = poetry_lock(OLD + '[metadata]\npython-versions = "*"\n', PROJECT)

    assert isinstance(lock.selection, ByWalk)


def test_the_extras_of_a_lock_are_known_where_its_project_has_lost_them() -> None:
    lock = poetry_lock(OLD + '[extras]\nfull = ["Torch"]\n', PROJECT, "1.1")

    assert isinstance(lock.selection, ByWalk)
    assert lock.selection.extras == {"full": (edge("torch"),)}


def test_a_walk_without_a_project_is_refused() -> None:
    with pytest.raises(LockError) as raised:
        poetry_lock(OLD, version="2.0")

    assert raised.value.where == "poetry.lock: metadata.lock-version"
    assert raised.value.what == (
        "lock version 2.0 does not say which group wants a package, and no"
        " pyproject.toml lies beside it to tell"
    )
    assert raised.value.hint == (
        "put its pyproject.toml beside it, or lock again with Poetry 2"
    )


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            OLD + '[metadata]\n[metadata.hashes]\ntorch = ["md5"]\n',
            "metadata.hashes.torch[0]",
            "not a SHA-256: `md5`",
        ),
        (
            OLD + "[package.dependencies]\na = 1\n",
            "package[0].dependencies.a",
            "expected a version constraint or a table",
        ),
        (
            OLD + '[package.dependencies]\na = [{version = "=>1"}]\n',
            "package[0].dependencies.a[0].version",
            "Could not parse version constraint: =>1",
        ),
        (
            OLD + '[package.dependencies]\na = {markers = "x"}\n',
            "package[0].dependencies.a.markers",
            "not a marker: `x`",
        ),
        (
            OLD + '[package.dependencies]\na = {python = "=>3"}\n',
            "package[0].dependencies.a.python",
            "Could not parse version constraint: =>3",
        ),
        (
            OLD + 'name2 = ""\n[package.source]\ntype = "legacy"\nurl = ""\n',
            "package[0].source.url",
            "empty string",
        ),
        (
            OLD + '[package.source]\ntype = "git"\nurl = "x"\n',
            "package[0].source.resolved_reference",
            "missing value",
        ),
        (
            OLD + "[package.extras]\na = ['']\n",
            "package[0].extras.a[0]",
            "not a requirement: ``",
        ),
    ],
)
def test_errors_say_where(text: str, where: str, what: str) -> None:
    with pytest.raises(LockError) as raised:
        poetry_lock(text, PROJECT, "1.1")

    assert raised.value.where == f"poetry.lock: {where}"
    assert raised.value.what == what
