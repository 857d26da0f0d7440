"""Poetry makes the lock on copies, apart from the user's own Poetry."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noxlock.errors import SolveError
from noxlock.locks import parse_lock
from noxlock.locks.freshness import staleness
from noxlock.process import run
from noxlock.solvers import SOLVERS, SolveRequest, poetry, solver_of
from support.index_server import serve_index
from support.stand_in import stand_in
from support.wheels import make_wheel

PROJECT = """\
[project]
name = "demo"
version = "0"
requires-python = ">=3.11,<4"
dependencies = ["spam>=1"]

[tool.poetry]
package-mode = false
"""
WITH_PATH = PROJECT + '\n[tool.poetry.dependencies]\nham = {path = "../ham"}\n'
OLD = "# the old lock\n"
WRITES = 'Path("poetry.lock").write_text("# new\\n")\n'
FAILS = """\
Path("poetry.lock").write_text("half")
print("Resolving dependencies...")
print("")
print("Because demo depends on spam (>=9), version solving failed.")
print("")
print("")
print("Because demo depends on spam (>=9), version solving failed.")
print("See the manual.")
sys.exit(1)
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "poetry.lock").write_text(OLD)
    return folder


def request(
    project: Path,
    script: str = WRITES,
    **changes: Any,  # noqa: ANN401 - fields of the request
) -> SolveRequest:
    given: dict[str, Any] = {
        "folder": project,
        "cache": project.parent / "cache",
        "environ": {"PATH": os.defpath},
        "python": "3.11.7",
        "command": stand_in(project.parent / "tool", script),
    }
    return SolveRequest(**(given | changes))


def seen(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.parent / "tool/seen.json").read_text())
    return found


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        pytest.param({}, ["lock"], id="keeps the pins that fit"),
        pytest.param({"upgrade": True}, ["lock", "--regenerate"], id="upgrade"),
        pytest.param(
            {"update": ("spam", "ham")},
            ["update", "--lock", "spam", "ham"],
            id="update packages",
        ),
    ],
)
def test_poetry_is_asked_without_questions_and_colours(
    project: Path, changes: dict[str, Any], arguments: list[str]
) -> None:
    poetry.solve(request(project, **changes), run)
    assert seen(project)["arguments"] == ["--no-interaction", "--no-ansi", *arguments]


def test_the_lock_comes_back_as_bytes_and_the_one_in_the_project_stays(
    project: Path,
) -> None:
    (project / "poetry.toml").write_text("")
    script = 'assert Path("poetry.toml").exists()\n' + WRITES
    assert poetry.solve(request(project, script), run) == b"# new\n"
    assert seen(project)["folder"] != str(project)
    assert (project / "poetry.lock").read_text() == OLD
    assert files(project) == {"poetry.lock", "poetry.toml", "pyproject.toml"}
    folder = seen(project)["folder"]
    assert not Path(folder).parent.exists()


DYNAMIC = '[project]\nname = "demo"\ndynamic = ["version"]\n'
PRINTS = 'print(Path("pyproject.toml").read_text())\nsys.exit(1)\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DYNAMIC, {"version": "0"}),
        (
            DYNAMIC + "[tool.poetry.group.a.dependencies]\nb = '*'\n",
            {"version": "0", "group": {"a": {"dependencies": {"b": "*"}}}},
        ),
        (
            DYNAMIC + "[tool.poetry] # ours\npackages = []\n",
            {"version": "0", "packages": []},
        ),
        (DYNAMIC + "[tool.poetry]\nversion = '1'\n", {"version": "1"}),
        (DYNAMIC + "[tool.poetry]\npackage-mode = false\n", {"package-mode": False}),
        ('[project]\nname = "demo"\nversion = "1"\n', None),
        ("[tool]\npoetry = 1\n", 1),
        ("[tool.poetry]\ndependencies = 1\n", {"dependencies": 1}),
    ],
)
def test_a_version_that_only_the_backend_knows_stops_no_lock(
    project: Path, text: str, expected: object
) -> None:
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(SolveError) as caught:
        poetry.solve(request(project, PRINTS), run)
    seen = tomllib.loads(caught.value.what.partition("\n")[2])
    assert seen.get("tool", {}).get("poetry") == expected
    assert (project / "pyproject.toml").read_text() == text


def test_a_version_that_is_missing_in_place_has_a_way_out(project: Path) -> None:
    (project / "pyproject.toml").write_text(WITH_PATH)
    script = 'print("[project.version] or [tool.poetry.version] is required")\n'
    with pytest.raises(SolveError) as caught:
        poetry.solve(request(project, script + "sys.exit(1)\n"), run)
    assert caught.value.hint == "write `package-mode = false` under [tool.poetry]"


def test_a_first_lock_is_made_where_there_is_none(project: Path) -> None:
    (project / "poetry.lock").unlink()
    assert poetry.solve(request(project), run) == b"# new\n"
    assert files(project) == {"pyproject.toml"}


@pytest.mark.parametrize("text", [PROJECT, WITH_PATH])
def test_a_failure_says_why_in_poetrys_words_and_leaves_the_lock(
    project: Path, text: str
) -> None:
    (project / "pyproject.toml").write_text(text)
    before = (project / "poetry.lock").stat()
    with pytest.raises(SolveError) as caught:
        poetry.solve(request(project, FAILS), run)
    assert caught.value.what == (
        "Poetry could not make the lock:\n"
        "Because demo depends on spam (>=9), version solving failed.\n"
        "\n"
        "See the manual."
    )
    assert caught.value.file == "pyproject.toml"
    assert (project / "poetry.lock").read_text() == OLD
    assert (project / "poetry.lock").stat().st_mtime_ns == before.st_mtime_ns
    assert files(project) == {"poetry.lock", "pyproject.toml"}


def test_an_index_without_json_is_explained(project: Path) -> None:
    script = 'print("Expecting value: line 1 column 1 (char 0)"); sys.exit(1)\n'
    with pytest.raises(SolveError, match=r"no JSON, and this Poetry has no mirror"):
        poetry.solve(request(project, script), run)


def test_a_silent_failure_has_its_exit_status_as_reason(project: Path) -> None:
    with pytest.raises(SolveError, match="exit status 7"):
        poetry.solve(request(project, "sys.exit(7)\n"), run)


def test_a_project_with_path_dependencies_stays_where_it_is(project: Path) -> None:
    (project / "pyproject.toml").write_text(WITH_PATH)
    assert poetry.solve(request(project), run) == b"# new\n"
    assert seen(project)["folder"] == str(project)
    assert (project / "poetry.lock").read_text() == OLD
    assert files(project) == {"poetry.lock", "pyproject.toml"}


def test_a_lock_in_place_that_does_not_change_is_not_touched(project: Path) -> None:
    (project / "pyproject.toml").write_text(WITH_PATH)
    before = (project / "poetry.lock").stat()
    assert poetry.solve(request(project, ""), run) == OLD.encode()
    after = (project / "poetry.lock").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_first_lock_in_place_is_taken_away_again(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        PROJECT.replace('"spam>=1"', '"spam @ file:///srv/spam"')
    )
    (project / "poetry.lock").unlink()
    assert poetry.solve(request(project), run) == b"# new\n"
    assert files(project) == {"pyproject.toml"}


def test_an_interrupt_in_place_restores_the_lock(project: Path) -> None:
    (project / "pyproject.toml").write_text(WITH_PATH)

    def interrupted(command: object, /, *, cwd: Path, env: object) -> Any:  # noqa: ANN401, ARG001
        (cwd / "poetry.lock").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        poetry.solve(request(project), interrupted)
    assert (project / "poetry.lock").read_text() == OLD
    assert files(project) == {"poetry.lock", "pyproject.toml"}


def test_poetry_sees_the_users_indexes_and_nothing_else_of_their_settings(
    project: Path,
) -> None:
    environ = {
        "PATH": os.defpath,
        "VIRTUAL_ENV": "/somewhere",
        "CONDA_PREFIX": "/somewhere",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_CONFIG_DIR": "/home/someone",
        "POETRY_HTTP_BASIC_MINE_PASSWORD": "secret",
    }
    mirror, bundle = "http://example.org/simple/", "/etc/ca.pem"
    poetry.solve(
        request(
            project,
            environ=environ,
            mirror=mirror,
            certificate=bundle,
            proxy="http://proxy.example.org",
        ),
        run,
    )
    env = seen(project)["env"]
    cache = hashlib.sha256(mirror.encode()).hexdigest()[:16]
    assert env["POETRY_PYPI_MIRROR_URL"] == mirror
    assert env["REQUESTS_CA_BUNDLE"] == env["SSL_CERT_FILE"] == bundle
    assert env["HTTPS_PROXY"] == env["HTTP_PROXY"] == "http://proxy.example.org"
    assert env["POETRY_HTTP_BASIC_MINE_PASSWORD"] == "secret"  # noqa: S105
    assert env["POETRY_KEYRING_ENABLED"] == "false"
    assert env["POETRY_VIRTUALENVS_IN_PROJECT"] == "false"
    assert env["POETRY_CACHE_DIR"] == str(project.parent / "cache" / cache)
    for name in ("POETRY_CONFIG_DIR", "POETRY_HOME", "POETRY_VIRTUALENVS_PATH"):
        assert env[name].startswith(str(Path(seen(project)["folder"]).parent))
    assert not {"VIRTUAL_ENV", "CONDA_PREFIX"} & set(env)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        pytest.param(PROJECT, "false", id="allowed"),
        pytest.param("", "false", id="not said"),
        pytest.param(PROJECT.replace(">=3.11,<4", "<3.11"), "true", id="refused"),
        pytest.param(PROJECT.replace(">=3.11,<4", "new"), "true", id="malformed"),
        pytest.param(
            '[tool.poetry.dependencies]\npython = "~3.12"\n', "true", id="Poetry's own"
        ),
    ],
)
def test_another_python_is_looked_for_only_where_the_project_refuses_poetrys(
    project: Path, text: str, made: str
) -> None:
    (project / "pyproject.toml").write_text(text)
    poetry.solve(request(project), run)
    assert seen(project)["env"]["POETRY_VIRTUALENVS_CREATE"] == made


def test_a_certificate_is_left_unchecked_where_the_user_wants_it(
    project: Path,
) -> None:
    script = (
        'config = Path(os.environ["POETRY_CONFIG_DIR"], "config.toml")\n'
        'Path("poetry.lock").write_text(config.read_text())\n'
    )
    configuration = poetry.solve(request(project, script, unverified=True), run)
    assert tomllib.loads(configuration.decode()) == {
        "certificates": {"PyPI": {"cert": False}}
    }


def test_a_mirror_that_the_user_set_for_poetry_wins(project: Path) -> None:
    mine = "http://mine.example.org/simple/"
    environ = {"PATH": os.defpath, "POETRY_PYPI_MIRROR_URL": mine}
    poetry.solve(
        request(project, environ=environ, mirror="http://example.org/simple/"), run
    )
    assert seen(project)["env"]["POETRY_PYPI_MIRROR_URL"] == mine


FROM_MIRROR = """\
Path("poetry.lock").write_text('''
[[package]]
name = "ham"

[[package]]
name = "spam"
[package.source]
type = "legacy"
url = "http://user:pass@mirror.example.org/simple"
''')
"""


def test_a_lock_that_would_name_the_mirror_is_refused(project: Path) -> None:
    mirror = "http://mirror.example.org/simple/"
    with pytest.raises(SolveError, match=r"mirror\.example\.org") as caught:
        poetry.solve(request(project, FROM_MIRROR, mirror=mirror), run)
    assert caught.value.where == "poetry.lock: package[1].source.url"


def test_a_lock_may_name_an_index_that_the_project_names(project: Path) -> None:
    source = (
        '[[tool.poetry.source]]\nname = "m"\nurl = "http://mirror.example.org/s/"\n'
    )
    (project / "pyproject.toml").write_text(f"{PROJECT}\n{source}")
    mirror = "http://mirror.example.org/simple/"
    assert poetry.solve(request(project, FROM_MIRROR, mirror=mirror), run)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param(None, "there is no such file", id="missing"),
        pytest.param("a = [", "not TOML", id="not TOML"),
    ],
)
def test_a_project_file_that_cannot_be_read_is_named(
    project: Path, text: str | None, what: str
) -> None:
    if text is None:
        (project / "pyproject.toml").unlink()
    else:
        (project / "pyproject.toml").write_text(text)
    with pytest.raises(SolveError, match=what) as caught:
        poetry.solve(request(project), run)
    assert caught.value.file == "pyproject.toml"


def test_success_without_a_lock_is_an_error(project: Path) -> None:
    (project / "poetry.lock").unlink()
    with pytest.raises(SolveError, match="wrote no lock"):
        poetry.solve(request(project, ""), run)


def test_poetry_itself_is_pinned_with_its_mirror_plugin_and_no_addresses() -> None:
    pins = poetry.pins()
    lock = parse_lock("poetry.lock", pins["poetry.lock"], beside=pins.get)
    names = {package.name for package in lock.packages}
    assert {"poetry", "poetry-plugin-pypi-mirror"} <= names
    assert staleness("poetry.lock", pins["poetry.lock"], pins["pyproject.toml"]) is None
    assert b"://" not in pins["poetry.lock"]
    document = tomllib.loads(pins["poetry.lock"].decode())
    assert not any("source" in package for package in document["package"])
    assert all(file.sha256 for package in lock.packages for file in package.files)


def test_a_tool_is_found_by_the_name_of_the_lock() -> None:
    assert solver_of("poetry.lock") is SOLVERS[0]
    assert solver_of("uv.lock") is None


def find_poetry() -> Path:
    """Return the real Poetry, or skip the test."""
    named = os.environ.get("NOXLOCK_POETRY") or shutil.which("poetry")
    if not named:
        pytest.skip("no Poetry: NOXLOCK_POETRY names none, nor is one on PATH")
    return Path(__file__).parents[2] / named


def test_the_real_poetry_locks_and_updates_behind_a_mirror(project: Path) -> None:
    """The index speaks HTML only and wants a password, as many mirrors do."""
    (project / "poetry.lock").unlink()
    tool = find_poetry()
    wheels = dict([make_wheel("spam", "1.0", requires=["ham"]), make_wheel("ham", "1")])
    with serve_index(wheels, ignore_range=True, login=("me", "secret")) as server:
        mirror = server.url.replace("://", "://me:secret@")
        asked = request(project, command=tool, mirror=mirror)
        try:
            first = poetry.solve(asked, run)
        except SolveError as error:
            if "no mirror plugin" in str(error) or server.requests == {}:
                pytest.skip("this Poetry has no mirror plugin")
            raise
        assert locked(first) == {"spam": "1.0", "ham": "1"}
        assert b"127.0.0.1" not in first
        assert b"secret" not in first
        (project / "poetry.lock").write_bytes(first)
        server.files |= dict([make_wheel("spam", "1.1"), make_wheel("ham", "2.0")])
        assert poetry.solve(asked, run) == first
        update = request(project, command=tool, mirror=mirror, update=("ham",))
        assert locked(poetry.solve(update, run)) == {"spam": "1.0", "ham": "2.0"}


def locked(data: bytes) -> dict[str, str]:
    packages = tomllib.loads(data.decode())["package"]
    return {package["name"]: package["version"] for package in packages}


def test_the_real_poetry_holds_a_package_that_another_would_pull(project: Path) -> None:
    text = PROJECT.replace('"spam>=1"', '"spam>=1", "eggs"')
    (project / "pyproject.toml").write_text(text)
    tool = find_poetry()
    old = [make_wheel("spam", "1.0", requires=["ham"]), make_wheel("ham", "1.0")]
    old.append(make_wheel("eggs", "1.0"))
    new = [make_wheel("spam", "1.1", requires=["ham>=1.1"]), make_wheel("ham", "1.1")]
    new += [make_wheel("spam", "2.0", requires=["ham>=2"]), make_wheel("ham", "2.0")]
    new.append(make_wheel("eggs", "2.0"))
    with serve_index(dict(old), ignore_range=True) as server:
        (project / "poetry.lock").unlink()
        asked = request(project, command=tool, mirror=server.url)
        first = poetry.solve(asked, run)
        (project / "poetry.lock").write_bytes(first)
        server.files |= dict(new)
        held = replace(asked, upgrade=True, hold=("ham<2.0",))

        found = poetry.solve(held, run)

    assert locked(first) == {"spam": "1.0", "ham": "1.0", "eggs": "1.0"}
    assert locked(found) == {"spam": "1.1", "ham": "1.1", "eggs": "2.0"}
    assert b"noxlock-held" not in found
    assert staleness("poetry.lock", found, text.encode()) is None
    assert (project / "pyproject.toml").read_text() == text


def test_the_real_poetry_holds_in_a_project_that_depends_on_a_folder(
    project: Path,
) -> None:
    ham = project.parent / "ham"
    ham.mkdir()
    text = '[project]\nname = "ham"\nversion = "1"\n[tool.poetry]\n'
    (ham / "pyproject.toml").write_text(text)
    group = "[tool.poetry.group.dev.dependencies]"
    text = f'{PROJECT}\n{group}\nham = {{path = "../ham"}}\n'
    (project / "pyproject.toml").write_text(text)
    (project / "poetry.lock").unlink()
    wheels = dict([make_wheel("spam", "1.0"), make_wheel("spam", "2.0")])
    with serve_index(wheels, ignore_range=True) as server:
        asked = request(project, command=find_poetry(), mirror=server.url)

        plain = poetry.solve(asked, run)
        found = poetry.solve(replace(asked, upgrade=True, hold=("spam<2",)), run)

    assert locked(plain) == {"spam": "2.0", "ham": "1"}
    assert locked(found) == {"spam": "1.0", "ham": "1"}
    assert b'url = "../ham"' in found
    assert files(project) == {"pyproject.toml"}
    assert staleness("poetry.lock", found, text.encode()) is None
