"""Single requirements of environment.yml, as conda-lock hashes them."""

from __future__ import annotations

import pytest

from noxlock.errors import SolveError
from noxlock.locks._conda_specs import marker_holds, parse_conda, parse_pip
from noxlock.model import Subdir

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def pip_fields(text: str) -> dict[str, object]:
    spec = parse_pip(text, category="main", file="environment.yml", line=3)
    return spec.hashed()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            f"git+https://example.org/some/Thing.git@{COMMIT}",
            {"source": "https://example.org/some/Thing.git", "rev": COMMIT},
        ),
        (
            "thing @ git+https://example.org/some/thing.git",
            {"source": "https://example.org/some/thing", "rev": None},
        ),
        (
            f"thing @ git+ssh://git@example.org/some/thing@{COMMIT}",
            {"source": "ssh://git@example.org/some/thing", "rev": COMMIT},
        ),
        (
            "thing @ git+https://example.org/t.git@v1#subdirectory=python",
            {
                "source": "https://example.org/t.git",
                "rev": "v1",
                "subdirectory": "python",
            },
        ),
    ],
)
def test_a_repository_is_cut_into_address_revision_and_folder(
    text: str, fields: dict[str, object]
) -> None:
    own = {"name": "thing", "manager": "pip", "category": "main"}
    assert pip_fields(text) == {**own, "extras": [], "vcs": "git", **fields}


def test_an_archive_has_the_digest_of_its_fragment() -> None:
    found = pip_fields("thing[b,a] @ https://example.org/thing-1.0.zip#sha256=abc")
    assert found["url"] == "https://example.org/thing-1.0.zip"
    assert found["hashes"] == ["sha256:abc"]
    assert found["extras"] == ["a", "b"]


def test_a_version_may_bring_a_digest_and_a_condition() -> None:
    found = pip_fields("Some_Thing ===1.0 --hash=sha256:abc ; os_name == 'nt'")
    assert found["name"] == "some-thing"
    assert found["version"] == "==1.0"
    assert found["hash"] == "sha256:abc"
    assert found["markers"] == "os_name == 'nt'"
    assert pip_fields("thing <2,>=1")["version"] == "<2,>=1"
    assert pip_fields("thing")["version"] == "*"


def test_a_condition_counts_where_it_holds() -> None:
    def holds(text: str, platform: Subdir) -> bool:
        spec = parse_pip(text, category="main", file="environment.yml", line=1)
        return marker_holds(spec, platform)

    assert holds("thing", Subdir.LINUX_64)
    assert holds("thing; python_version < '3'", Subdir.LINUX_64)
    windows = "thing; platform_system == 'Windows'"
    assert holds(windows, Subdir.WIN_64)
    assert not holds(windows, Subdir.OSX_ARM64)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("demo-1.0-0.conda", "the file of a package cannot be locked"),
        ("demo[version=]", "a key without a value in its brackets"),
        ("=1.0", "it has no name"),
        ("a/b", "a name like `a/b`"),
        ("demo >=", "no version after `>=`"),
    ],
)
def test_what_is_no_conda_requirement_says_why(text: str, reason: str) -> None:
    with pytest.raises(SolveError) as caught:
        parse_conda(text, category="main", file="environment.yml", line=7)
    assert reason in caught.value.what
    assert (caught.value.file, caught.value.line) == ("environment.yml", 7)


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("https://example.org/a/b/linux-64::demo", "a/b"),
        ("file:///srv/channels/mine::demo", "mine"),
        ("pkgs/main::demo", "defaults"),
        ("demo", None),
    ],
)
def test_a_channel_is_hashed_by_the_path_of_its_address(
    text: str, channel: str | None
) -> None:
    spec = parse_conda(text, category="main", file="environment.yml", line=1)
    assert spec.channel == channel


@pytest.mark.parametrize(
    ("text", "version", "build"),
    [
        ("demo=1.2", "1.2.*", None),
        ("demo==1.2", "1.2", None),
        ("demo=1.2=h_0", "1.2", "h_0"),
        ("demo =1.2|=1.3", "=1.2|=1.3", None),
        ("demo[version='>=1,<2', build=h_0]", ">=1,<2", "h_0"),
    ],
)
def test_a_version_is_written_as_conda_writes_it(
    text: str, version: str, build: str | None
) -> None:
    spec = parse_conda(text, category="main", file="environment.yml", line=1)
    assert (spec.version, spec.build) == (version, build)
