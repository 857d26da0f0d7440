"""Settings of channels, and what a failed solve is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import SolveError
from noxlock.locks.conda_lock_writer import plain_channel
from noxlock.locks.environment_yml import read_environments
from noxlock.locks.virtual_packages import virtual_packages
from noxlock.model import Subdir
from noxlock.solvers._conda_categories import reach
from noxlock.solvers._conda_reasons import Unread, unreachable
from noxlock.solvers.conda_settings import channel_url, load_config, mirrored, mirrors
from noxlock.solvers.rattler import CondaSettings, CondaTask, solve_conda
from support.conda_repodata import serve_channels, write_channels

if TYPE_CHECKING:
    from pathlib import Path

NAME = "NOXLOCK_CONDA_MIRRORS"
A, B = "https://a.example.org/ch", "http://127.0.0.1:1/ch"


def task(text: str) -> CondaTask:
    """Return a task for linux-64."""
    wanted = read_environments([("e.yml", text.encode())], Subdir.LINUX_64)
    return CondaTask(wanted=wanted, virtual=virtual_packages(Subdir.LINUX_64))


def test_mirrors_are_read_from_the_users_variable() -> None:
    assert mirrors({}) == {}
    text = f"{A}/={B}/, {A}=http://127.0.0.1:2/x\n{B}=file:///srv/ch"
    assert mirrors({NAME: text}) == {
        A: [B, "http://127.0.0.1:2/x"],
        B: ["file:///srv/ch"],
    }
    with pytest.raises(SolveError, match="is not CHANNEL=MIRROR"):
        mirrors({NAME: "nonsense"})


def test_a_channel_may_be_named_by_its_short_name() -> None:
    (address,) = mirrors({NAME: f"conda-forge={B}"})
    assert address.endswith("/conda-forge")


def test_what_lies_beneath_a_channel_is_asked_of_its_mirrors() -> None:
    table = {A: [B, "file:///srv/ch"], "https://a.example.org": ["file:///m"]}
    assert mirrored(f"{A}/noarch/a-1-0.conda", table) == (
        f"{B}/noarch/a-1-0.conda",
        "file:///srv/ch/noarch/a-1-0.conda",
    )
    assert mirrored(f"{A}x/a.conda", {A: [B]}) == (f"{A}x/a.conda",)


def test_the_variable_stands_over_rattlers_own_files(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[mirrors]\n"{B}" = ["{A}"]\n')
    config = load_config({NAME: f"{A}={B}"}, [file])
    assert {k.rstrip("/"): v for k, v in config.mirrors.items()}[A] == [B]
    assert load_config({}, [file]).mirrors
    file.write_text("[mirrors")
    with pytest.raises(SolveError, match="configuration of rattler is malformed"):
        load_config({}, [file])
    assert load_config({}) is not None


def test_a_channel_may_name_variables() -> None:
    url = channel_url("https://host.example.org/t/${TOKEN}/ch", {"TOKEN": "x"})
    assert url == "https://host.example.org/t/x/ch/"
    with pytest.raises(SolveError, match=r"names \$TOKEN, which is not set"):
        channel_url("https://host.example.org/t/$TOKEN/ch", {})
    with pytest.raises(SolveError, match="is no conda channel"):
        channel_url("https://[", {})


def test_secrets_of_a_channel_are_left_out() -> None:
    assert plain_channel("https://u:p@h.example.org/t/x/ch") == (
        "https://h.example.org/ch",
        (),
    )
    assert plain_channel("https://$U:$P@h.example.org/ch") == (
        "https://${U}:${P}@h.example.org/ch",
        ("P", "U"),
    )
    assert plain_channel("conda-forge") == ("conda-forge", ())


def test_an_error_names_no_secret() -> None:
    error = unreachable(Unread("Caused by: no route", {"ch": [A], "other": ["other"]}))
    assert error.what == (
        "the conda channel `ch` or `other` cannot be reached at"
        " https://a.example.org/ch: no route"
    )
    private = "https://u:p@h.example.org/ch"
    text = f"error sending request for url ({private}/noarch/x)\nCaused by: no route"
    error = unreachable(Unread(text, {private: [private]}))
    assert "u:p" not in str(error)
    elsewhere = unreachable(Unread("url (https://x.example.org/y)", {}))
    assert "`x.example.org`" in elsewhere.what


def test_a_channel_that_is_not_there_is_named_for_every_target(tmp_path: Path) -> None:
    gone, there = "https://c.example.org/gone", "https://c.example.org/there"
    with serve_channels(write_channels(tmp_path / "channels")) as served:
        mirrors = f"{gone}={served.url}/gone {there}={served.url}/main"
        settings = CondaSettings(
            cache=tmp_path / "cache", environ={NAME: mirrors}, files=(), retries=0
        )
        wanted = task(f"channels: [{gone}, {there}]\ndependencies: [numpy]")
        answers = solve_conda([wanted] * 3, settings)

    what = f"there is no conda channel `{gone}`: it has no repodata.json"
    assert [getattr(one, "what", one) for one in answers] == [what] * 3


def test_categories_reach_what_they_need() -> None:
    needs = {"a": ("b",), "b": ("a", "__glibc"), "c": ("b",), "d": (), "e": ()}
    roots = {"main": ["a"], "dev": ["c", "d"], "docs": ["d", "none"]}
    assert reach(needs, roots) == {
        "a": ("main",),
        "b": ("main",),
        "c": ("dev",),
        "d": ("dev", "docs"),
        "e": ("main",),
    }


def test_each_task_has_its_own_answer(tmp_path: Path) -> None:
    (tmp_path / "noarch").mkdir()
    (tmp_path / "noarch/repodata.json").write_text('{"info": {"subdir": "noarch"}}')
    head = f"channels: ['{tmp_path.as_uri()}']\ndependencies: "
    answers = solve_conda(
        [
            task("dependencies: [numpy]"),
            task(f"{head}[numpy]"),
            task(f"{head}['numpy >=x.!y']"),
            task(f"{head}[]"),
        ],
        CondaSettings(cache=tmp_path / "cache", files=()),
    )
    said = [one.what if isinstance(one, SolveError) else one for one in answers]
    assert said[0] == "no channel is listed"
    assert str(said[1]).startswith("no package `numpy` for linux-64 in file://")
    assert str(said[2]).startswith("`numpy >=x.!y` is no conda requirement")
    assert said[3] == ()


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(SolveError, match="cannot write to"):
        solve_conda([], CondaSettings(cache=tmp_path / "cache", files=()))
