"""An environment holds what the lock says, checked, or it is not made at all."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import (
    EnvError,
    FetchError,
    HashMismatchError,
    InterpreterError,
    NoxlockError,
    PlanError,
    StoreError,
)
from support.workshop import ask, direct_url

if TYPE_CHECKING:
    from support.workshop import Workshop

VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]

METADATA = "__import__('importlib.metadata').metadata"
NAMES = f"sorted(d.metadata['Name'] for d in {METADATA}.distributions())"
PREFIX = "__import__('sys').prefix"
PYTHON = "'%d.%d' % __import__('sys').version_info[:2]"


def test_an_environment_holds_exactly_what_the_lock_names(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.add_wheel("beta==2.0")
    built = shop.build()
    assert ask(built, NAMES) == ["alpha", "beta"]
    assert ask(built, PREFIX) == str(shop.root / ".nox/demo")
    assert (built.reused, built.reason) == (False, "new")
    assert [(p.name, p.version, p.built) for p in built.packages] == [
        ("alpha", "1.0", False),
        ("beta", "2.0", False),
    ]
    assert shop.talk.said[0] == "demo: 2 packages: 0 stored, 2 to fetch"
    assert "2 packages, made in" in shop.talk.said[-1]


@pytest.mark.slow
@pytest.mark.interpreters
@pytest.mark.parametrize("version", VERSIONS)
def test_each_cpython_since_3_8_gets_an_environment(
    shop: Workshop, version: str
) -> None:
    shop.add_wheel("alpha==1.0")
    try:
        built = shop.build(python=version)
    except InterpreterError as error:
        pytest.skip(str(error))
    assert ask(built, f"[{NAMES}, {PYTHON}]") == [["alpha"], version]


def test_a_second_environment_fetches_nothing(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.build()
    shop.build(prefix=shop.root / ".nox/other")
    assert shop.downloads == 1


def test_a_fresh_environment_forgets_what_was_added_to_the_last(
    shop: Workshop,
) -> None:
    shop.add_wheel("alpha==1.0")
    built = shop.build()
    (built.prefix / "junk").write_text("junk")
    again = shop.build()
    assert not (built.prefix / "junk").exists()
    assert again.reason == "a fresh one was asked for"


def test_a_fresh_environment_takes_over_what_is_right_in_the_last(
    shop: Workshop,
) -> None:
    shop.add_wheel("alpha==1.0", entry_points={"console_scripts": {"a": "alpha:x"}})
    shop.add_wheel("beta==1.0")
    made = shop.build()
    site = made.prefix / f"lib/python{_minor()}/site-packages"
    kept, other = site / "alpha/__init__.py", site / "beta/__init__.py"
    before = [path.stat().st_ctime_ns for path in (kept, other)]
    assert kept.stat().st_nlink == 2
    (site / "junk").mkdir()
    (made.prefix / "bin/junk").write_text("")

    del shop.locked["beta"]
    shop.add_wheel("beta==2.0")
    again = shop.build()
    after = [path.stat().st_ctime_ns for path in (kept, other)]
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)
    assert not (site / "junk").exists()
    assert sorted(p.name for p in (made.prefix / "bin").iterdir()) == sorted(
        ["a", "activate", "python", "python3", f"python{_minor()}"]
    )
    assert ask(again, NAMES) == ["alpha", "beta"]
    assert shop.build(reuse=True).reused


def test_an_unaltered_environment_is_reused(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0", entry_points={"console_scripts": {"a": "alpha:x"}})
    made = shop.build()
    ask(made, "__import__('alpha').__version__")
    (made.prefix / "tmp").mkdir()  # nox's own create_tmp
    (made.prefix / "tmp/file").write_text("")
    kept = shop.build(reuse=True)
    assert (kept.reused, kept.reason) == (True, "nothing changed")
    assert kept.packages == made.packages


def test_a_changed_plan_is_told_and_made(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.build()
    shop.add_wheel("alpha==1.1")
    built = shop.build(reuse=True)
    assert built.reason == "plan changed: alpha 1.0 -> 1.1"
    assert "demo: made anew: plan changed: alpha 1.0 -> 1.1" in shop.talk.said
    shop.add_wheel("beta==1.0")
    shop.add_wheel("gamma==1.0")
    assert shop.build(reuse=True).reason == "plan changed: beta 1.0 added and 1 more"
    del shop.locked["gamma"]
    assert shop.build(reuse=True).reason == "plan changed: gamma removed"
    shop.add_wheel("beta==1.0", files={"beta.py": "other = 1"})
    assert shop.build(reuse=True).reason == "plan changed: beta 1.0, other file"


def test_an_altered_prefix_is_not_reused(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    file = shop.build().prefix / f"lib/python{_minor()}/site-packages/alpha/__init__.py"
    file.unlink()
    assert shop.build(reuse=True).reason == "alpha/__init__.py was removed"
    file.unlink()
    file.write_text("other")
    assert shop.build(reuse=True).reason == "alpha/__init__.py was altered"
    (file.parent / "more.py").write_text("")
    assert shop.build(reuse=True).reason == "alpha/more.py was added"
    assert shop.build(reuse=True).reused


def _minor() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.mark.slow
@pytest.mark.interpreters
def test_another_interpreter_is_not_reused(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.build()
    try:
        built = shop.build(python="3.12", reuse=True)
    except InterpreterError as error:
        pytest.skip(str(error))
    assert built.reason.startswith("interpreter changed: 3.")


def test_a_build_that_was_killed_is_no_environment(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    (shop.build().prefix / ".noxlock.json").unlink()
    built = shop.build(reuse=True)
    assert built.reason == "the last build did not finish"


DYING = """
import dataclasses, json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from noxlock.store.store import Store
from support.index_server import IndexServer
from support.workshop import Workshop

class Dying(Store):
    def link(self, *arguments, **more):
        super().link(*arguments, **more)
        os.kill(os.getpid(), 9)

shop = Workshop(tmp=Path(sys.argv[2]), server=IndexServer(files={}, options={}))
shop.locked = json.loads(sys.argv[3])
builder = dataclasses.replace(shop.builder(), store=Dying(shop.store.root))
builder.build(shop.request())
"""


def test_a_kill_at_any_moment_leaves_a_prefix_that_the_next_run_makes(
    shop: Workshop,
) -> None:
    """The child dies inside linking, by a signal that nobody can catch."""
    shop.add_wheel("alpha==1.0")
    shop.add_wheel("beta==1.0")
    shop.build()
    support = Path(__file__).parents[1]
    arguments = [str(support), str(shop.tmp), json.dumps(shop.locked)]
    died = subprocess.run([sys.executable, "-c", DYING, *arguments], check=False)
    assert died.returncode == -9
    built = shop.build(reuse=True)
    assert built.reason == "the last build did not finish"
    assert ask(built, NAMES) == ["alpha", "beta"]


def test_one_swapped_byte_on_the_index_is_refused(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.server.options["wrong_bytes"] = ("alpha-1.0-py3-none-any.whl",)
    with pytest.raises(HashMismatchError):
        shop.build()
    assert not (shop.root / ".nox/demo").exists()


def test_one_swapped_byte_in_the_store_is_refused(shop: Workshop) -> None:
    sha256 = shop.add_wheel("alpha==1.0")
    kept = shop.build()
    stored = shop.store.places.wheel(sha256) / "files/alpha/__init__.py"  # type: ignore[arg-type]
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"1", b"2"))
    with pytest.raises(StoreError, match="alpha"):
        shop.build(prefix=kept.prefix.with_name("other"))


def test_offline_uses_the_store_and_names_what_it_lacks(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    shop.build()
    assert shop.build(offline=True).reason == "a fresh one was asked for"
    shop.add_wheel("beta==1.0")
    with pytest.raises(FetchError, match=r"lacks 1 artifact, .*beta-1.0-py3") as info:
        shop.build(offline=True)
    assert info.value.hint == "run once without --offline"
    assert (shop.root / ".nox/demo/.noxlock.json").exists()


def test_a_foreign_target_can_be_planned_but_not_made(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    with pytest.raises(PlanError, match=r"for win-64 cannot be made on") as info:
        shop.build(environment={"target": "win-64"})
    assert "noxlock plan --target win-64" in str(info.value.hint)


def test_a_variant_of_this_machine_is_made(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    here = shop.build().interpreter.target.subdir
    built = shop.build(environment={"target": f"{here}-cuda"}, reuse=True)
    assert built.plan.target.name == f"{here}-cuda"


def test_what_is_no_environment_is_never_removed(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    (shop.root / "notes.txt").write_text("keep me")
    with pytest.raises(EnvError, match="no environment"):
        shop.build(prefix=shop.root)
    assert (shop.root / "notes.txt").read_text() == "keep me"


def test_two_runs_make_one_environment_one_after_the_other(shop: Workshop) -> None:
    shop.add_wheel("alpha==1.0")
    errors: list[NoxlockError] = []

    def make() -> None:
        try:
            shop.build(reuse=True)
        except NoxlockError as error:  # pragma: no cover - the failure to be seen
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert shop.downloads == 1
    assert shop.build(reuse=True).reused


def test_the_lock_names_the_index(shop: Workshop) -> None:
    source = f'[package.source]\ntype = "legacy"\nurl = "{shop.server.url}"\n'
    source += 'reference = "own"\n'
    shop.add_wheel("alpha==1.0", entry=source)
    builder = shop.builder(PIP_INDEX_URL="http://127.0.0.1:9/simple/")
    assert builder.build(shop.request()).packages[0].name == "alpha"


def test_a_fixed_address_is_recorded_as_pep_610_says(shop: Workshop) -> None:
    digest = shop.add_wheel("alpha==1.0")
    url = shop.server.file_url("alpha-1.0-py3-none-any.whl")
    shop.locked["alpha"] = shop.locked["alpha"].replace(
        "files =", f'source = {{type = "url", url = "{url}"}}\nfiles ='
    )
    built = shop.build()
    assert direct_url(built, "alpha") == {
        "url": url,
        "archive_info": {"hash": f"sha256={digest}", "hashes": {"sha256": digest}},
    }
