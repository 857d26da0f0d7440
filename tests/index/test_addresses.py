"""Addresses in messages and records."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxlock.index._logins import with_login
from noxlock.index.addresses import (
    filename_of,
    local_path,
    origin_of,
    redact,
    without_credentials,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no https://u:p@h.example.org/x or", "no https://****@h.example.org/x or"),
        ("http://a:b@c@h/ http://d@h/", "http://****@h/ http://****@h/"),
        ("https://h/x?a=1&X-Sig=2#f", "https://h/x?a=1&X-Sig=****#f"),
        (
            "https://h/x?api_key=2 me@example.org",
            "https://h/x?api_key=**** me@example.org",
        ),
        ("https://h/a@b", "https://h/a@b"),
    ],
)
def test_secrets_are_starred_out(text: str, expected: str) -> None:
    assert redact(text) == expected


@given(user=st.text(min_size=1), password=st.text(min_size=1))
def test_no_password_survives_however_it_is_spelled(user: str, password: str) -> None:
    url = with_login("https://h.example.org/simple", (user, password))
    shown = redact(f"asked {url}; and then")

    assert shown == "asked https://****@h.example.org/simple; and then"
    assert without_credentials(url) == "https://h.example.org/simple"


def test_a_record_keeps_no_credentials() -> None:
    url = "https://u:p@h.example.org:81/a%20b.whl?v=1&token=2#sha256=3"

    assert without_credentials(url) == (
        "https://h.example.org:81/a%20b.whl?v=1&token=****"
    )
    assert filename_of(url) == "a b.whl"
    assert origin_of(url) == "https://h.example.org:81"


def test_addresses_of_files_are_paths() -> None:
    assert local_path("file:///a%20b/c") == Path("/a b/c")
    assert local_path("file://localhost/a") == Path("/a")
    assert local_path("https://h/a") is None
