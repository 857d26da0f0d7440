"""Whatever the bytes, a lock is read or refused; what a tool may write is read back."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from noxlock.errors import LockError
from noxlock.locks import parse_lock
from noxlock.locks.freshness import staleness

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

pytestmark = pytest.mark.slow

# The machine that runs the tests may be busy with others.
ANY_SPEED = settings(deadline=None)

NAMES = ("poetry.lock", "pylock.toml", "requirements.txt", "pins")

PROJECT = b'[tool.poetry]\nname = "demo"\nversion = "1"\n'

# Words of the three formats, so that random text gets past the first character.
WORDS = (
    "[[package]]\n",
    "[[packages]]\n",
    "[metadata]\n",
    '[packages.sdist]\nhashes = {sha256 = "00"}\n',
    '[package.source]\ntype = "git"\n',
    'lock-version = "1.0"\n',
    'lock-version = "2.1"\n',
    'created-by = "x"\n',
    'name = "a"\n',
    'version = "1"\n',
    "packages = []\n",
    'groups = ["main"]\n',
    'markers = "os_name"\n',
    "files = []\n",
    "files = [1]\n",
    "dependencies = 1\n",
    "extras = {a = [1]}\n",
    "a==1 ",
    "a @ ",
    "--hash=sha256:",
    "0" * 64,
    "git+https://a/b@",
    "https://[",
    "file:",
    "./",
    "-r x\n",
    "-e ",
    "-c ",
    "-i ",
    "${A}",
    "; ",
    "os_name == 'nt'",
    "extra == ",
    "\\\n",
    "#",
    "'",
    '"',
    "\r",
    "\u2028",
)

texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=12).map("".join)


@pytest.mark.parametrize("name", NAMES)
@ANY_SPEED
@given(data=st.binary(max_size=200) | texts.map(str.encode))
@example(data=b"-i https://[\n")
@example(data=b"a @ https://[/x.zip --hash=sha256:" + b"0" * 64)
@example(data=b"a==1 ; os_name == \"extra == 'x'\" --hash=sha256:" + b"0" * 64)
@example(data=b"./a ; " + b"(" * 9999)
def test_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    try:
        parse_lock(name, data, beside={"pyproject.toml": PROJECT, "x": data}.get)
    except LockError as error:
        assert error.where.startswith((name, "x"))  # noqa: PT017 - both outcomes do
        assert error.what  # noqa: PT017


@ANY_SPEED
@given(
    lock=texts.map(str.encode), source=st.binary(max_size=50) | texts.map(str.encode)
)
def test_freshness_of_bytes_is_told_or_refused(lock: bytes, source: bytes) -> None:
    try:
        reason = staleness("poetry.lock", lock, source)
    except LockError:
        return
    assert reason is None or reason.strip()


names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(
    r"([1-9]!)?[0-9]{1,4}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?"
    r"(\.dev[0-9])?(\+[a-z0-9]{1,5}(\.[0-9])?)?",
    fullmatch=True,
).filter(str.isascii)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
markers = st.sampled_from(
    (
        "",
        "python_version < '3.9'",
        "sys_platform == 'linux' and platform_machine != 'arm64'",
        "(os_name == 'nt' or os_name == 'posix') and implementation_name == 'cpython'",
    )
)
gaps = st.sampled_from((" ", "  ", "\t", " \\\n    ", " \\\r\n  "))


@st.composite
def lines(draw: DrawFn) -> tuple[str, str, str, list[str], str]:
    """Return a line, and the name, version, hashes and marker that it says."""
    name, version, marker = draw(names), draw(versions), draw(markers)
    digests = draw(st.lists(hashes, min_size=1, max_size=3, unique=True))
    extras = draw(st.sampled_from(("", "[all]", "[a, b]")))
    operator = draw(st.sampled_from(("==", " == ", "===")))
    gap = draw(gaps)
    condition = f"{draw(st.sampled_from((' ; ', '; ', ';')))}{marker}" if marker else ""
    comment = draw(st.sampled_from(("", "  # via x", "\n    # via\n    #   y")))
    options = "".join(f"{gap}--hash=sha256:{digest}" for digest in digests)
    line = f"{name}{extras}{operator}{version}{condition}{options}{comment}\n"
    return line, name, version, digests, marker


@ANY_SPEED
@given(
    written=st.lists(lines(), max_size=5, unique_by=lambda w: canonicalize_name(w[1]))
)
def test_pinned_lines_are_read_back(
    written: list[tuple[str, str, str, list[str], str]],
) -> None:
    text = "# a lock\n" + "".join(line for line, *_ in written)

    lock = parse_lock("requirements.txt", text.encode(), beside=lambda _: None)

    assert len(lock.packages) == len(written)
    for package, (_, name, version, digests, marker) in zip(
        lock.packages, written, strict=True
    ):
        assert package.name == canonicalize_name(name)
        assert package.version == str(Version(version))
        assert list(package.hashes) == digests
        assert bool(package.marker) == bool(marker)


@ANY_SPEED
@given(
    line=lines(),
    cut=st.integers(min_value=1, max_value=63),
    garbage=st.sampled_from(string.ascii_letters[6:26]),
)
def test_a_hash_that_lost_a_digit_is_never_read(
    line: tuple[str, str, str, list[str], str], cut: int, garbage: str
) -> None:
    text, _, _, (first, *_), _ = line

    for damaged in (first[:cut], first[:cut] + garbage + first[cut + 1 :]):
        data = text.replace(first, damaged).encode()
        with pytest.raises(LockError, match="is not a SHA-256 digest"):
            parse_lock("requirements.txt", data, beside=lambda _: None)
