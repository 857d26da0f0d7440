"""Declaring in the noxfile itself, and what a noxfile that is wrong says."""

from __future__ import annotations

import runpy
import subprocess
import sys
from typing import TYPE_CHECKING

import nox.registry
import pytest

import noxlock
from noxlock import model
from noxlock.nox_plugin import api
from noxlock.nox_plugin.noxfile import Noxfile
from support.nox_project import NoxProject

if TYPE_CHECKING:
    from pathlib import Path

    import msgspec

WHOLE = """
import noxlock

cpu = noxlock.Environment(pypi="poetry.lock", groups=["main"], only_binary=True)
named = noxlock.environment("named", pypi="poetry.lock")
noxlock.session("test", environment=cpu, run="tool {posargs:one}", allow_parallel=False)
noxlock.session("again", environment=named, run=["tool two"], requires=["test"])
noxlock.check(
    "sum",
    environment={"pypi": "poetry.lock"},
    run="tool {outputs}",
    outputs={"a.npy": {"rtol": 1e-9}},
)
noxlock.check("more", environment="named", run="tool {outputs}", outputs={"b": {}})
still = noxlock.profile("still", base="portable", hash_seed=3)
noxlock.check(
    "most",
    environment=named,
    run="tool {outputs}",
    outputs={"b": {}},
    profile=still,
    vary={"hash_seed": [1], "file-order": ["reversed"]},
    baseline_store={"url": "s3://bucket/a", "above": 1000},
    inputs=["data/*.csv"],
    repeat=2,
)
noxlock.lock("poetry.lock", source="pyproject.toml")
noxlock.lock("locks/poetry.lock", source="locks/pyproject.toml")
"""


def test_a_noxfile_declares_without_files(project: NoxProject) -> None:
    project.write({"noxfile.py": WHOLE})

    listed = project.nox("-l")
    ran = project.nox("-s", "again")

    assert listed.status == 0, listed.err
    assert listed.err == ""
    assert [line for line in listed.out.splitlines() if line[:2] in {"* ", "- "}] == [
        "* test -> Run `tool one` in poetry.lock (CPython 3; main)",
        "* again -> Run `tool two` in named (CPython 3; main)",
        "- repro -> Run every check: sum, more, most; `-- --accept` records baselines",
        (
            "- repro(sum) -> Rerun `tool {outputs}` in poetry.lock (CPython 3; main),"
            " compare with repro/sum"
        ),
        "- why(sum) -> Find the package changes that make sum drift, and prove it",
        (
            "- repro(more) -> Rerun `tool {outputs}` in named (CPython 3; main),"
            " compare with repro/more"
        ),
        "- why(more) -> Find the package changes that make more drift, and prove it",
        (
            "- repro(most) -> Rerun `tool {outputs}` in named (CPython 3; main),"
            " compare with repro/most"
        ),
        "- why(most) -> Find the package changes that make most drift, and prove it",
        (
            "- lock -> Lock again: poetry.lock from pyproject.toml, locks/poetry.lock"
            " from locks/pyproject.toml; `-- --check` only checks, `-- --update NAME`"
            " one"
        ),
        (
            "- update -> Update the locks as far as tests pass and results hold;"
            " `-- NAME` less"
        ),
    ]
    assert ran.status == 0, ran.err
    assert [line.partition(" in ")[0] for line in ran.tool] == [
        'tool 1.0 ["one"]',
        'tool 1.0 ["two"]',
    ]


@pytest.mark.parametrize(
    ("call", "messages"),
    [
        (
            'noxlock.Environment(pypi="poetry.lock", group=["main"])',
            [
                (
                    "error: noxfile.py:3: environments.environment.group: unknown key;"
                    " known here: allow-md5, conda, extras, groups, link-scripts,"
                    " only-binary, project, pypi, python, target"
                ),
                "hint: did you mean `groups`?",
            ],
        ),
        (
            'noxlock.environment("cpu", pypi="poetry.lock", python=3.11)',
            [
                (
                    "error: noxfile.py:3: environments.cpu.python: expected a string or"
                    " a list of strings, found the number `3.11`"
                ),
            ],
        ),
        (
            'noxlock.session(\n    "test",\n    environment="cpu",\n    run="x",\n)',
            [
                (
                    "error: noxfile.py:3: sessions.test.environment: unknown"
                    " environment `cpu`; known: none"
                ),
            ],
        ),
        (
            'noxlock.check("c", environment={"pypi": "x"}, run="y", outputs={"a": {}})',
            [
                (
                    "error: noxfile.py:3: checks.c.run: no command uses `{outputs}`,"
                    " the folder that the check reads"
                ),
                "hint: for example `--out {outputs}`",
            ],
        ),
        (
            'noxlock.lock("/poetry.lock")',
            [
                (
                    'error: noxfile.py:3: locks."/poetry.lock": `/poetry.lock` is not'
                    " relative"
                ),
                "hint: name it relative to the project's folder",
            ],
        ),
        (
            'noxlock.load("nowhere")',
            ["error: nowhere: there is no such folder of definitions"],
        ),
        (
            'noxlock.load("empty")',
            [
                (
                    "error: empty: the folder holds no definitions (*.yml, *.yaml,"
                    " *.toml, *.json)"
                )
            ],
        ),
        (
            'noxlock.load("bad/a.yml")',
            [
                (
                    "error: bad/a.yml:1: sesions: unknown key; known here: checks,"
                    " environments, locks, profiles, sessions"
                ),
                "hint: did you mean `sessions`?",
            ],
        ),
        (
            'noxlock.load("bad")',
            [
                "error: 2 problems in the definitions",
                (
                    "  bad/a.yml:1: sesions: unknown key; known here: checks,"
                    " environments, locks, profiles, sessions"
                    " (did you mean `sessions`?)"
                ),
                (
                    "  bad/b.toml:1: not TOML: Expected '=' after a key in a key/value"
                    " pair"
                ),
            ],
        ),
        (
            (
                "@nox.session\ndef docs(session): pass\n"
                '@nox.session(python=["3.10"])\ndef more(session): pass\n'
                'noxlock.load("good")\nnoxlock.load("good")'
            ),
            [
                (
                    "error: good/a.yml:1: sessions.test: `test` is declared in"
                    " good/a.yml:1 already"
                )
            ],
        ),
        (
            (
                "@nox.session\ndef test(session): pass\n"
                'noxlock.session("test", environment={"pypi": "x"}, run="y")'
            ),
            [
                (
                    "error: noxfile.py:5: sessions.test: the noxfile has a session"
                    " `test` already"
                )
            ],
        ),
    ],
)
def test_a_noxfile_that_is_wrong_says_where_and_ends_with_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: str,
    messages: list[str],
) -> None:
    project = NoxProject(root=tmp_path)
    good = (
        "sessions:"
        " {test: {environment: {pypi: x}, run: y, requires: [docs, more-3.10]}}"
    )
    project.write(
        {
            "noxfile.py": f"import nox\nimport noxlock\n{call}\n",
            "empty/schema.json": "{}",
            "empty/notes.txt": "",
            "bad/a.yml": "sesions: {}",
            "bad/b.toml": "x",
            "good/a.yml": good,
        }
    )

    monkeypatch.chdir(tmp_path)  # as nox does before it loads a noxfile
    monkeypatch.setattr(Noxfile, "current", None)
    nox.registry.reset()
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(tmp_path / "noxfile.py"))

    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == messages
    assert said.out == ""


def test_what_files_require_of_the_noxfile_must_stand_above(
    project: NoxProject,
) -> None:
    project.write(
        {
            "sessions/a.yml": "sessions:"
            " {t: {environment: {pypi: x}, run: y, requires: [z]}}"
        }
    )

    ran = project.nox("-l")

    assert ran.status == 2
    assert (
        "error: sessions/a.yml:1: sessions.t.requires[0]: unknown session `z`"
        in ran.err
    )


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (api.EnvironmentFields, model.Environment),
        (api.SessionFields, model.Session),
        (api.CheckFields, model.Check),
        (api.ProfileFields, model.ProfileDefinition),
        (api.VaryFields, model.Vary),
    ],
)
def test_the_keywords_are_the_models_fields(
    fields: type, kind: type[msgspec.Struct]
) -> None:
    assert tuple(fields.__annotations__) == kind.__struct_fields__


def test_the_public_names_are_there_and_no_others() -> None:
    assert dir(noxlock) == sorted(noxlock.__all__)
    for name in noxlock.__all__:
        assert callable(getattr(noxlock, name))
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        noxlock.lode  # noqa: B018


def test_importing_noxlock_imports_nothing_heavy() -> None:
    code = (
        "import sys, noxlock, noxlock.model, noxlock.definitions;"
        "print([m for m in ('nox', 'numpy', 'rich', 'httpx2', 'virtualenv')"
        " if m in sys.modules])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "[]\n"


def test_listing_sessions_imports_nothing_that_reads_locks() -> None:
    code = (
        "import sys, noxlock.nox_plugin;"
        "print([m for m in ('noxlock.locks', 'poetry.core', 'rattler', 'unearth',"
        " 'virtualenv') if m in sys.modules])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "[]\n"
