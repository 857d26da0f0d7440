"""Exports of `poetry export` and `uv export` from the corpus, read as requirements.

The corpus keeps them without hashes; here each line that needs one is given one. What
is compared is the rest: names, versions, markers, places.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from noxlock.locks import parse_lock
from noxlock.plan import parse_target, plan
from support.oracles import CORPUS, folders, pins, read_pins

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

HASH = f" --hash=sha256:{'0' * 64}"
PINNED = re.compile(r"[\w.\-]+(\[[^\]]*\])?(==| @ https:)")
FOLDER = re.compile(r"-e |\.|[^;]*\$\{|file:")
PLATFORMS = (("linux", "linux-64"), ("osx-arm64", "osx-arm64"))


def exports() -> list[Path]:
    return [
        export
        for kind in ("poetry", "uv")
        for folder in folders(kind)
        for export in sorted(folder.glob("oracle-*.txt"))
        if export.name.count(".") == 1 and export.read_text("utf-8").strip()
    ]


@pytest.mark.parametrize(
    "export", exports(), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_an_export_is_read_as_it_was_evaluated(export: Path) -> None:
    lines = export.read_text("utf-8").splitlines()
    kept = [line for line in lines if not FOLDER.match(line)]
    text = "".join(f"{line}{HASH if PINNED.match(line) else ''}\n" for line in kept)
    python = json.loads((export.parent / "oracle.json").read_text("utf-8"))["python"]
    lock = parse_lock("requirements.txt", f"#\n{text}".encode(), beside=lambda _: None)

    for platform, subdir in PLATFORMS:
        for oracle in export.parent.glob(f"{export.stem}.{platform}-py*.txt"):
            expected = read_pins(oracle)

            ours = pins(
                plan(lock, groups=("main",), target=parse_target(subdir, python=python))
            )

            # Only the oracle knows the version of a commit, and the left-out folders.
            assert {pin for pin in ours if "==" in pin} <= expected
            assert {pin.partition("==")[0] for pin in ours} <= {
                pin.partition("==")[0] for pin in expected
            }
            assert len(expected) - len(ours) <= len(lines) - len(kept)
