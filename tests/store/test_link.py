"""What an environment has of a stored wheel."""

from __future__ import annotations

import csv
import errno
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installer.scripts import Script

from noxlock.errors import StoreError
from noxlock.model import Sha256, Subdir, Target
from noxlock.store import LinkedWheel, _linking
from noxlock.store._manifest import EntryPoint
from noxlock.store._place import LinkMode
from noxlock.store._schemes import schemes
from noxlock.store._scripts import entry_script, for_interpreter
from noxlock.store.store import Store
from support.interpreters import bare_venv, installed

if TYPE_CHECKING:
    from noxlock.model import Interpreter
    from support.stores import Put

OTHER_DISK = Path("/dev/shm")  # noqa: S108 # a second file system, where there is one
MAIN = "def main():\n    print('hello')\n    return 3\n"
SCRIPTS = {"console_scripts": {"demo": "demo:main"}, "gui_scripts": {"g": "demo:main"}}


def site_packages(prefix: Path, interpreter: Interpreter) -> Path:
    minor = interpreter.target.python_minor
    return prefix / "lib" / f"python{minor}" / "site-packages"


def run(prefix: Path, *command: str) -> str:
    result = subprocess.run(
        [str(prefix / "bin" / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        check=True,
        cwd=prefix,
    )
    return result.stdout.strip()


def python(prefix: Path, code: str) -> str:
    return run(prefix, "python", "-W", "error", "-c", code)


def test_a_linked_wheel_imports_and_metadata_finds_it(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("Demo.Pkg", requires=["other>=1"])
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    code = (
        "import demo_pkg, importlib.metadata as m; d = m.distribution('demo.pkg');"
        "print(demo_pkg.__version__, d.version, d.requires, d.read_text('INSTALLER'),"
        "all(f.locate().exists() for f in d.files), d.read_text('REQUESTED'))"
    )
    assert python(prefix, code) == "1.0 1.0 ['other>=1'] noxlock\n True None"


def test_the_files_of_an_environment_are_hard_links_of_the_store(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    installed_file = site_packages(prefix, interpreter) / "demo/__init__.py"
    stored = store.places.wheel(sha256) / "files/demo/__init__.py"
    assert installed_file.samefile(stored)
    assert installed_file.stat().st_mode & 0o222 == 0


def test_files_that_differ_between_environments_are_never_links(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    files = {"demo.py": MAIN, "demo-1.0.data/scripts/s": "#!python\n"}
    sha256 = put("demo", files, entry_points=SCRIPTS)
    store.compile([sha256], interpreter)
    store.link(
        [LinkedWheel(sha256=sha256, direct_url={"url": "file:///x"})],
        prefix,
        interpreter,
    )

    info = site_packages(prefix, interpreter) / "demo-1.0.dist-info"
    own = [info / name for name in ("RECORD", "INSTALLER", "direct_url.json")]
    own += [prefix / "bin" / name for name in ("demo", "g", "s")]
    assert [path.stat().st_nlink for path in own] == [1] * 6


def test_entry_points_and_scripts_run_with_the_environments_python(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    files = {
        "demo.py": MAIN,
        "demo-1.0.data/scripts/where": "#!python\nimport sys; print(sys.prefix)\n",
        "demo-1.0.data/scripts/shell": "#!/bin/sh\necho $0\n",
    }
    store.link(
        [LinkedWheel(sha256=put("demo", files, entry_points=SCRIPTS))],
        prefix,
        interpreter,
    )

    assert run(prefix, "where") == str(prefix)
    assert run(prefix, "shell").endswith("/bin/shell")
    for name in ("demo", "g"):
        with pytest.raises(subprocess.CalledProcessError) as caught:
            run(prefix, name)
        assert (caught.value.returncode, caught.value.stdout) == (3, "hello\n")


@pytest.mark.parametrize("folder", ["with space", "long" * 40])
def test_scripts_run_where_the_kernel_could_not_read_the_path(
    store: Store, put: Put, tmp_path: Path, interpreter: Interpreter, folder: str
) -> None:
    prefix = tmp_path / folder
    bare_venv(prefix, interpreter)
    script = "#!python\nimport sys; print(sys.prefix, sys.argv[1:])\n"
    files = {"demo.py": MAIN, "demo-1.0.data/scripts/where": script}
    store.link(
        [LinkedWheel(sha256=put("demo", files, entry_points=SCRIPTS))],
        prefix,
        interpreter,
    )

    assert run(prefix, "where", "a b") == f"{prefix} ['a b']"
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(prefix, "demo")
    assert caught.value.stdout == "hello\n"


def test_only_scripts_that_ask_for_python_get_another_first_line() -> None:
    path = Path("/env/bin/python")

    assert for_interpreter(b"#!pythonw -E\nx\n", path) == b"#!/env/bin/python\nx\n"
    assert for_interpreter(b"#!/usr/bin/python\n", path) == b"#!/usr/bin/python\n"
    assert for_interpreter(b"\x7fELF", path) == b"\x7fELF"


def test_a_program_among_the_scripts_is_linked_and_always_executable(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    names = ["demo-1.0.data/scripts/program", "demo-1.0.data/scripts/plain"]
    files = dict.fromkeys(names, "#!/bin/sh\necho run\n")
    sha256 = put("demo", files, executable=names[:1])
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    stored = store.places.wheel(sha256) / "files" / names[0]
    assert stored.samefile(prefix / "bin/program")
    assert run(prefix, "program") == run(prefix, "plain") == "run"


def test_every_scheme_of_the_data_folder_has_its_place(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    files = {
        f"demo-1.0.data/{scheme}/deep/a.txt": scheme
        for scheme in ("purelib", "headers", "data")
    } | {"demo-1.0.data/platlib/deep/b.py": "b = 1\n", "other.data": "plain"}
    sha256 = put("demo", files)
    store.compile([sha256], interpreter)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    lib = site_packages(prefix, interpreter)
    minor = interpreter.target.python_minor
    headers = prefix / "include" / "site" / f"python{minor}" / "demo"
    assert (lib / "deep/a.txt").read_text() == "purelib"
    assert (headers / "deep/a.txt").read_text() == "headers"
    assert (prefix / "deep/a.txt").read_text() == "data"
    assert (lib / "other.data").read_text() == "plain"
    assert python(prefix, "import deep.b; print(deep.b.b)") == "1"


def test_record_lists_all_that_was_written_with_its_hash(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    files = {"demo.py": MAIN, "a, b.txt": "x", "demo-1.0.data/data/share/d": "d"}
    sha256 = put("demo", files, entry_points=SCRIPTS)
    store.compile([sha256], interpreter)
    store.link(
        [LinkedWheel(sha256=sha256, direct_url={"url": "u", "dir_info": {}})],
        prefix,
        interpreter,
    )

    lib = site_packages(prefix, interpreter)
    info = lib / "demo-1.0.dist-info"
    with (info / "RECORD").open(newline="") as stream:
        rows = list(csv.reader(stream))
    bare = [path for path, digest, size in rows if not digest]
    assert bare == [
        f"__pycache__/demo.{interpreter.cache_tag}.pyc",
        "demo-1.0.dist-info/RECORD",
    ]
    assert sorted(path for path, *_ in rows) == sorted(
        {
            "../../../bin/demo",
            "../../../bin/g",
            "../../../share/d",
            "a, b.txt",
            "demo.py",
            *bare,
            *(f"demo-1.0.dist-info/{path.name}" for path in info.iterdir()),
        }
    )
    assert all((lib / path).stat().st_size == int(n) for path, _, n in rows if n)
    assert (info / "direct_url.json").read_text() == '{"dir_info":{},"url":"u"}'


def test_of_two_wheels_with_one_file_the_later_has_it_and_the_store_is_unharmed(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    first = put("aaa", {"tests/__init__.py": "who = 'aaa'\n", "aaa.py": ""})
    # As long as the first, and without bytecode: stale bytecode would be believed.
    second = put("bbb", {"tests/__init__.py": "who = 'bbb'\n", "bbb.py": ""})
    store.compile([first], interpreter)
    for sha256 in (first, second):
        store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    assert python(prefix, "import tests; print(tests.who)") == "bbb"
    assert store.verify().damaged == ()


def test_a_file_is_never_written_through_a_link_of_the_environment(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    before = interpreter.executable.read_bytes()
    files = {"demo-1.0.data/scripts/python": "#!/bin/sh\necho mine\n"}
    store.link([LinkedWheel(sha256=put("demo", files))], prefix, interpreter)

    assert run(prefix, "python") == "mine"
    assert interpreter.executable.read_bytes() == before


def test_a_file_where_another_wheel_has_a_folder_is_an_error(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    store.link([LinkedWheel(sha256=put("aaa", {"x/a.py": ""}))], prefix, interpreter)

    with pytest.raises(StoreError, match="cannot link into") as caught:
        store.link([LinkedWheel(sha256=put("bbb", {"x": ""}))], prefix, interpreter)
    assert caught.value.hint is None


def test_a_wheel_that_is_not_stored_cannot_be_linked(
    store: Store, prefix: Path, interpreter: Interpreter
) -> None:
    with pytest.raises(StoreError, match="the store has no entry 0000"):
        store.link([LinkedWheel(sha256=Sha256("0" * 64))], prefix, interpreter)


def test_a_windows_environment_has_its_own_layout(
    store: Store, put: Put, tmp_path: Path, interpreter: Interpreter
) -> None:
    windows = replace(interpreter, target=Target(subdir=Subdir.WIN_64, python="3.12.1"))
    prefix = tmp_path / "win"
    prefix.mkdir()
    store.link([LinkedWheel(sha256=put("demo", entry_points=SCRIPTS))], prefix, windows)

    assert (prefix / "Lib/site-packages/demo/__init__.py").exists()
    assert (prefix / "Scripts/demo.exe").read_bytes().startswith(b"MZ")


def test_copies_are_the_environments_own_and_their_bytecode_is_still_good(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n", "demo.sh": "#!/bin/sh\n"})
    copying = Store(store.root, environ={"NOXLOCK_LINK_MODE": "copy"})
    copying.compile([sha256], interpreter)
    copying.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    copy = site_packages(prefix, interpreter) / "demo.py"
    assert (copy.stat().st_nlink, copy.stat().st_mode & 0o200) == (1, 0o200)
    assert "demo.cpython" in verbose(prefix, "demo")
    copy.write_text("x = 2\n")
    assert python(prefix, "import demo; print(demo.x)") == "2"
    assert store.verify().damaged == ()


def verbose(prefix: Path, module: str) -> str:
    """Return where Python got the code of *module* from: `code object from`."""
    result = subprocess.run(
        [str(prefix / "bin/python"), "-v", "-c", f"import {module}"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    lines = result.stderr.splitlines()
    created = [line for line in lines if "# created" in line and f"{module}." in line]
    assert not created
    return "\n".join(line for line in lines if "code object from" in line)


@pytest.mark.skipif(
    not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == Path("/tmp").stat().st_dev,  # noqa: S108
    reason="no second file system",
)
def test_another_disk_gets_copies(
    put: Put,
    store: Store,
    interpreter: Interpreter,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    sha256 = put("demo")
    folder = OTHER_DISK / tmp_path_factory.mktemp("noxlock").name
    folder.mkdir()
    try:
        store.link([LinkedWheel(sha256=sha256)], folder, interpreter)
        file = site_packages(folder, interpreter) / "demo/__init__.py"
        assert file.stat().st_nlink == 1
        asked = Store(store.root, environ={"NOXLOCK_LINK_MODE": "HARDLINK"})
        with pytest.raises(StoreError, match="the store cannot hardlink to"):
            asked.link([LinkedWheel(sha256=sha256)], folder, interpreter)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_clones_are_made_or_refused_but_never_half(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    cloning = Store(store.root, environ={"NOXLOCK_LINK_MODE": "clone"})
    file = site_packages(prefix, interpreter) / "demo/__init__.py"
    try:
        cloning.link([LinkedWheel(sha256=sha256)], prefix, interpreter)
    except StoreError as error:
        assert "cannot clone" in str(error)  # noqa: PT017 # both are right
        assert not file.exists()
    else:
        assert file.stat().st_nlink == 1


def test_one_file_with_too_many_links_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str, _: object) -> None:
        raise OSError(errno.EMLINK, "Too many links", source, None, target)

    monkeypatch.setitem(_linking.PUT, LinkMode.HARDLINK, full)
    source = tmp_path / "a"
    source.write_text("x")
    file = ("b", "", 1, 0, True, False)
    _linking.place(LinkMode.HARDLINK, str(source), str(tmp_path / "b"), file)

    assert (tmp_path / "b").read_text() == "x"
    assert os.access(tmp_path / "b", os.X_OK)


@pytest.mark.parametrize("variable", ["NOXLOCK_LINK_MODE", "NOXLOCK_VERIFY"])
def test_an_unknown_setting_is_refused(tmp_path: Path, variable: str) -> None:
    with pytest.raises(
        StoreError, match=f"`fast` is no value for {variable}"
    ) as caught:
        Store(tmp_path, environ={variable: "fast"})
    assert caught.value.hint
    assert caught.value.hint.startswith("one of: ")


@pytest.mark.interpreters
def test_pip_sees_what_it_would_have_installed(
    store: Store, put: Put, tmp_path: Path
) -> None:
    chosen, prefix = installed("3.13"), tmp_path / "env"
    bare_venv(prefix, chosen)
    base = chosen.executable.parent.parent / "lib"
    (pip_wheel,) = base.glob("python3.13/ensurepip/_bundled/pip-*.whl")
    wheels = [
        put("Demo_Pkg", requires=["other>=1"], entry_points=SCRIPTS),
        put("other", {"other.py": "x = 1\n"}, requires_python=">=3.8"),
    ]
    store.compile(wheels, chosen)
    url = {"url": "file:///src/demo", "dir_info": {"editable": True}}
    store.link([LinkedWheel(sha256=wheels[0], direct_url=url)], prefix, chosen)
    store.link([LinkedWheel(sha256=wheels[1])], prefix, chosen)

    pip = ("python", f"{pip_wheel}/pip", "--disable-pip-version-check", "--isolated")
    assert run(prefix, *pip, "check") == "No broken requirements found."
    listed = json.loads(run(prefix, *pip, "list", "-v", "--format=json"))
    found = {item["name"]: item for item in listed}
    assert found["other"]["installer"] == "noxlock"
    assert found["Demo_Pkg"]["editable_project_location"] == "/src/demo"
    run(prefix, *pip, "uninstall", "-q", "-y", "other", "demo-pkg")
    assert not list(site_packages(prefix, chosen).glob("*other*"))
    assert not (prefix / "bin" / "demo").exists()
    assert store.verify().damaged == ()


@pytest.mark.parametrize("python", ["/env/bin/python", "/my env/bin/python", "/e" * 70])
@pytest.mark.parametrize("attribute", ["main", "Group.main"])
def test_scripts_are_those_of_the_package_installer(
    python: str, attribute: str
) -> None:
    point = EntryPoint("demo", "demo.cli", attribute, gui=False)
    target = Target(subdir=Subdir.LINUX_64, python="3.12.1")
    where = replace(schemes(Path("/env"), target, "d-1.info"), python=Path(python))

    wanted = Script("demo", "demo.cli", attribute, "console")
    assert ("demo", entry_script(point, where)) == wanted.generate(python, "posix")
