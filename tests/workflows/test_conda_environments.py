"""Environments of conda packages: a real channel, real pythons, wheels on top."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import apply_variables, hermetic_variables
from noxlock.errors import FetchError, PlanError
from noxlock.index.client import public_default
from noxlock.locks import parse_conda_lock
from noxlock.model import ProjectInstall
from support.conda_channel import HOST, Entry, small_package, write_channel
from support.conda_workshop import LOCK, record
from support.workshop import ask, version

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import CondaLock
    from noxlock.workflows.environments import BuiltEnvironment
    from support.conda_workshop import CondaWorkshop

pytestmark = pytest.mark.slow

PYTEST = ("python", "numpy", "pytest", "iniconfig", "pluggy", "pygments", "packaging")


@pytest.fixture
def shop(conda_shop: CondaWorkshop) -> CondaWorkshop:
    return conda_shop


def run(built: BuiltEnvironment, *command: str) -> str:
    """Return what a command prints that runs as sessions run theirs."""
    user = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    hermetic = hermetic_variables(built.prefix, user)
    changes = {**hermetic, **built.activation.variables}
    env = apply_variables(user, changes)
    result = subprocess.run(
        command, env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def modules(built: BuiltEnvironment, folder: str) -> tuple[list[str], list[str]]:
    """Return the modules of a package, and those of them that have bytecode."""
    site = next((built.prefix / "lib").glob("python3.*/site-packages"))
    files = sorted((site / folder).glob("*.py"))
    cached = (site / folder / "__pycache__").glob("*.pyc")
    compiled = {path.name.split(".")[0] for path in cached}
    return [p.stem for p in files], [p.stem for p in files if p.stem in compiled]


def test_python_numpy_and_pytest_run(shop: CondaWorkshop) -> None:
    built = shop.build(*PYTEST)

    (built.prefix / "tmp").mkdir()
    test = built.prefix / "tmp" / "test_it.py"
    test.write_text("import numpy\ndef test_sum(): assert numpy.ones(3).sum() == 3\n")
    printed = run(built, "pytest", "-q", "-p", "no:cacheprovider", str(test))
    assert "1 passed" in printed
    assert built.reason == "new"
    assert built.interpreter.executable.is_relative_to(built.prefix)
    assert {p.kind for p in built.packages} == {"conda"}
    assert {p.name for p in built.packages} == set(PYTEST)
    assert all(not p.note for p in built.packages)
    assert built.plan.conda_lock == f"conda-{HOST}.lock"


def test_noarch_modules_come_with_bytecode_that_python_takes(
    shop: CondaWorkshop,
) -> None:
    built = shop.build("python", "purepy")

    every, compiled = modules(built, "purepy")
    assert every == compiled
    every, compiled = modules(built, "purepy/templates")
    assert set(every) - set(compiled) == {"broken"}
    before = {p: p.stat().st_mtime_ns for p in built.prefix.rglob("*.pyc")}
    ask(built, "__import__('purepy').__file__")
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert ask(built, "__import__('purepy').__spec__.cached")


def test_bytecode_is_compiled_once_not_for_each_environment(
    shop: CondaWorkshop,
) -> None:
    shop.build("python", "purepy")
    places = shop.wheels.store.places.root / "bytecode-v2"
    first = {p: p.stat().st_mtime_ns for p in places.rglob("*.pyc")}
    shop.build("python", "purepy")
    assert first
    assert {p: p.stat().st_mtime_ns for p in places.rglob("*.pyc")} == first


@pytest.mark.parametrize("mode", ["copy", "hardlink"])
def test_every_way_of_linking_makes_bytecode_that_is_taken(
    shop: CondaWorkshop, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOXLOCK_LINK_MODE", mode)
    built = shop.build("python", "purepy", environ={"NOXLOCK_LINK_MODE": mode})
    (source,) = built.prefix.glob("lib/python3.*/site-packages/purepy/__init__.py")
    (cached,) = (source.parent / "__pycache__").glob("__init__.*.pyc")
    mtime = int.from_bytes(cached.read_bytes()[8:12], "little")
    assert mtime == int(source.stat().st_mtime)
    assert (source.stat().st_nlink > 1) == (mode == "hardlink")


def test_wheels_go_on_top_of_what_conda_brings(shop: CondaWorkshop) -> None:
    shop.wheels.add_wheel(
        "ontop==1.0",
        files={"ontop.py": "import purepy\ndef main(): print('on top')\n"},
        entry_points={"console_scripts": {"ontop": "ontop:main"}},
    )
    shop.wheels.add_wheel("purepy==9.9")
    built = shop.build("python", "purepy", lock=True)

    assert run(built, "ontop") == "on top\n"
    assert version(built, "ontop") == "1.0"
    assert version(built, "purepy") != "9.9"
    script = (built.bin / "ontop").read_text()
    assert script.startswith(f"#!{built.prefix}/bin/python")
    names = [(p.name, p.kind) for p in built.packages]
    assert names == [("purepy", "conda"), ("python", "conda"), ("ontop", "wheel")]
    kept = shop.build("python", "purepy", lock=True, reuse=True)
    assert kept.reused
    assert kept.packages == built.packages


def test_a_pip_section_that_was_locked_through_a_mirror_is_found_by_name(
    shop: CondaWorkshop,
) -> None:
    sha256 = shop.wheels.add_wheel("ontop==1.0", files={"ontop.py": ""})
    page = f"{public_default().rstrip('/')}/ontop"
    lines = [f"# platform: {HOST}", "@EXPLICIT"]
    for name in ("python", "numpy"):
        subdir, file, facts = record(shop.channel, name)
        base = shop.server.channel("main")
        lines.append(f"{base}/{subdir}/{file}#{facts['sha256']}")
    url = f"{page}/ontop-1.0-py3-none-any.whl#sha256={sha256}"
    lines.append(f"# pip ontop @ {url}\n")

    built = shop.build(conda=parse_conda_lock(LOCK, "\n".join(lines).encode()))

    assert version(built, "ontop") == "1.0"


def test_what_conda_really_brought_wins_by_its_real_name(shop: CondaWorkshop) -> None:
    shop.wheels.add_wheel("real-name==2.0")
    channel = shop.wheels.tmp / "mine"
    info = "site-packages/real_name-1.0.dist-info"
    package = small_package("quite-another", "1.0")
    metadata = Entry(data=b"Name: Real_Name\nVersion: 1.0\n")
    files = {**package.files, f"{info}/METADATA": metadata}
    write_channel(channel, [replace(package, files=files, noarch="python")])
    conda = shop.lock("python")
    conda = joined(shop, conda.platforms[0].packages[0].url, channel)
    built = shop.build(conda=conda, lock=True)

    assert [p.name for p in built.packages] == ["python", "quite-another"]
    assert any("real-name 2.0" in line for line in shop.wheels.talk.warned)


def joined(shop: CondaWorkshop, url: str, channel: Path) -> CondaLock:
    """Return a lock of the channel's python and of the one package of *channel*."""
    _, _, python = record(shop.channel, "python")
    (archive,) = (channel / "noarch").glob("*.conda")
    sha256 = record(channel, "quite-another")[2]["sha256"]
    text = (
        f"# platform: {HOST}\n@EXPLICIT\n{url}#{python['sha256']}\n"
        f"{archive.as_uri()}#{sha256}\n"
    )
    return parse_conda_lock(f"conda-{HOST}.lock", text.encode())


def test_the_project_comes_in_as_into_a_venv(shop: CondaWorkshop) -> None:
    shop.wheels.make_project()
    built = shop.build("python", project=ProjectInstall.EDITABLE)
    assert version(built, "tiny") == "1.0"
    assert ask(built, "__import__('tiny').__file__").startswith(str(shop.wheels.root))
    assert shop.build("python", project=ProjectInstall.EDITABLE, reuse=True).reused
    wheel = shop.build("python", project=ProjectInstall.WHEEL)
    assert ask(wheel, "__import__('tiny').__file__").startswith(str(wheel.prefix))


def test_packages_of_every_form_are_installed(shop: CondaWorkshop) -> None:
    built = shop.build("legacy", "dated")
    assert (built.prefix / "share" / "legacy.txt").is_file()
    assert built.interpreter.version == ""
    assert shop.build("legacy", "dated", reuse=True).reused


def test_activation_is_what_conda_activate_leaves(shop: CondaWorkshop) -> None:
    built = shop.build("python", "relocated")
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    env = json.loads(run(built, "python", "-c", code))

    assert env["RELOCATED_HOME"] == f"{built.prefix}/share"
    assert env["RELOCATED_MODE"] == "test"
    assert env["CONDA_PREFIX"] == env["CONDA_DEFAULT_ENV"] == str(built.prefix)
    assert env["CONDA_SHLVL"] == "1"
    assert "VIRTUAL_ENV" not in env
    parts = env["PATH"].split(":")
    assert parts[0] == str(built.prefix / "bin")
    assert len(parts) == len(set(parts))
    kept = shop.build("python", "relocated", reuse=True)
    assert kept.activation == built.activation


def test_link_scripts_run_only_where_they_are_let(shop: CondaWorkshop) -> None:
    names = ("python", "relocated")
    assert not (shop.build(*names).prefix / "post-link-ran").exists()
    ran = shop.build(*names, environment={"link_scripts": True}, reuse=True)
    assert ran.reason.startswith("link scripts changed")
    assert (ran.prefix / "post-link-ran").exists()


def test_an_altered_environment_is_made_anew_and_says_why(shop: CondaWorkshop) -> None:
    built = shop.build("python", "purepy")
    assert shop.build("python", "purepy", reuse=True).reused
    (site,) = built.prefix.glob("lib/python3.*/site-packages")
    (site / "purepy" / "__init__.py").unlink()
    again = shop.build("python", "purepy", reuse=True)
    assert (again.reused, again.reason) == (False, "purepy/__init__.py was removed")
    more = shop.build("python", "purepy", "legacy", reuse=True)
    assert more.reason == "plan changed: legacy 1.0 added"


def test_a_warm_store_needs_no_request(shop: CondaWorkshop) -> None:
    lock = shop.lock("python", "purepy")
    shop.build(conda=lock)
    shop.server.forget()
    shop.build(conda=lock, offline=True)
    shop.build(conda=lock)
    assert shop.server.total == 0


def test_a_warm_store_may_be_read_only(shop: CondaWorkshop) -> None:
    lock = shop.lock("python", "purepy")
    shop.build(conda=lock)
    root = shop.wheels.store.places.root
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    modes = {folder: folder.stat().st_mode for folder in folders}
    for folder in folders:
        folder.chmod(0o555)
    try:
        if os.access(root, os.W_OK):
            pytest.skip("this user may write anywhere")
        assert shop.build(conda=lock, offline=True).packages
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)


def test_a_mirror_serves_what_the_lock_names_by_its_public_address(
    shop: CondaWorkshop,
) -> None:
    public = "https://conda.example.org/demo"
    mirror = {"NOXLOCK_CONDA_MIRRORS": f"{public}={shop.server.channel('main')}"}
    built = shop.build(conda=shop.lock("legacy", base=public), environ=mirror)
    assert built.plan.conda[0].url.startswith(public)
    (note,) = (built.prefix / "conda-meta").glob("legacy-*.json")
    assert f'"{public}/' in note.read_text()
    assert "conda-cache" not in note.read_text()


def test_rattlers_own_mirrors_are_asked_too(
    shop: CondaWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = "https://conda.example.org/demo"
    folder = shop.wheels.tmp / "config"
    (folder / "rattler").mkdir(parents=True)
    (folder / "rattler" / "config.toml").write_text(
        f'[mirrors]\n"{public}" = ["{shop.server.channel("main")}"]\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    assert shop.build(conda=shop.lock("legacy", base=public)).packages


def test_files_of_this_disk_are_taken_without_a_server(shop: CondaWorkshop) -> None:
    built = shop.build(conda=shop.lock("legacy", base=shop.channel.as_uri()))
    assert shop.server.total == 0
    assert (built.prefix / "share" / "legacy.txt").is_file()


def test_md5_is_taken_only_where_it_is_let_and_the_record_says_so(
    shop: CondaWorkshop,
) -> None:
    lock = shop.lock("legacy", digest="md5")
    with pytest.raises(PlanError, match="an MD5 digest only") as caught:
        shop.build(conda=lock)
    assert "allow-md5" in str(caught.value.hint)
    built = shop.build(conda=lock, environment={"allow_md5": True})
    (one,) = built.packages
    assert "MD5 only" in one.note
    assert one.sha256 == record(shop.channel, "legacy")[2]["sha256"]
    shop.server.forget()
    shop.build(conda=lock, environment={"allow_md5": True}, offline=True)
    assert shop.server.total == 0


def test_the_python_that_is_asked_for_must_be_the_one_of_the_lock(
    shop: CondaWorkshop,
) -> None:
    with pytest.raises(PlanError, match=r"3\.8 is asked for"):
        shop.build("python", python="3.8")


def test_a_project_needs_a_python(shop: CondaWorkshop) -> None:
    with pytest.raises(PlanError, match="no python is locked"):
        shop.build("legacy", project=ProjectInstall.WHEEL)


def test_offline_says_what_the_store_lacks(shop: CondaWorkshop) -> None:
    with pytest.raises(FetchError, match=r"lacks 1 conda package.*legacy") as caught:
        shop.build("legacy", offline=True)
    assert caught.value.hint
    assert shop.server.total == 0


def test_environments_of_wheels_do_not_import_rattler() -> None:
    code = (
        "import sys, noxlock, noxlock.workflows.environments, noxlock.nox_plugin;"
        "print([name for name in sys.modules if name.startswith('rattler')])"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
