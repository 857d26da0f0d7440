"""requirements.txt as pip-compile, uv and poetry export write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import LockError
from noxlock.locks import parse_lock
from noxlock.model import (
    ArchiveSource,
    ByMarker,
    DirectorySource,
    IndexSource,
    Lock,
    LockedPackage,
    Sha256,
    VcsSource,
)
from support.locks import form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import Source

ONE = "1" * 64
TWO = "2" * 64
THREE = "3" * 64
H1, H2, H3 = (f"--hash=sha256:{digest}" for digest in (ONE, TWO, THREE))
COMMIT = "c" * 40


def read(text: str, beside: Mapping[str, str] | None = None) -> Lock:
    files = {name: body.encode() for name, body in (beside or {}).items()}
    return parse_lock("a/requirements.txt", text.encode(), beside=files.get)


def only(text: str, beside: Mapping[str, str] | None = None) -> LockedPackage:
    (package,) = read(text, beside).packages
    return package


def failure(text: str, beside: Mapping[str, str] | None = None) -> LockError:
    with pytest.raises(LockError) as raised:
        read(text, beside)
    return raised.value


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("requirements.txt", True),
        ("py3.11-ci-requirements.txt", True),
        ("requirements.in", True),
        ("pylock.toml", False),
        ("poetry.lock", False),
    ],
)
def test_it_is_known_by_how_its_name_ends(name: str, *, expected: bool) -> None:
    assert form("requirements").matches(name) is expected


@pytest.mark.parametrize(
    "text",
    [
        f"idna==3.7 \\\n    {H1} \\\n    {H2}\n    # via requests\n",
        f"idna==3.7 {H1} {H2}\n",
        f"#\n# pip-compile\n#\n\nIDNA == 3.7 \\\n  {H1} \\\n  {H2}  # via x\n\n",
        f"idna===3.7 --hash sha256:{ONE} --hash 'sha256:{TWO}'",
        f"idna==3.7\\\n {H1}\\\n {H2} --hash=sha512:00 {H1}\n",
        f"idna[all,more]==3.7.0 {H1} \\\n{H2}".replace("3.7.0", "3.7"),
        f"idna (==3.7) {H1} {H2}\n",
    ],
    ids=["pip-compile", "one line", "comments", "spaced", "tight", "extras", "old"],
)
def test_a_pin_has_a_version_and_hashes(text: str) -> None:
    package = only(text)

    assert package.name == "idna"
    assert package.version == "3.7"
    assert package.hashes == (Sha256(ONE), Sha256(TWO))
    assert package.source == IndexSource()
    assert package.files == ()
    assert package.marker is None


def test_the_lock_is_one_group_by_markers() -> None:
    lock = read(f"# c\nidna==3.7 ; os_name == 'nt' {H1}\nnumpy==2.0+cpu {H2}\n")

    assert lock.format == "requirements"
    assert lock.file == "a/requirements.txt"
    assert lock.selection == ByMarker()
    assert lock.groups == ("main",)
    assert [p.version for p in lock.packages] == ["3.7", "2.0+cpu"]
    assert [str(p.marker) for p in lock.packages] == ['os_name == "nt"', "None"]
    assert [p.where for p in lock.packages] == ["line 2", "line 3"]


def test_a_file_of_comments_locks_nothing() -> None:
    assert read("# nothing is needed\n").packages == ()


def test_one_name_may_come_several_times_told_apart_by_markers() -> None:
    lock = read(
        f"numpy==1.26 ; python_version < '3.9' {H1}\n"
        f"numpy==2.0 ; python_version >= '3.9' {H2}\n"
    )

    assert [p.version for p in lock.packages] == ["1.26", "2.0"]


def test_one_package_under_several_conditions_is_one() -> None:
    lock = read(
        f"a==1 ; os_name == 'nt' {H1}\na[x]==1.0 ; python_version < '3.9' {H1}\n"
        f"b==1 {H1}\nb==1 ; os_name == 'nt' {H1}\n"
        f"c==1 ; os_name == 'nt' {H1}\nc==1 ; os_name != 'nt' {H2}\n"
    )

    assert [(p.name, str(p.marker)) for p in lock.packages] == [
        ("a", 'os_name == "nt" or python_version < "3.9"'),
        ("b", "None"),
        ("c", 'os_name == "nt"'),
        ("c", 'os_name != "nt"'),
    ]


def test_the_same_pin_twice_is_one_and_the_common_hashes_count() -> None:
    package = only(f"idna==3.7 {H1} {H2}\nIdna[x]==3.7.0 {H2} {H3}\n")

    assert package.version == "3.7"
    assert package.hashes == (Sha256(TWO),)


@pytest.mark.parametrize(
    "marker", ["extra == 'docs'", "'docs' == extra", "implementation_name === 'x'"]
)
def test_markers_that_packaging_cannot_evaluate_are_put_right(marker: str) -> None:
    package = only(f"idna==3.7 ; {marker} {H1}")

    assert package.marker is not None
    assert not package.marker.evaluate({"extras": frozenset()}, context="lock_file")


@pytest.mark.parametrize(
    ("lines", "indexes", "extra"),
    [
        ("-i https://a.example.org/s", ["https://a.example.org/s"], []),
        ("--index-url=https://a.example.org/s", ["https://a.example.org/s"], []),
        (
            "-i https://a.example.org\n-i https://b.example.org",
            ["https://b.example.org"],
            [],
        ),
        ("--extra-index-url https://b.example.org/s", [], ["https://b.example.org/s"]),
        (
            (
                "--extra-index-url https://b.example.org\n-i https://a.example.org\n"
                "--extra-index-url=https://b.example.org"
            ),
            ["https://a.example.org", "https://b.example.org"],
            [],
        ),
        (
            "-i https://${USER}:${TOKEN}@a.example.org/s",
            ["https://a.example.org/s"],
            [],
        ),
        ("-i https://me:it@a.example.org/s", ["https://me:it@a.example.org/s"], []),
    ],
)
def test_indexes_are_those_that_the_lock_names(
    lines: str, indexes: list[str], extra: list[str]
) -> None:
    lock = read(lines)

    assert lock.indexes == tuple(indexes)
    assert lock.extra_indexes == tuple(extra)


def test_find_links_are_relative_to_the_file_that_names_them() -> None:
    lock = read(
        "-f https://files.example.org/links.html\n-r sub/more.txt\n",
        {"sub/more.txt": "--find-links ../wheels\n-f ./here -f ../wheels\n"},
    )

    assert lock.find_links == (
        "https://files.example.org/links.html",
        "wheels",
        "sub/here",
    )


def test_what_pins_make_void_is_passed_over() -> None:
    lock = read(
        "--pre\n--require-hashes\n--prefer-binary\n--no-index\n--only-binary :all:\n"
        "--no-binary :none:\n--trusted-host a.example.org\n--use-feature fast-deps\n"
    )

    assert lock.packages == ()


def test_included_files_are_read_relative_to_the_one_that_includes_them() -> None:
    lock = read(
        f"-r sub/base.txt\n--requirement=sub/base.txt\nidna==3.7 {H1}\n",
        {
            "sub/base.txt": f"# base\n-r ../deep.txt\nnumpy==2.0 {H2}\n",
            "deep.txt": f"scipy==1.14 {H3}\n",
        },
    )

    assert [(p.name, p.where) for p in lock.packages] == [
        ("scipy", "deep.txt:1"),
        ("numpy", "sub/base.txt:3"),
        ("idna", "line 3"),
    ]


def test_an_error_in_an_included_file_names_that_file() -> None:
    error = failure("-r sub/base.txt\n", {"sub/base.txt": "\nnumpy>=2\n"})

    assert error.where == "a/sub/base.txt:2"


def test_a_constraint_pins_only_what_is_required() -> None:
    lock = read(
        f"-c pins.txt\nnumpy\nidna>=3 ; os_name == 'nt'\nscipy==1.14 {H3}\n",
        {
            "pins.txt": f"numpy==2.0 {H1}\nidna==3.7 ; os_name == 'nt' {H2}\n"
            f"torch==2.4 {H3}\nscipy<2\nscipy==1.0 ; os_name == 'nt'\n"
        },
    )

    assert [(p.name, p.version, p.hashes) for p in lock.packages] == [
        ("numpy", "2.0", (ONE,)),
        ("idna", "3.7", (TWO,)),
        ("scipy", "1.14", (THREE,)),
    ]


def test_what_a_constraint_includes_constrains() -> None:
    lock = read(
        f"-c c.txt\nnumpy {H1}\n",
        {"c.txt": "-r d.txt", "d.txt": f"numpy==2.0 {H1} {H2}\nidna==3.7 {H3}"},
    )

    assert [(p.name, p.version, p.hashes) for p in lock.packages] == [
        ("numpy", "2.0", (ONE,))
    ]


def test_a_constraint_of_some_machines_pins_no_requirement_of_all() -> None:
    """Elsewhere the requirement would vanish, or come unpinned."""
    error = failure(
        "-c c.txt\nnumpy\n", {"c.txt": f"numpy==2.0 ; os_name == 'nt' {H1}"}
    )

    assert error.what == "`numpy` is not pinned to one version"


@pytest.mark.parametrize(
    ("pin", "constraint"),
    [
        (f"numpy==2.0 {H1}", "numpy<2"),
        ("numpy>=2", f"numpy==1.26 {H1}"),
        (f"numpy==2.0 {H1}", f"numpy @ https://x.example.org/numpy-2.0.zip {H1}"),
        (f"numpy @ https://x.example.org/numpy-2.0.zip {H1}", "numpy<2"),
    ],
)
def test_a_constraint_that_contradicts_is_an_error(pin: str, constraint: str) -> None:
    error = failure(f"{pin}\n-c c.txt\n", {"c.txt": constraint})

    assert error.where == "a/requirements.txt:1"
    assert "contradicts the constraint" in error.what


def test_a_constraint_may_name_the_place() -> None:
    address = "https://x.example.org/numpy-2.0.zip"
    beside = {"c.txt": f"numpy @ {address} {H1}\n"}

    loose = only("numpy\n-c c.txt\n", beside)
    same = only(f"numpy @ {address} {H1}\n-c c.txt\n", beside)

    assert loose.source == same.source == ArchiveSource(url=address, sha256=Sha256(ONE))
    assert loose.version == same.version == "2.0"


def test_a_range_says_nothing_of_a_commit() -> None:
    package = only(
        f"numpy @ git+https://git.example.org/numpy@{COMMIT}\n-c c.txt\n",
        {"c.txt": "numpy<2"},
    )

    assert package.version is None


@pytest.mark.parametrize(
    ("text", "name", "version", "source"),
    [
        (
            f"numpy @ https://x.example.org/numpy-2.0-py3-none-any.whl {H1}",
            "numpy",
            "2.0",
            ArchiveSource(
                url="https://x.example.org/numpy-2.0-py3-none-any.whl",
                sha256=Sha256(ONE),
            ),
        ),
        (
            f"https://x.example.org/a/numpy-2.0%2Bcpu.tar.gz#sha256={ONE}",
            "numpy",
            "2.0+cpu",
            ArchiveSource(
                url="https://x.example.org/a/numpy-2.0%2Bcpu.tar.gz",
                sha256=Sha256(ONE),
            ),
        ),
        (
            f"NumPy[x] @ https://x.example.org/main.zip#subdirectory=py {H1}",
            "numpy",
            None,
            ArchiveSource(
                url="https://x.example.org/main.zip",
                sha256=Sha256(ONE),
                subdirectory="py",
            ),
        ),
        (
            f"numpy @ https://x.example.org/other-1.0.tar.gz {H1}",
            "numpy",
            None,
            ArchiveSource(
                url="https://x.example.org/other-1.0.tar.gz", sha256=Sha256(ONE)
            ),
        ),
        (
            f"https://x.example.org/main.zip#egg=numpy {H1}",
            "numpy",
            None,
            ArchiveSource(url="https://x.example.org/main.zip", sha256=Sha256(ONE)),
        ),
        (
            f"./wheels/numpy-2.0-py3-none-any.whl {H1}",
            "numpy",
            "2.0",
            ArchiveSource(path="wheels/numpy-2.0-py3-none-any.whl", sha256=Sha256(ONE)),
        ),
        (
            f"numpy-2.0-py3-none-any.whl {H1}",
            "numpy",
            "2.0",
            ArchiveSource(path="numpy-2.0-py3-none-any.whl", sha256=Sha256(ONE)),
        ),
        (
            f"numpy @ file:///srv/my%20wheels/numpy-2.0.tar.gz {H1}",
            "numpy",
            "2.0",
            ArchiveSource(path="/srv/my wheels/numpy-2.0.tar.gz", sha256=Sha256(ONE)),
        ),
        (
            f"git+https://git.example.org/np.git@{COMMIT}#egg=numpy&subdirectory=py",
            "numpy",
            None,
            VcsSource(
                vcs="git",
                url="https://git.example.org/np.git",
                commit=COMMIT,
                subdirectory="py",
            ),
        ),
        (
            f"-e git+ssh://git@git.example.org/np.git@{COMMIT}#egg=numpy[x]",
            "numpy",
            None,
            VcsSource(vcs="git", url="ssh://git@git.example.org/np.git", commit=COMMIT),
        ),
        ("-e .", "project", None, DirectorySource(path=".", editable=True)),
        ("./lib", "lib", None, DirectorySource(path="lib")),
        ("--editable=lib[x]", "lib", None, DirectorySource(path="lib", editable=True)),
        ("-e file:./lib", "lib", None, DirectorySource(path="lib", editable=True)),
        ("lib @ file:///srv/lib", "lib", None, DirectorySource(path="/srv/lib")),
        (
            "-e file:///${PROJECT_ROOT}/lib",
            "lib",
            None,
            DirectorySource(path="lib", editable=True),
        ),
        (
            "-e my @ file:///srv/lib",
            "my",
            None,
            DirectorySource(path="/srv/lib", editable=True),
        ),
        (
            "-e lib#subdirectory=py",
            "python-lib",
            None,
            DirectorySource(path="lib", editable=True, subdirectory="py"),
        ),
    ],
)
def test_a_requirement_may_name_its_place(
    text: str, name: str, version: str | None, source: Source
) -> None:
    package = only(
        text,
        {
            "pyproject.toml": '[project]\nname = "Project"\n',
            "lib/pyproject.toml": '[tool.poetry]\nname = "lib"\n',
            "lib/py/pyproject.toml": '[project]\nname = "python_lib"\n',
        },
    )

    assert package.name == name
    assert package.version == version
    assert package.source == source
    assert package.hashes == ()


@pytest.mark.parametrize("line", ["./lib ; os_name == 'nt'", "-e ./lib; os_name=='nt'"])
def test_a_place_may_have_a_condition(line: str) -> None:
    package = only(line, {"lib/pyproject.toml": '[project]\nname = "lib"\n'})

    assert str(package.marker) == 'os_name == "nt"'


@pytest.mark.parametrize(
    "project",
    ["[project]\n", "[", "project = 1\ntool = 2", "[project]\nname = 1", "\xff"],
)
def test_a_folder_whose_project_has_no_name_needs_one(project: str) -> None:
    error = failure("./lib\n", {"lib/pyproject.toml": project})

    assert error.where == "a/requirements.txt:1"
    assert error.hint == "write it as `name @ address`"


@pytest.mark.parametrize("marker", ["os_name", "(" * 5000 + "os_name"])
def test_a_condition_of_a_place_must_be_one(marker: str) -> None:
    assert "is not a requirement" in failure(f"./lib ; {marker}\n").what
