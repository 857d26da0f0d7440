"""What has no wheel is built once, in isolation, and the record says so."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import (
    BuildError,
    FetchError,
    HashMismatchError,
    InterpreterError,
    PlanError,
)
from noxlock.model import Sha256
from support.wheels import make_sdist, make_wheel, sdist_tree
from support.workshop import ask, commit_all, direct_url, version, write_tree

if TYPE_CHECKING:
    from support.workshop import Workshop

# A backend of another distribution: what it needs has to be installed first.
BACKEND = """
import thing_helper

def _hook(name):
    def call(*arguments, **more):
        import sys, os
        sys.path.insert(0, os.path.join(os.getcwd(), "_backend"))
        import tiny_backend
        return getattr(tiny_backend, name)(*arguments, **more)
    return call

def get_requires_for_build_wheel(config_settings=None):
    return ["thing-more"] if os_path_exists("more") else []

def os_path_exists(path):
    import os
    return os.path.exists(path)

build_wheel = _hook("build_wheel")
"""


def buildings(shop: Workshop) -> list[str]:
    """Return what was said to be built."""
    return [line for line in shop.talk.said if line.startswith("building ")]


def test_an_sdist_is_built_once_and_recorded(shop: Workshop) -> None:
    shop.add(*make_sdist("alpha", "1.0"))
    first = shop.build()
    assert version(first, "alpha") == "1.0"
    (record,) = first.packages
    assert (record.kind, record.artifact, record.built, record.note) == (
        "sdist",
        "alpha-1.0.tar.gz",
        True,
        "",
    )
    shop.build(prefix=shop.root / ".nox/other")
    assert buildings(shop) == ["building alpha 1.0"]
    assert shop.downloads == 1
    assert shop.talk.warned == []


def test_two_builds_of_one_sdist_are_byte_for_byte_alike(shop: Workshop) -> None:
    shop.add(*make_sdist("alpha", "1.0"))
    digests = set()
    for number in range(2):
        builder = shop.builder()
        store = type(shop.store)(shop.tmp / f"cache-{number}")
        replace(builder, store=store).build(shop.request())
        digests |= {p.name for p in (store.root / "wheels-v2").iterdir()}
    assert len(digests) == 1


def test_only_binary_refuses_to_build(shop: Workshop) -> None:
    shop.add(*make_sdist("alpha", "1.0"))
    with pytest.raises(PlanError, match="alpha"):
        shop.build(environment={"only_binary": True})
    sha256 = shop.add(*make_sdist("alpha", "1.0"))
    with pytest.raises(PlanError, match=r"only-binary refuses to build alpha-1\.0"):
        shop.build(
            environment={"only_binary": True},
            text=f"alpha==1.0 --hash=sha256:{sha256}\n",
            lock_file="requirements.txt",
        )


def test_a_swapped_byte_in_an_sdist_is_refused(shop: Workshop) -> None:
    shop.add(*make_sdist("alpha", "1.0"))
    shop.server.options["wrong_bytes"] = ("alpha-1.0.tar.gz",)
    with pytest.raises(HashMismatchError):
        shop.build()


def test_a_failing_build_says_what_the_backend_said(shop: Workshop) -> None:
    shop.add(*make_sdist("alpha", "1.0", fail="no compiler here"))
    with pytest.raises(BuildError, match="no compiler here") as info:
        shop.build()
    assert info.value.where == "alpha 1.0"
    assert not (shop.root / ".nox/demo").exists()
    assert not list((shop.root.parent / "cache/tmp").iterdir())


def test_an_sdist_that_builds_into_another_version_is_refused(
    shop: Workshop,
) -> None:
    _, data = make_sdist("alpha", "1.1")
    shop.add("alpha-1.0.tar.gz", data)
    with pytest.raises(BuildError, match=r"built into alpha 1\.1, where alpha 1\.0"):
        shop.build()


def test_locked_build_requirements_come_from_the_lock(shop: Workshop) -> None:
    _lock_backend(shop)
    built = shop.build()
    record = {p.name: p for p in built.packages}["alpha"]
    assert (record.built, record.note) == (True, "")
    assert shop.build(offline=True).packages == built.packages
    entry = '[package.dependencies]\nthing-helper = "*"\n'
    shop.add_wheel("thing==2.0", entry=entry, files={"thing.py": BACKEND})
    shop.build()  # other pins, so built anew
    assert buildings(shop) == ["building alpha 1.0"] * 2
    shop.build()
    assert buildings(shop) == ["building alpha 1.0"] * 2


def _lock_backend(shop: Workshop, *, lock: bool = True, more: bool = False) -> None:
    files = {"thing.py": BACKEND}
    wheels = [
        make_wheel("thing", "1.0", files, requires=["thing-helper"]),
        make_wheel("thing-helper", "1.0"),
        make_wheel("thing-more", "1.0"),
    ]
    for name, data in wheels:
        entry = '[package.dependencies]\nthing-helper = "*"\n'
        shop.add(name, data, entry=entry if name.startswith("thing-1") else "")
    if not lock:
        shop.locked.clear()
    tree = sdist_tree("alpha", "1.0", build_requires=["thing>=1"])
    text = tree["pyproject.toml"].decode().replace("tiny_backend", "thing")
    tree["pyproject.toml"] = text.replace('backend-path = ["_backend"]\n', "").encode()
    if more:
        tree["more"] = b""
    shop.add("alpha-1.0.tar.gz", _tar(tree))


def _tar(tree: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in tree.items():
            member = tarfile.TarInfo(f"alpha-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3", "3.8"])
def test_unlocked_build_requirements_are_installed_by_pip_and_told(
    shop: Workshop, python: str
) -> None:
    _lock_backend(shop, lock=False, more=True)
    try:
        built = shop.build(python=python)
    except InterpreterError as error:
        pytest.skip(str(error))
    pins = "thing-helper==1.0, thing-more==1.0, thing==1.0"
    note = f"build requirements not locked: {pins}"
    assert built.packages[0].note == note
    assert shop.talk.warned == [f"alpha 1.0: {note}"]
    assert shop.build(python=python, offline=True).packages[0].note == note


def test_offline_says_that_build_requirements_are_not_locked(shop: Workshop) -> None:
    _lock_backend(shop, lock=False)
    sdist = shop.server.files["alpha-1.0.tar.gz"]
    (shop.tmp / "alpha-1.0.tar.gz").write_bytes(sdist)
    digest = hashlib.sha256(sdist).hexdigest()
    shop.store.add_archive(shop.tmp / "alpha-1.0.tar.gz", Sha256(digest))
    with pytest.raises(BuildError, match=r"\(thing>=1\), and noxlock is offline"):
        shop.build(offline=True)


@pytest.mark.slow
def test_build_requirements_that_nobody_has_fail_with_the_words_of_pip(
    shop: Workshop,
) -> None:
    shop.add(*make_sdist("alpha", "1.0", build_requires=["no-such-thing"]))
    with pytest.raises(BuildError, match="No matching distribution found for no-such"):
        shop.build()


def test_a_malformed_build_requirement_is_one_clear_error(shop: Workshop) -> None:
    shop.add(*make_sdist("alpha", "1.0", build_requires=["=="]))
    with pytest.raises(BuildError, match="=="):
        shop.build()


def test_a_commit_is_built_and_recorded(shop: Workshop) -> None:
    repository = write_tree(shop.tmp / "repository", sdist_tree("alpha", "1.0"))
    commit = commit_all(repository, shop.environ)
    write_tree(repository, {"alpha/__init__.py": "broken ="})
    commit_all(repository, shop.environ)
    _lock_git(shop, repository.as_uri(), commit)
    built = shop.build()
    assert ask(built, "__import__('alpha').__version__") == "1.0"
    assert direct_url(built, "alpha") == {
        "url": repository.as_uri(),
        "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": "main"},
    }
    (record,) = built.packages
    assert (record.kind, record.artifact, record.built) == ("git", None, True)
    assert shop.build(offline=True).packages == built.packages
    assert buildings(shop) == ["building alpha 1.0"]


def _lock_git(shop: Workshop, url: str, commit: str, more: str = "") -> None:
    source = f'type = "git"\nurl = "{url}"\nreference = "main"\n'
    source += f'resolved_reference = "{commit}"\n{more}'
    shop.lock_source("alpha", "1.0", source)


def test_a_commit_in_a_subdirectory_is_built(shop: Workshop) -> None:
    repository = shop.tmp / "repository"
    write_tree(repository / "python", sdist_tree("alpha", "1.0"))
    commit = commit_all(repository, shop.environ)
    _lock_git(shop, repository.as_uri(), commit, 'subdirectory = "python"')
    assert direct_url(shop.build(), "alpha")["subdirectory"] == "python"
    _lock_git(shop, repository.as_uri(), commit, 'subdirectory = "elsewhere"')
    with pytest.raises(BuildError, match="no folder `elsewhere`"):
        shop.build()


def test_a_commit_that_is_not_there_is_refused(shop: Workshop) -> None:
    repository = write_tree(shop.tmp / "repository", sdist_tree("alpha", "1.0"))
    commit_all(repository, shop.environ)
    _lock_git(shop, repository.as_uri(), "0" * 40)
    with pytest.raises(BuildError, match="git checkout failed"):
        shop.build()
    with pytest.raises(FetchError, match=r"offline: alpha 1\.0"):
        shop.build(offline=True)


def test_a_folder_that_the_lock_names_is_installed_as_it_is_now(
    shop: Workshop,
) -> None:
    write_tree(shop.root / "beside", sdist_tree("alpha", "1.0"))
    shop.lock_source("alpha", "1.0", 'type = "directory"\nurl = "beside"')
    built = shop.build()
    assert direct_url(built, "alpha") == {
        "url": (shop.root / "beside").as_uri(),
        "dir_info": {},
    }
    assert shop.build(reuse=True).reused
    write_tree(shop.root / "beside", {"alpha/__init__.py": "__version__ = 'new'"})
    again = shop.build(reuse=True)
    assert again.reason == "the project changed"
    assert ask(again, "__import__('alpha').__version__") == "new"
