"""Every damaged lock gets one clear error: where, what, and where it helps, a hint.

The assets are named by their defect; `assets/damage.toml` says what each is answered.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from noxlock.errors import LockError
from noxlock.locks import CONDA_FORMATS, FORMATS, parse_conda_lock, parse_lock

ASSETS = Path(__file__).parent.parent / "assets"
NAMES = {
    "poetry": "poetry.lock",
    "pylock": "pylock.toml",
    "requirements": "requirements.txt",
    "conda-lock": "conda-lock.yml",
    "explicit": "conda-linux-64.lock",
    "pixi": "pixi.lock",
}
CONDA = {kind.name for kind in CONDA_FORMATS}
DAMAGE: dict[str, dict[str, str]] = tomllib.loads(
    (ASSETS / "damage.toml").read_text("utf-8")
)
SUFFIXES = (".lock", ".toml", ".txt", ".yml", ".lock", ".lock")
KINDS = tuple(zip(NAMES, SUFFIXES, strict=True))
SOUND = [
    f"{kind}/{defect}{suffix}"
    for kind, suffix in KINDS
    for defect in ("sound", "byte-order-mark", "carriage-returns")
]
INCLUDED = {"requirements/numpy.txt"}


def parse(asset: str) -> object:
    folder = (ASSETS / asset).parent

    def beside(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    kind = asset.partition("/")[0]
    name = NAMES[kind]
    if kind in CONDA:
        return parse_conda_lock(name, (ASSETS / asset).read_bytes())
    return parse_lock(name, (ASSETS / asset).read_bytes(), beside=beside)


@pytest.mark.parametrize("asset", DAMAGE)
def test_damage_is_answered_with_one_clear_error(asset: str) -> None:
    with pytest.raises(LockError) as raised:
        parse(asset)

    error = raised.value
    expected = DAMAGE[asset]
    assert error.where == expected["where"]
    assert error.what == expected["what"]
    assert error.hint == expected.get("hint")


@pytest.mark.parametrize("asset", DAMAGE)
def test_an_error_is_one_line_and_says_the_file(asset: str) -> None:
    with pytest.raises(LockError) as raised:
        parse(asset)

    error = raised.value
    assert error.file
    assert len(str(error).splitlines()) == 1
    assert not error.what.endswith(".")
    assert error.hint


@pytest.mark.parametrize("asset", SOUND)
def test_what_is_not_damaged_is_read(asset: str) -> None:
    assert parse(asset) == parse(f"{asset.partition('/')[0]}/sound{Path(asset).suffix}")


def test_every_asset_is_in_the_table() -> None:
    """Defects of all formats together: far more than the 25 that were asked for."""
    assets = {
        f"{kind}/{path.name}"
        for kind in (*(form.name for form in FORMATS), *sorted(CONDA))
        for path in (ASSETS / kind).iterdir()
        if path.is_file()
    }

    assert assets == {*DAMAGE, *SOUND} | INCLUDED
    assert len(DAMAGE) > 100


@pytest.mark.parametrize("asset", SOUND)
def test_a_lock_is_known_by_its_content_where_its_name_says_nothing(
    asset: str,
) -> None:
    data = (ASSETS / asset).read_bytes()

    lock = (
        parse_conda_lock("ci/pins", data)
        if asset.partition("/")[0] in CONDA
        else parse_lock("ci/pins", data, beside=lambda _: None)
    )

    assert lock.format == asset.partition("/")[0]
    assert lock.file == "ci/pins"


def test_what_is_no_lock_at_all_is_refused_with_the_known_formats() -> None:
    with pytest.raises(LockError, match="not a lock file of a known format") as raised:
        parse_lock("ci/pins", b"\x7fELF", beside=lambda _: None)

    assert raised.value.hint == (
        "known are poetry, pylock, requirements; of conda packages conda-lock,"
        " explicit, pixi"
    )
    with pytest.raises(LockError, match="not a lock of conda packages of a") as raised:
        parse_conda_lock("ci/pins", b"\x7fELF")

    assert raised.value.hint == "known are conda-lock, explicit, pixi"
