"""Addresses as they may be shown, kept and opened."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

__all__ = ["filename_of", "local_path", "origin_of", "redact", "without_credentials"]

_LOGIN: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s?#]*@")
_SECRET: Final = re.compile(
    r"(?i)([?&;][^=&\s]*"
    r"(?:token|sig|signature|key|secret|passw(?:or)?d|auth|credential)[^=&\s]*=)"
    r"[^&#\s]*"
)


def redact(text: str) -> str:
    """Return *text* with the credentials of every address in it starred out."""
    return _SECRET.sub(r"\1****", _LOGIN.sub(r"\1****@", text))


def without_credentials(url: str) -> str:
    """Return *url* as a record may keep it: without login, secrets and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return _SECRET.sub(r"\1****", urlunsplit(parts._replace(netloc=host, fragment="")))


def filename_of(url: str) -> str:
    """Return the file name that an address ends in."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def origin_of(url: str) -> str:
    """Return scheme, host and port: what is unreachable where one address is."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def local_path(url: str) -> Path | None:
    """Return the path of a `file:` address; None for any other."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    host = "" if parts.netloc in {"", "localhost"} else f"//{parts.netloc}"
    return Path(url2pathname(host + parts.path))
