"""Where the lock has hashes only, the index's files decide: the best for the target."""

from __future__ import annotations

import pytest

from noxlock.errors import FetchError, HashMismatchError
from noxlock.model import Kind, PlannedPackage, Subdir, Target
from support.fetching import LINUX, Fetching, asking, digest, planned
from support.index_server import serve_index
from support.wheels import make_sdist, make_wheel

NATIVE = "cp311-cp311-manylinux_2_28_x86_64"
FILES = dict(
    [
        make_wheel("demo", "1.0"),
        make_wheel("demo", "1.0", tag=NATIVE),
        make_wheel("demo", "1.0", tag="cp311-cp311-macosx_11_0_arm64"),
        make_wheel("demo", "1.1", tag=NATIVE),
        make_sdist("demo", "1.0"),
        make_wheel("other", "1.0"),
    ]
) | {"demo-1.0.egg": b"egg", "demo-1.0-odd.whl": b"odd"}


def hashed(*filenames: str) -> PlannedPackage:
    hashes = tuple(digest(FILES[name]) for name in filenames)
    return planned("demo-1.0.tar.gz", None, kind=None, artifact=None, hashes=hashes)


@pytest.mark.parametrize("page_hash", ["right", "none"])
@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        (sorted(FILES), f"demo-1.0-{NATIVE}.whl"),
        (["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"], "demo-1.0-py3-none-any.whl"),
        (["demo-1.0.tar.gz"], "demo-1.0.tar.gz"),
    ],
)
def test_the_best_of_the_locked_hashes_comes(
    fetch: Fetching, page_hash: str, locked: list[str], expected: str
) -> None:
    with serve_index(FILES, page_hash=page_hash) as server:  # type: ignore[arg-type]  # a parameter
        (fetched,) = fetch(asking(server.url), hashed(*locked))

    assert fetched.path.name == expected
    assert fetched.sha256 == digest(FILES[expected])


def test_the_target_decides_not_this_machine(fetch: Fetching) -> None:
    mac = Target(subdir=Subdir.OSX_ARM64, python="3.11.7")
    with serve_index(FILES) as server:
        (fetched,) = fetch(asking(server.url), hashed(*FILES), target=mac)

    assert fetched.path.name == "demo-1.0-cp311-cp311-macosx_11_0_arm64.whl"


def test_all_indexes_are_looked_at_for_the_best(fetch: Fetching) -> None:
    name = f"demo-1.0-{NATIVE}.whl"
    few = {"demo-1.0.tar.gz": FILES["demo-1.0.tar.gz"]}
    with serve_index(few) as first, serve_index(FILES) as second:
        (fetched,) = fetch(asking(first.url, second.url), hashed(*FILES))

    assert fetched.url == second.file_url(name)


def test_nothing_that_fits_is_an_error(fetch: Fetching) -> None:
    with (
        serve_index(FILES) as server,
        pytest.raises(FetchError, match="none of the locked files for this target"),
    ):
        fetch(
            asking(server.url),
            hashed("demo-1.0-cp311-cp311-macosx_11_0_arm64.whl"),
            target=LINUX,
        )


def test_of_files_without_a_hash_each_is_tried_before_it_fails(
    fetch: Fetching,
) -> None:
    with (
        serve_index(FILES, page_hash="none") as server,
        pytest.raises(HashMismatchError, match=r"demo 1\.0 from .* is not what"),
    ):
        fetch(asking(server.url), hashed("other-1.0-py3-none-any.whl"))

    assert fetch.left() == []
    assert sum(path.startswith("/files/") for path in server.requests) == 3


def test_a_package_without_version_has_no_file_to_choose(fetch: Fetching) -> None:
    package = planned(
        "demo-1.0.tar.gz",
        None,
        kind=Kind.SDIST,
        artifact=None,
        version=None,
        hashes=("0" * 64,),
    )
    with serve_index(FILES) as server, pytest.raises(FetchError, match="demo cannot"):
        fetch(asking(server.url), package)
