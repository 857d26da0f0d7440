"""One HTTP client for a run: certificates, credentials, retries, errors in words."""

from __future__ import annotations

import random
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import httpx2
from unearth.auth import MultiDomainBasicAuth
from unearth.fetchers import PyPIClient

from noxlock.errors import FetchError
from noxlock.index.addresses import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event

    from noxlock.index._layer import Setting
    from noxlock.index.settings import IndexSettings

__all__ = ["PARALLEL", "AccessError", "Connection", "StoppedError", "TransientError"]

PARALLEL: Final = 8

_LONGEST_WAIT: Final = 60.0
_CONNECT: Final = 10.0
_WORTH_NEW_TRIES: Final = 1 << 20
_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}

_GONE: Final = {404, 410}

_LOGIN: Final = (
    "credentials are taken from the index's address in the pip or uv settings,"
    " UV_INDEX_<NAME>_USERNAME and _PASSWORD, netrc (or the file that NETRC names),"
    " and the keyring"
)
_CERT: Final = (
    "name the certificate authority's file: PIP_CERT or SSL_CERT_FILE, or `cert` in"
    " pip.conf"
)

_T = TypeVar("_T")


class AccessError(Exception):
    """One address did not give what was asked of it; another one may.

    Attributes:
        what: What happened, without the address.
        hint: What the user can do about it.
        unreachable: Whether the host as a whole does not answer.
        grave: Whether the user should hear of it though another place had the file.
        host: The host that does not answer, once it is known which; else "".
    """

    def __init__(
        self,
        what: str,
        *,
        hint: str | None = None,
        unreachable: bool = False,
        grave: bool = True,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.unreachable = unreachable
        self.grave = grave
        self.host = ""


class TransientError(Exception):
    """A request failed in a way that may pass.

    Attributes:
        final: What to raise when it did not pass.
        delay: Seconds that the server asks to wait; None where it does not.
        gained: Bytes that came before it failed.
    """

    def __init__(
        self, final: AccessError, *, delay: float | None = None, gained: int = 0
    ) -> None:
        super().__init__(final.what)
        self.final = final
        self.delay = delay
        self.gained = gained


class StoppedError(Exception):
    """Another file failed, so the rest is not wanted any more."""


class Connection:
    """What all requests of one run share. Use it as a context manager.

    Args:
        settings: Certificates, credentials, timeouts.
        logins: Addresses of indexes, whose credentials hold for their hosts.
        stop: Set when the rest is not wanted any more.
    """

    def __init__(
        self, settings: IndexSettings, logins: tuple[str, ...], stop: Event
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._client = _client(settings, logins)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def check(self) -> None:
        """Raise `StoppedError` when the rest is not wanted any more."""
        if self._stop.is_set():
            raise StoppedError

    def patiently(self, attempt: Callable[[], _T]) -> _T:
        """Return what *attempt* returns; repeat it while it fails in passing.

        Raises:
            AccessError: It failed for good, or too often.
        """
        failures = 0
        while True:
            self.check()
            try:
                return attempt()
            except TransientError as error:
                failures = 1 if error.gained >= _WORTH_NEW_TRIES else failures + 1
                if failures > self._settings.retries:
                    final = error.final
                    if failures > 1:
                        final.what += f" (tried {failures} times)"
                    raise final from error
                self._pause(failures, error.delay)

    def _pause(self, failures: int, asked: float | None) -> None:
        delay = self._settings.backoff * 2 ** (failures - 1)
        delay *= 1 + random.random() / 4  # noqa: S311 - spreads retries, no secret
        self._stop.wait(min(max(delay, asked or 0), _LONGEST_WAIT))

    def get(self, url: str, headers: Mapping[str, str]) -> httpx2.Response:
        """Return a whole, good response.

        Raises:
            AccessError: There is none.
        """

        def attempt() -> httpx2.Response:
            with self.stream(url, headers) as response:
                response.read()
                return response

        return self.patiently(attempt)

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """Yield a good response whose body is not read; 416 counts as good.

        Raises:
            AccessError: The server refuses for good.
            TransientError: It may go well when tried again, reading the body included.
        """
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                _check(response)
                yield response
        except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
            raise AccessError(redact(str(error))) from error
        except httpx2.TransportError as error:
            raise _failure(error) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise AccessError(redact(str(error))) from error


def _client(settings: IndexSettings, logins: tuple[str, ...]) -> PyPIClient:
    client = PyPIClient(
        trusted_hosts=settings.trusted_hosts,
        verify=_trust(settings.cert, settings.client_cert),
        limits=httpx2.Limits(
            max_connections=2 * PARALLEL, max_keepalive_connections=PARALLEL
        ),
        timeout=httpx2.Timeout(
            settings.timeout, connect=min(settings.timeout, _CONNECT), pool=None
        ),
        proxy=settings.proxy,
        follow_redirects=True,
        headers={"User-Agent": "noxlock", "Accept-Encoding": "gzip, deflate"},
    )
    client.auth = _Login(logins, keyring=settings.keyring)
    return client


class _Login(MultiDomainBasicAuth):
    """Credentials as pip finds them, but it never asks the person at the terminal."""

    def __init__(self, logins: tuple[str, ...], *, keyring: bool) -> None:
        super().__init__(prompting=False, index_urls=logins)
        self._keyring = keyring

    def _get_new_credentials(
        self,
        original_url: str,
        *,
        allow_netrc: bool = True,
        allow_keyring: bool = False,
    ) -> tuple[str | None, str | None]:
        return super()._get_new_credentials(
            original_url,
            allow_netrc=allow_netrc,
            allow_keyring=allow_keyring and self._keyring,
        )


@lru_cache(maxsize=4)
def _trust(cert: Setting | None, client: Setting | None) -> ssl.SSLContext:
    """Return what is trusted; kept, since reading the authorities takes its time."""
    context = httpx2.create_ssl_context() if cert is None else _authorities(cert)
    if client:
        path = _existing(client)
        try:
            context.load_cert_chain(path)
        except (ssl.SSLError, OSError) as error:
            raise FetchError(
                f"`{path}` is no client certificate with its key: {error}",
                key=client.origin,
            ) from error
    return context


def _authorities(cert: Setting) -> ssl.SSLContext:
    path = _existing(cert)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError) as error:
        raise FetchError(
            f"`{path}` is no file of certificates: {error}", key=cert.origin
        ) from error


def _existing(setting: Setting) -> Path:
    path = Path(setting.value).expanduser()
    if not path.exists():
        raise FetchError(f"`{path}` does not exist", key=setting.origin)
    return path


def _check(response: httpx2.Response) -> None:
    status = response.status_code
    what = f"HTTP {status} {response.reason_phrase}".rstrip()
    if status in _AGAIN:
        delay = _retry_after(response.headers.get("Retry-After"))
        raise TransientError(AccessError(what), delay=delay)
    if status in {401, 403, 407}:
        raise AccessError(what, hint=_LOGIN)
    if status >= httpx2.codes.BAD_REQUEST and status != 416:  # noqa: PLR2004 - see above
        raise AccessError(what, grave=status not in _GONE)


def _retry_after(value: str | None) -> float | None:
    # RFC 9110, 10.2.3: a number of seconds, or a date.
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None


def _failure(error: httpx2.TransportError) -> Exception:
    said: BaseException | None = error
    while said is not None:
        if isinstance(said, ssl.SSLCertVerificationError):
            return AccessError(
                f"its certificate is not trusted: {said.verify_message}",
                hint=_CERT,
                unreachable=True,
            )
        said = said.__cause__ or said.__context__
    if isinstance(error, httpx2.TimeoutException):
        what = "it did not answer in time"
    else:
        what = redact(str(error)) or type(error).__name__
    lost = isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout))
    hint = "is the network up, and the proxy set?" if lost else None
    return TransientError(AccessError(what, hint=hint, unreachable=lost))
