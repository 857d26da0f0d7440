"""The probe in real processes: it sees what they do, and they do not see it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.interpreters import bare_venv, installed, running
from support.probing import Subject
from support.workshop import write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Warned


@pytest.fixture(name="subject")
def _subject(tmp_path: Path) -> Subject:
    return Subject(folder=tmp_path)


def told(warnings: tuple[Warned, ...]) -> list[tuple[str, str, int]]:
    return [(each.category, each.message, each.count) for each in warnings]


WARN = """
import warnings
class Ours(UserWarning): pass
for number in range(3):
    warnings.warn("once here")
warnings.simplefilter("always")
for number in range(2):
    warnings.warn("it did not converge", Ours)
warnings.simplefilter("ignore")
warnings.warn("hidden")
"""


def test_what_the_filters_let_through_is_counted(subject: Subject) -> None:
    found = subject.run("-c", WARN)
    assert told(found.warnings) == [
        ("UserWarning", "once here", 1),
        ("__main__.Ours", "it did not converge", 2),
    ]
    assert subject.printed.count("did not converge") == 2


def test_a_warning_ends_where_its_words_do(subject: Subject) -> None:
    message = "it failed:\\nSTOP: ITERATIONS REACHED LIMIT.\\n\\nIncrease the number"
    found = subject.run("-c", f"import warnings; warnings.warn('{message}')")
    said = "it failed:\nSTOP: ITERATIONS REACHED LIMIT."
    assert told(found.warnings) == [("UserWarning", said, 1)]


@pytest.mark.parametrize(
    "hiding",
    [
        "warnings.showwarning = lambda *a, **k: None; warnings.warn('lost')",
        "import logging; logging.captureWarnings(True); warnings.warn('lost')",
        "warnings.catch_warnings(record=True).__enter__(); warnings.warn('lost')",
    ],
)
def test_a_warning_that_the_program_hides_is_seen(
    subject: Subject, hiding: str
) -> None:
    found = subject.run("-c", f"import warnings; {hiding}")
    assert told(found.warnings) == [("UserWarning", "lost", 1)]
    assert "probe" not in subject.printed


def test_a_message_has_no_path_and_no_address_of_this_machine(subject: Subject) -> None:
    text = "in /home/me/data/x.csv at 0x7f00aa11, see https://example.org/a/b/c"
    found = subject.run("-c", f"import warnings; warnings.warn({text!r})")
    assert found.warnings[0].message == (
        "in x.csv at 0x..., see https://example.org/a/b/c"
    )


def test_a_warning_that_is_none_fails_as_ever(subject: Subject) -> None:
    code = (
        "import warnings\n"
        "try: warnings._showwarnmsg(None)\n"
        "except AttributeError: print('as ever')"
    )
    assert subject.run("-c", code).warnings == ()
    assert subject.printed == "as ever\n"


PATHS = "import sys; print([e for e in sys.path if 'probe' in e])"


def test_a_program_sees_nothing_of_it(subject: Subject) -> None:
    assert subject.run("-c", PATHS).ran
    assert subject.printed == "[]\n"


def test_the_environments_own_sitecustomize_runs_too(
    subject: Subject, tmp_path: Path
) -> None:
    write_tree(tmp_path / "own", {"sitecustomize.py": "print('own')"})
    found = subject.run(
        "-c",
        "import sitecustomize; print(sitecustomize.__file__)",
        PYTHONPATH=str(tmp_path / "own"),
    )
    assert found.ran
    own = str(tmp_path / "own" / "sitecustomize.py")
    assert subject.printed.splitlines() == ["own", own]


def test_a_broken_sitecustomize_breaks_as_without_the_probe(
    subject: Subject, tmp_path: Path
) -> None:
    write_tree(tmp_path / "own", {"sitecustomize.py": "import no_such_module"})
    found = subject.run("-c", "print(1)", PYTHONPATH=str(tmp_path / "own"))
    assert found.ran
    assert "No module named 'no_such_module'" in subject.printed


def test_modules_and_console_scripts_are_seen(subject: Subject, tmp_path: Path) -> None:
    assert subject.run("-m", "this").ran
    script = tmp_path / "script"
    script.write_text(f"#!{sys.executable}\nimport json\n")
    script.chmod(0o755)
    assert subject.command([str(script)], {}).ran


def test_what_pytest_collects_is_seen(subject: Subject, tmp_path: Path) -> None:
    code = "import warnings\ndef test_it(): warnings.warn('in a test')"
    write_tree(tmp_path, {"test_it.py": code, "pytest.ini": "[pytest]"})
    found = subject.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    assert ("UserWarning", "in a test", 1) in told(found.warnings)
    assert "pytest" in found.loaded


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_a_python_that_ignores_its_surroundings_bypasses_it(
    subject: Subject, flag: str
) -> None:
    found = subject.run(flag, "-c", "pass")
    assert (found.ran, found.loaded, dict(found.effective)) == (False, (), {})


def test_a_program_that_fails_is_seen_as_well(subject: Subject) -> None:
    assert subject.run("-c", "raise SystemExit(3)", status=3).ran


def test_one_that_ends_at_once_is_not(subject: Subject) -> None:
    assert not subject.run("-c", "import os; os._exit(0)").ran


FORKED = """
import multiprocessing, os, sys, warnings
def work(number):
    import json
    warnings.warn("from a worker")
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    workers = [context.Process(target=work, args=(n,)) for n in range(2)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_are_seen(
    subject: Subject, tmp_path: Path, method: str
) -> None:
    (tmp_path / "work.py").write_text(FORKED)
    found = subject.run("work.py", method)
    assert told(found.warnings) == [("UserWarning", "from a worker", 2)]


def test_a_worker_of_a_worker_is_counted_once(subject: Subject, tmp_path: Path) -> None:
    nest = (
        "if number == 0:\n"
        "        child = context.Process(target=work, args=(1,))\n"
        "        child.start(); child.join()"
    )
    nested = FORKED.replace("import json", nest)
    (tmp_path / "work.py").write_text(nested)
    found = subject.run("work.py", "fork")
    assert told(found.warnings) == [("UserWarning", "from a worker", 3)]


def test_a_child_that_was_forked_tells_its_own_only(subject: Subject) -> None:
    code = (
        "import os, warnings; warnings.warn('parent')\n"
        "pid = os.fork()\n"
        "if pid: os.waitpid(pid, 0)\n"
        "else: warnings.warn('child')"
    )
    found = subject.run("-c", code, PYTHONWARNINGS="default")
    assert told(found.warnings) == [
        ("UserWarning", "child", 1),
        ("UserWarning", "parent", 1),
    ]


def test_pythons_of_other_environments_are_left_out(
    subject: Subject, tmp_path: Path
) -> None:
    other = bare_venv(tmp_path / "other", running())
    found = subject.command([str(other), "-c", "pass"], {})
    assert not found.ran
    subject.prefix = tmp_path / "other"
    assert subject.command([str(other), "-c", "pass"], {}).ran


LIST = """
import glob, os, pathlib, shutil
print(*os.listdir("many"))
print(*os.listdir(b"many")[0:1])
with os.scandir("many") as entries: print(*(entry.name for entry in entries))
print(*(path.name for path in pathlib.Path("many").iterdir()))
print(*(os.path.basename(path) for path in glob.glob("many/*")))
print(*(name for _, _, names in os.walk("many") for name in names))
shutil.rmtree("many")
"""


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("sorted", "a b c d e"),
        ("reversed", "e d c b a"),
        ("shuffled", None),
    ],
)
def test_files_are_listed_in_the_order_asked_for(
    subject: Subject, tmp_path: Path, order: str, names: str | None
) -> None:
    write_tree(tmp_path / "many", dict.fromkeys("dbeca", ""))
    found = subject.run("-c", LIST, NOXLOCK_FILE_ORDER=order)
    first, binary, *rest = subject.printed.splitlines()
    assert set(rest) == {first}
    assert binary == f"b'{first[0]}'"
    assert names in {None, first}
    assert sorted(first.split()) == list("abcde")
    assert found.effective["file order"] == order


def test_an_order_that_is_none_changes_nothing(subject: Subject) -> None:
    found = subject.run("-c", "import os; os.listdir()", NOXLOCK_FILE_ORDER="odd")
    assert "file order" not in found.effective


TORCH = """
print("imported torch")
class cudnn: benchmark = True
class backends: pass
backends.cudnn = cudnn
state = [False, None]
def use_deterministic_algorithms(mode, *, warn_only=False): state[:] = [mode, warn_only]
def are_deterministic_algorithms_enabled(): return state[0]
"""


@pytest.mark.parametrize(
    ("asked", "state"),
    [("1", "[True, False] False"), ("warn", "[True, True] False"), ("0", None)],
)
def test_torch_is_made_deterministic_once_it_is_imported(
    subject: Subject, tmp_path: Path, asked: str, state: str | None
) -> None:
    write_tree(tmp_path, {"torch/__init__.py": TORCH})
    code = "import json, torch, torch; print(torch.state, torch.cudnn.benchmark)"
    found = subject.run("-c", code, NOXLOCK_TORCH_DETERMINISTIC=asked)
    off = "[False, None] True"
    assert subject.printed == f"imported torch\n{state or off}\n"
    assert found.effective["torch deterministic"] == ("yes" if state else "no")


def test_a_torch_that_is_not_there_or_is_odd_is_left_alone(
    subject: Subject, tmp_path: Path
) -> None:
    code = "try:\n    import torch\nexcept ImportError: print('none')"
    subject.run("-c", code, NOXLOCK_TORCH_DETERMINISTIC="1")
    assert subject.printed == "none\n"
    write_tree(tmp_path, {"torch.py": ""})
    subject.run("-c", "import torch", NOXLOCK_TORCH_DETERMINISTIC="1")
    assert subject.printed == ""


def test_a_full_disk_or_a_removed_folder_disturbs_nobody(
    subject: Subject, tmp_path: Path
) -> None:
    code = f"import shutil; shutil.rmtree({str(tmp_path / 'probe' / 'found')!r})"
    assert not subject.run("-c", code).ran
    assert subject.printed == ""


@pytest.mark.interpreters
@pytest.mark.parametrize(
    "minor", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]
)
def test_every_python_since_3_8_answers(tmp_path: Path, minor: str) -> None:
    python = bare_venv(tmp_path / "env", installed(minor))
    subject = Subject(folder=tmp_path, python=str(python), prefix=tmp_path / "env")
    write_tree(tmp_path, {"many/a": "", "many/b": "", "work.py": FORKED})
    code = "import warnings; warnings.showwarning = print; warnings.warn('seen')\n"
    code = code.replace("print", "lambda *a, **k: None") + LIST
    found = subject.run(
        "-c", code, NOXLOCK_FILE_ORDER="reversed", PYTHONHASHSEED="7", TZ="UTC"
    )
    assert told(found.warnings) == [("UserWarning", "seen", 1)]
    assert set(subject.printed.splitlines()) == {"b a", "b'b'"}
    assert found.effective["python"].startswith(minor)
    assert found.effective["hash seed"] == "7"
    assert subject.run("work.py", "fork").warnings[0].count == 2


def test_a_start_loads_little_more(tmp_path: Path) -> None:
    """What it loads is what a start takes longer by: a millisecond or two."""
    subject = Subject(folder=tmp_path)
    code = "import sys; print(len(sys.modules))"
    subject.run("-c", code)
    command = [sys.executable, "-c", code]
    plain = subprocess.run(command, capture_output=True, check=True)
    assert int(subject.printed) - int(plain.stdout) < 12
