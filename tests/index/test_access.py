"""Credentials, certificates and proxies; and that no message ever shows a secret."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import FetchError
from noxlock.index.settings import Setting
from noxlock.model import IndexSource
from support.fetching import Fetching, asking, planned
from support.index_server import serve_index
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEEL, DATA = make_wheel("six", "1.0")
LOGIN = ("me@example.org", "s3cret/:word")
QUOTED = "me%40example.org:s3cret%2F%3Aword@"
PACKAGE = planned(WHEEL, DATA)


@pytest.fixture
def ring() -> Iterator[None]:
    """Put a password into a real keyring, for one test."""
    keyring = pytest.importorskip("keyring")
    base = pytest.importorskip("keyring.backend").KeyringBackend

    def get_password(_: object, service: str, username: str) -> str | None:
        known = "127.0.0.1" in service and username == LOGIN[0]
        return LOGIN[1] if known else None

    methods = {"get_password": get_password, "set_password": None, "priority": 0.1}
    before = keyring.get_keyring()
    keyring.set_keyring(type("Ring", (base,), methods)())
    yield
    keyring.set_keyring(before)


def test_the_index_s_address_holds_the_credentials(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}, login=LOGIN) as server:
        (fetched,) = fetch(asking(server.url.replace("://", f"://{QUOTED}")), PACKAGE)

    assert fetched.url == server.file_url(WHEEL)


def test_the_user_s_credentials_hold_for_the_lock_s_index_on_the_same_host(
    fetch: Fetching,
) -> None:
    with serve_index({WHEEL: DATA}, login=LOGIN) as server:
        locked = planned(WHEEL, DATA, source=IndexSource(index=server.url))
        named = server.url.replace("://", f"://{QUOTED}")
        fetch(asking(named=(Setting(value=named, origin="x"),), no_index=False), locked)

    assert server.requests[f"/files/{WHEEL}"] == 1


def test_an_index_that_the_lock_calls_by_name_has_that_name_s_credentials(
    fetch: Fetching,
) -> None:
    with serve_index({WHEEL: DATA}, login=LOGIN) as server:
        source = IndexSource(index=server.url, name="my-index")
        settings = asking(logins={"MY_INDEX": LOGIN}, no_index=False)
        (fetched,) = fetch(settings, planned(WHEEL, DATA, source=source))

    assert fetched.url == server.file_url(WHEEL)


def test_netrc_has_credentials(
    fetch: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {LOGIN[0]} password {LOGIN[1]}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serve_index({WHEEL: DATA}, login=LOGIN) as server:
        fetch(asking(server.url), PACKAGE)


@pytest.mark.usefixtures("ring")
def test_the_keyring_has_the_password_unless_it_may_not_be_asked(
    fetch: Fetching,
) -> None:
    with serve_index({WHEEL: DATA}, login=LOGIN) as server:
        url = server.url.replace("://", "://me%40example.org@")
        with pytest.raises(FetchError, match="HTTP 401"):
            fetch(asking(url, keyring=False), PACKAGE)
        fetch(asking(url, keyring=True), PACKAGE)


@pytest.mark.parametrize("word", ["", "me:wr0ng@"])
def test_without_credentials_the_error_says_where_they_are_looked_up(
    fetch: Fetching, word: str
) -> None:
    with (
        serve_index({WHEEL: DATA}, login=LOGIN) as server,
        pytest.raises(FetchError) as caught,
    ):
        fetch(asking(server.url.replace("://", f"://{word}")), PACKAGE)

    assert "HTTP 401 Unauthorized" in str(caught.value)
    assert "wr0ng" not in str(caught.value)
    assert "netrc" in (caught.value.hint or "")


def test_no_message_shows_a_secret(fetch: Fetching) -> None:
    with serve_index({}) as gone:
        url = gone.file_url(WHEEL).replace("://", "://user:s3cret@")
        with pytest.raises(FetchError) as caught:
            fetch(asking(), planned(WHEEL, DATA, url=f"{url}?token=t0ken&a=1"))
    assert "://****@127.0.0.1" in str(caught.value)
    assert "?token=****&a=1" in str(caught.value)

    source = IndexSource(index=gone.url.replace("://", "://user:s3cret@"))
    with serve_index({WHEEL: DATA}) as server:
        (fetched,) = fetch(
            asking(server.url),
            planned(WHEEL, DATA, source=source, url=f"{url}?token=t0ken"),
        )
    assert "s3cret" not in f"{caught.value}{fetch.watch.said}{fetched.url}"
    assert "t0ken" not in f"{caught.value}{fetch.watch.said}{fetched.url}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 that nobody trusts yet, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
        " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return cert, key


def test_a_certificate_is_trusted_when_it_is_named(
    fetch: Fetching, authority: tuple[Path, Path]
) -> None:
    cert = Setting(value=str(authority[0]), origin="PIP_CERT")
    with serve_index({WHEEL: DATA}, tls=authority) as server:
        assert server.url.startswith("https://")
        fetch(asking(server.url, cert=cert), PACKAGE)

    assert server.requests[f"/files/{WHEEL}"] == 1


def test_a_certificate_that_nobody_names_is_refused_at_once(
    fetch: Fetching, authority: tuple[Path, Path]
) -> None:
    with (
        serve_index({WHEEL: DATA}, tls=authority) as server,
        pytest.raises(FetchError, match="certificate is not trusted") as caught,
    ):
        fetch(asking(server.url), PACKAGE)

    assert "tried" not in str(caught.value)
    assert "PIP_CERT" in (caught.value.hint or "")


def test_a_trusted_host_needs_no_certificate(
    fetch: Fetching, authority: tuple[Path, Path]
) -> None:
    with serve_index({WHEEL: DATA}, tls=authority) as server:
        host = server.url.split("/")[2]
        fetch(asking(server.url, trusted_hosts=(host,)), PACKAGE)


def test_a_client_certificate_is_read(
    fetch: Fetching, authority: tuple[Path, Path], tmp_path: Path
) -> None:
    both = tmp_path / "client.pem"
    both.write_text(authority[0].read_text() + authority[1].read_text())
    folder = Setting(value=str(authority[0].parent), origin="x")
    client = Setting(value=str(both), origin="PIP_CLIENT_CERT")
    with serve_index({WHEEL: DATA}) as server:
        fetch(asking(server.url, cert=folder, client_cert=client), PACKAGE)


@pytest.mark.parametrize("key", ["cert", "client_cert"])
@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "does not exist"), ("nonsense", "is no (file of cert|client cert)")],
)
def test_a_certificate_file_that_is_none_is_an_error(
    fetch: Fetching, tmp_path: Path, key: str, content: str | None, message: str
) -> None:
    path = tmp_path / "x.pem"
    if content:
        path.write_text(content)
    setting = Setting(value=str(path), origin="PIP_X")

    with pytest.raises(FetchError, match=rf"PIP_X: `.*x\.pem` {message}"):
        fetch(asking("http://127.0.0.1:9/", **{key: setting}), PACKAGE)


def test_a_proxy_is_asked_for_everything(fetch: Fetching) -> None:
    with serve_index({WHEEL: DATA}) as proxy:
        settings = asking("http://index.example.org/simple", proxy=proxy.url)
        with pytest.raises(FetchError, match="HTTP 404"):
            fetch(settings, PACKAGE)

    assert list(proxy.requests) == ["http://index.example.org/simple/six/"]
