"""A real S3 server on 127.0.0.1, and the variables that its clients take."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.swift_server import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["s3_server", "variables"]

_SCRIPT: Final = Path(__file__).with_name("swift_server.py")


def variables(url: str) -> dict[str, str]:
    """Return what S3 clients read: the server at *url* and its keys, nothing else."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run OpenStack Swift with its S3 API on data in *folder*; yield its address."""
    pytest.importorskip("swift", reason="the package swift serves S3")
    _require_attributes(folder)
    command = [sys.executable, "-W", "ignore", str(_SCRIPT), str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert server.stdout is not None
        try:
            port = server.stdout.readline().decode().strip()
            assert port, (folder / "log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()
            server.stdout.close()


def _require_attributes(folder: Path) -> None:
    """Skip where files have no extended attributes, in which Swift keeps its own."""
    probe = folder / "probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.noxlock", b"1")
    except (OSError, AttributeError):
        pytest.skip("this disk has no extended attributes")
