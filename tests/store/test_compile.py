"""Bytecode: made once, the same anywhere, believed by the interpreter."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import StoreError
from noxlock.store import LinkedWheel, _compiler
from noxlock.store.store import Store
from support.interpreters import bare_venv, installed

if TYPE_CHECKING:
    from noxlock.model import Interpreter, Sha256
    from support.stores import Put

VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
SOURCES = {
    "demo/__init__.py": "from demo import a\n",
    "demo/a.py": "def f(v):\n    return v in {'p', 'q', 'r', 's', 't'}\n",
    "demo/py2.py": "print 'hello'\n",
    "demo/null.py": "a = '\0'\n",
    "demo/data.txt": "no source",
    "top.py": "x = 1\n",
    "demo-1.0.data/data/share/tool.py": "x = 1\n",
}


def bytecode(
    store: Store, sha256: Sha256, interpreter: Interpreter
) -> dict[str, bytes]:
    base = store.places.bytecode(sha256, interpreter) / "files"
    return {
        path.relative_to(base).as_posix(): path.read_bytes()
        for path in sorted(base.rglob("*.pyc"))
    }


def imported(prefix: Path, modules: str) -> str:
    """Return what Python says of the imports: whether it read or created bytecode."""
    result = subprocess.run(
        [str(prefix / "bin/python"), "-v", "-c", f"import {modules}"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    return result.stderr


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", VERSIONS)
def test_each_interpreter_believes_its_bytecode_and_compiles_nothing(
    store: Store, put: Put, tmp_path: Path, minor: str
) -> None:
    chosen, prefix = installed(minor), tmp_path / "env"
    bare_venv(prefix, chosen)
    sha256 = put("demo", SOURCES)
    store.compile([sha256], chosen)
    store.link([LinkedWheel(sha256=sha256)], prefix, chosen)

    said = imported(prefix, "demo.a, top")
    lib = f"{prefix}/lib/python{minor}/site-packages"
    for path in ("demo/__pycache__/a", "demo/__pycache__/__init__", "__pycache__/top"):
        assert f"matches {lib}/" in said
        assert f"code object from '{lib}/{path}.{chosen.cache_tag}.pyc'" in said
    assert "# created" not in said


def test_an_edit_in_the_environment_is_seen(
    store: Store, put: Put, prefix: Path, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n"})
    store.compile([sha256], interpreter)
    store.link([LinkedWheel(sha256=sha256)], prefix, interpreter)

    minor = interpreter.target.python_minor
    file = prefix / "lib" / f"python{minor}" / "site-packages/demo.py"
    edited = file.with_suffix(".new")
    edited.write_text("x = 2\n")  # as long as before
    edited.replace(file)
    assert "# created" in imported(prefix, "demo")
    assert store.verify().damaged == ()


def test_what_does_not_compile_is_left_without(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo", SOURCES)
    store.compile([sha256], interpreter)

    tag = interpreter.cache_tag
    assert list(bytecode(store, sha256, interpreter)) == [
        f"__pycache__/top.{tag}.pyc",
        f"demo/__pycache__/__init__.{tag}.pyc",
        f"demo/__pycache__/a.{tag}.pyc",
    ]


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", ["3.8", "3.11", "3.13"])
def test_the_bytes_depend_on_neither_store_nor_company_nor_environment(
    tmp_path: Path, put: Put, store: Store, minor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = installed(minor)
    wheels = [put("demo", SOURCES), put("other", {"other.py": "decimal = 'x'\n"})]
    store.compile(wheels, chosen)

    elsewhere = Store(tmp_path / "elsewhere", environ={})
    shutil.copytree(store.root / "wheels-v2", elsewhere.root / "wheels-v2")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    elsewhere.compile([wheels[0]], chosen)
    assert bytecode(elsewhere, wheels[0], chosen) == bytecode(store, wheels[0], chosen)


def test_compiling_again_does_nothing(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    store.compile([sha256, sha256], interpreter)

    missing = replace(interpreter, executable=Path("/nowhere/python"))
    store.compile([sha256], missing)
    with pytest.raises(StoreError, match="cannot run `/nowhere/python` to compile"):
        store.compile([put("other")], missing)


def test_a_wheel_without_sources_has_an_empty_entry(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.txt": ""})
    store.compile([sha256], interpreter)

    assert bytecode(store, sha256, interpreter) == {}
    assert store.places.bytecode(sha256, interpreter).is_dir()


def test_another_patch_release_has_its_own_bytecode(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    other = replace(interpreter, version="3.11.99")

    sha256 = put("demo")
    assert store.places.bytecode(sha256, other) != store.places.bytecode(
        sha256, interpreter
    )


def test_an_interpreter_that_is_not_the_one_named_is_refused(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo")
    with pytest.raises(StoreError, match="magic number"):
        store.compile([sha256], replace(interpreter, magic="00000000"))
    assert store.info().buckets[1].entries == 0


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("echo broken >&2; exit 1", "failed: broken"),
        ("exit 9", "failed: status 9"),
        ("echo hello", "gave no result"),
    ],
)
def test_an_interpreter_that_fails_is_a_clear_error(
    put: Put, interpreter: Interpreter, tmp_path: Path, program: str, message: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\ncat >/dev/null\n{program}\n")
    fake.chmod(0o755)
    store = Store(tmp_path / "store", environ={})

    with pytest.raises(StoreError, match=message):
        store.compile([put("demo")], replace(interpreter, executable=fake))
    assert store.info().buckets[-1].entries == 0


def test_changed_sources_are_not_compiled(
    store: Store, put: Put, interpreter: Interpreter
) -> None:
    sha256 = put("demo", {"demo.py": "x = 1\n"})
    source = store.places.wheel(sha256) / "files/demo.py"
    source.chmod(0o644)
    source.write_text("x = 2\n")

    with pytest.raises(StoreError, match=r"demo\.py: content changed"):
        store.compile([sha256], interpreter)
    assert store.info().buckets[1].entries == 0


def test_a_source_that_crashes_the_compiler_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for name in ("a", "crash", "b"):
        source = tmp_path / f"{name}.py"
        source.write_text("x = 1\n")
        digest = _compiler.digest_text(source.read_bytes())
        files.append([str(source), digest, str(tmp_path / f"{name}.pyc"), name])
    real = _compiler.compiled

    def crash(source: bytes, name: str, mtime: int) -> bytes | None:
        if name == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(source, name, mtime)

    monkeypatch.setattr(_compiler, "compiled", crash)
    first, broken, last = _compiler.apart(files, 0)
    assert broken == "invalid"
    sizes = [(tmp_path / f"{name}.pyc").stat().st_size for name in "ab"]
    assert [first, last] == sizes


def job(tmp_path: Path) -> dict[str, object]:
    for name, text in (("good", "x = 1\n"), ("bad", "x = \n"), ("changed", "y = 1\n")):
        (tmp_path / f"{name}.py").write_text(text)
    digests = {
        name: _compiler.digest_text((tmp_path / f"{name}.py").read_bytes())
        for name in ("good", "bad")
    } | {"changed": "other"}
    share = [
        [str(tmp_path / f"{name}.py"), digest, str(tmp_path / f"{name}.pyc"), name]
        for name, digest in digests.items()
    ]
    return {"mtime": 1, "shares": [share]}


@pytest.mark.parametrize("fork", [True, False], ids=["fork", "no fork"])
def test_the_compiler_says_what_became_of_each_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    fork: bool,
) -> None:
    if not fork:
        monkeypatch.delattr("os.fork")
    text = json.dumps(job(tmp_path)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    _compiler.main()

    (results,) = json.loads(capsys.readouterr().out)["results"]
    assert results[1:] == ["invalid", "changed"]
    assert results[0] == (tmp_path / "good.pyc").stat().st_size


def test_a_child_that_cannot_write_ends_the_compiler(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = job(tmp_path)
    (tmp_path / "good.pyc").mkdir()

    with pytest.raises(SystemExit, match="1"):
        _compiler.run(work)
    assert "good.pyc" in capfd.readouterr().err
