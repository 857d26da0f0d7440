"""What a session does to its environment does not reach the store, or is found out."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import find_interpreter, venv_python
from noxlock.errors import StoreError
from noxlock.workflows.pip import pip_wheel
from support.wheels import make_wheel
from support.workshop import ask

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.workflows.environments import BuiltEnvironment
    from support.workshop import Workshop

VERSION = "__import__('importlib.metadata').metadata.version('alpha')"
TEST = "import alpha\n\n\ndef test_it():\n    assert alpha.__file__\n"


@pytest.fixture(name="built")
def _built(shop: Workshop) -> BuiltEnvironment:
    shop.add_wheel("alpha==1.0")
    return shop.build()


def module(built: BuiltEnvironment) -> Path:
    (file,) = built.prefix.rglob("alpha/__init__.py")
    return file


def test_installed_files_refuse_to_be_written(built: BuiltEnvironment) -> None:
    assert module(built).stat().st_mode & 0o222 == 0


def test_an_edit_in_place_is_found_before_the_next_use(
    shop: Workshop, built: BuiltEnvironment
) -> None:
    """Whoever makes a linked file writable edits the store's own: that is refused."""
    file = module(built)
    assert file.stat().st_nlink > 1
    file.chmod(0o644)
    file.write_text(file.read_text() + "# edited\n")

    with pytest.raises(StoreError, match=r"alpha/__init__\.py: size changed") as caught:
        shop.build()
    assert "if you edited a file of an environment" in str(caught.value.hint)
    shop.store.verify(repair=True)
    assert shop.build().reason == "new"
    assert "edited" not in module(built).read_text()


def test_an_editor_that_replaces_a_file_leaves_the_store_alone(
    shop: Workshop, built: BuiltEnvironment
) -> None:
    file = module(built)
    text = file.read_text()
    file.unlink()
    file.write_text(f"{text}# edited\n")

    assert shop.store.verify().damaged == ()
    again = shop.build(reuse=True)
    assert again.reason == "alpha/__init__.py was altered"
    assert module(again).read_text() == text


def test_pip_in_an_environment_leaves_the_store_alone(
    shop: Workshop, built: BuiltEnvironment, tmp_path: Path
) -> None:
    name, data = make_wheel("alpha", "2.0")
    wheel = tmp_path / name
    wheel.write_bytes(data)
    pip = [
        str(venv_python(built.prefix)),
        str(pip_wheel(find_interpreter("3")) / "pip"),
    ]
    install = ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([*pip, *install], check=True)
    assert ask(built, VERSION) == "2.0"

    assert shop.store.verify().damaged == ()
    again = shop.build(reuse=True)
    assert not again.reused
    assert ask(again, VERSION) == "1.0"


def test_pytest_in_an_environment_leaves_the_store_alone(
    shop: Workshop, built: BuiltEnvironment
) -> None:
    """It writes its cache and rewritten tests beside the modules it collects."""
    folder = module(built).parent
    (folder / "test_alpha.py").write_text(TEST)
    environ = {"PYTHONPATH": str(folder.parent)}
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", ".", "test_alpha.py"]
    subprocess.run(command, check=True, cwd=folder, env=environ)
    assert (folder / ".pytest_cache").is_dir()

    assert shop.store.verify().damaged == ()
    assert "alpha" in shop.build(reuse=True).reason
    assert not (folder / ".pytest_cache").exists()


def test_bytecode_that_a_session_writes_is_its_own(
    shop: Workshop, built: BuiltEnvironment
) -> None:
    (folder,) = built.prefix.rglob("alpha")
    cached = list(folder.glob("__pycache__/*.pyc"))
    for file in cached:
        file.unlink()
    assert ask(built, "bool(__import__('alpha'))")
    (written,) = folder.glob("__pycache__/*.pyc")

    assert written.stat().st_nlink == 1
    assert shop.store.verify().damaged == ()
    assert shop.build(reuse=True).reused
