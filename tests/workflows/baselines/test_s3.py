"""Large outputs on S3: the real client and a real server, OpenStack Swift's."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import CompareError
from noxlock.model import BaselineStore
from noxlock.workflows.baselines.remote_store import RemoteStore
from noxlock.workflows.baselines.stores import object_key, open_store
from noxlock.workflows.verify import verify_baseline
from support.baselines import Golden, tree
from support.s3 import s3_server, variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

s3fs = pytest.importorskip("s3fs")
pytestmark = pytest.mark.slow

LARGE = os.urandom(1 << 20) * 12
SHA256 = hashlib.sha256(LARGE).hexdigest()
NOWHERE = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("swift")) as url:
        yield url


@pytest.fixture
def bucket(
    server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Return a bucket of its own, named after the test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    set_variables(monkeypatch, **variables(server))
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    s3fs.S3FileSystem().mkdir(name)
    yield name
    s3fs.S3FileSystem.clear_instance_cache()


def set_variables(monkeypatch: pytest.MonkeyPatch, **wanted: str) -> None:
    """Set what a client made from now on reads; "" is not set."""
    for name, value in wanted.items():
        if value:
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.delenv(name)
    s3fs.S3FileSystem.clear_instance_cache()


def open_s3(bucket: str, folder: Path) -> RemoteStore:
    environ = {"NOXLOCK_CACHE_DIR": str(folder / "cache")}
    store = open_store(f"s3://{bucket}/base/lines", folder, environ)
    assert isinstance(store, RemoteStore)
    return store


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(LARGE)
    return path


def test_a_large_output_goes_up_in_parts_and_comes_back(
    bucket: str, large: Path, tmp_path: Path
) -> None:
    store = open_s3(bucket, tmp_path)
    store.put(large, SHA256, len(LARGE))

    place = f"{bucket}/base/lines/{object_key(SHA256)}"
    info = s3fs.S3FileSystem().info(place)
    assert info["size"] == len(LARGE)
    # S3, of objects that came in parts: "the ETag is not an MD5 digest", it ends in
    # their number.
    assert info["ETag"].strip('"').endswith("-3")

    got = store.get(SHA256, len(LARGE))
    assert got.read_bytes() == LARGE
    assert got == tmp_path / "cache" / "baselines-v1" / object_key(SHA256)


def test_an_object_that_is_there_is_not_written_again(
    bucket: str, large: Path, tmp_path: Path
) -> None:
    store, system = open_s3(bucket, tmp_path), s3fs.S3FileSystem()
    store.put(large, SHA256, len(LARGE))
    place = f"{bucket}/base/lines/{object_key(SHA256)}"
    before = system.info(place)["LastModified"], system.info(place)["ETag"]
    store.put(large, SHA256, len(LARGE))
    assert (system.info(place)["LastModified"], system.info(place)["ETag"]) == before


def test_what_was_downloaded_once_is_not_asked_for_again(
    bucket: str, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_s3(bucket, tmp_path)
    store.put(large, SHA256, len(LARGE))
    kept = store.get(SHA256, len(LARGE))
    set_variables(monkeypatch, AWS_ENDPOINT_URL=NOWHERE)
    assert store.get(SHA256, len(LARGE)) == kept

    kept.chmod(0o644)
    kept.write_bytes(b"damaged")
    with pytest.raises(CompareError, match="cannot be read: it cannot be reached"):
        store.get(SHA256, len(LARGE))


def test_a_changed_object_is_an_error_and_never_overwritten(
    bucket: str, large: Path, tmp_path: Path
) -> None:
    store, system = open_s3(bucket, tmp_path), s3fs.S3FileSystem()
    place = f"{bucket}/base/lines/{object_key(SHA256)}"
    system.pipe(place, LARGE[:-1] + b"?")
    with pytest.raises(CompareError, match="is not what was kept"):
        store.get(SHA256, len(LARGE))
    assert not (tmp_path / "cache" / "baselines-v1" / object_key(SHA256)).exists()

    system.pipe(place, b"half of it")
    with pytest.raises(CompareError, match="is not what was kept"):
        store.get(SHA256, len(LARGE))
    with pytest.raises(CompareError, match="is not what was kept") as caught:
        store.put(large, SHA256, len(LARGE))
    assert "remove it and record" in (caught.value.hint or "")
    assert system.cat(place) == b"half of it"


def test_a_missing_object_or_bucket_is_one_clear_error(
    bucket: str, large: Path, tmp_path: Path
) -> None:
    with pytest.raises(CompareError, match="it is not in the store s3://"):
        open_s3(bucket, tmp_path).get(SHA256, len(LARGE))
    other = open_s3("no-such-bucket", tmp_path)
    with pytest.raises(CompareError, match="it is not in the store s3://no-such"):
        other.get(SHA256, len(LARGE))
    with pytest.raises(
        CompareError, match="no-such-bucket/base/lines cannot be written"
    ):
        other.put(large, SHA256, len(LARGE))
    assert "no-such-bucket" not in s3fs.S3FileSystem().ls("", refresh=True)


@pytest.mark.parametrize(
    ("changes", "reason", "hint"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "the credentials are refused", None),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "there are no credentials for it",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        ),
        (
            {"AWS_ENDPOINT_URL": NOWHERE},
            "it cannot be reached",
            "is there a network, and is the address right?",
        ),
    ],
)
@pytest.mark.parametrize("word", ["read", "written"])
def test_why_a_store_cannot_be_used_is_said(  # noqa: PLR0913, PLR0917 - what is tried, and where
    bucket: str,
    large: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    reason: str,
    hint: str | None,
    word: str,
) -> None:
    set_variables(monkeypatch, **changes)
    store = open_s3(bucket, large.parent)
    act = store.get if word == "read" else partial(store.put, large)
    with pytest.raises(CompareError, match=f"cannot be {word}: {reason}") as caught:
        act(SHA256, len(LARGE))
    assert caught.value.hint == hint


def test_a_baseline_with_a_large_output_on_s3(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    store = BaselineStore(url=f"s3://{bucket}")
    golden = Golden(tmp_path / "project", environ, store=store)
    golden.output("model/large.bin", LARGE)
    record = golden.accept()

    assert "outputs/model/large.bin" not in tree(golden.path)
    assert "outputs/model/a.txt" not in tree(golden.path)
    assert golden.baseline.stored()["model/large.bin"].sha256 == SHA256
    outputs = golden.baseline.outputs(record)
    assert tree(outputs) == tree(golden.root / ".nox" / "outputs")
    assert verify_baseline(golden.baseline, "digits") == ()

    s3fs.S3FileSystem().rm(bucket, recursive=True)
    assert golden.baseline.fetch(record).faults == {}  # from the cache
    gone = verify_baseline(golden.baseline, "digits")
    assert len(gone) == 3
    assert all("it is not in the store" in finding.what for finding in gone)
    elsewhere = Golden(
        golden.root, {"NOXLOCK_CACHE_DIR": str(tmp_path / "other")}, store=store
    )
    assert verify_baseline(elsewhere.baseline, "digits") == gone
    assert verify_baseline(elsewhere.baseline, "digits", offline=True) == ()
    fetched = elsewhere.baseline.fetch(record)
    assert sorted(fetched.faults) == [
        *("model/a.txt", "model/deep/b.txt", "model/large.bin"),
    ]
    assert "recorded were 12.0 MiB" in str(fetched.faults["model/large.bin"])

    set_variables(monkeypatch, AWS_ENDPOINT_URL=NOWHERE)
    before = tree(golden.path)
    golden.output("model/large.bin", LARGE + b"more")
    with pytest.raises(CompareError, match=r"model/a\.txt: the store s3://"):
        golden.accept()
    assert tree(golden.root / "repro") == {
        f"digits/{name}": data for name, data in before.items()
    }
