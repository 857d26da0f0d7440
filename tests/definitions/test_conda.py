"""Conda locks, environments of conda packages, and GPUs, as definitions have them."""

from __future__ import annotations

import datetime as dt

import pytest

from noxlock.definitions import load_definitions, merge, parse_call, validate
from noxlock.definitions.locks import LockKind, kind_of_lock
from noxlock.errors import DefinitionError
from noxlock.model import Environment, Gpu, LockDefinition

HEAD = "environments: {cpu: {pypi: poetry.lock}}\n"


def test_a_conda_lock_says_what_it_is_made_from_and_for() -> None:
    text = """
locks:
  conda-lock.yml:
    from: [environment.yml, dev.yml]
    targets: [linux-64, osx-arm64]
    virtual-packages: {__cuda: "12.4"}
    explicit: true
    exclude-newer: 2026-01-31
  cuda.conda-lock.yml:
    from: environment.yml
    targets: [linux-64-cuda]
    virtual-packages: virtual-packages.yml
"""

    locks = load_definitions({"a.yml": text.encode()}).locks

    assert locks["conda-lock.yml"] == LockDefinition(
        source=("environment.yml", "dev.yml"),
        targets=("linux-64", "osx-arm64"),
        virtual_packages={"__cuda": "12.4"},
        explicit=True,
        exclude_newer="2026-01-31",
    )
    assert locks["conda-lock.yml"].sources == ("environment.yml", "dev.yml")
    assert locks["cuda.conda-lock.yml"].sources == ("environment.yml",)


def test_a_date_is_a_date_in_toml_and_in_the_noxfile_too() -> None:
    toml = '[locks."c.yml"]\nfrom = "e.yml"\nexclude-newer = 2026-01-31T12:00:00Z'
    day = dt.date(2026, 1, 31)
    call = parse_call(
        "locks",
        "c.yml",
        {"from": "e.yml", "exclude-newer": day},
        file="noxfile.py",
        line=3,
    )

    found = load_definitions({"a.toml": toml.encode()}).locks["c.yml"]

    assert found.exclude_newer == "2026-01-31T12:00:00+00:00"
    assert call.definitions.locks["c.yml"].exclude_newer == "2026-01-31"
    validate(merge([call]).definitions)


def test_environments_are_of_conda_packages_of_wheels_or_both() -> None:
    text = """
environments:
  conda: {conda: conda-lock.yml, allow-md5: true, link-scripts: true}
  both: {conda: conda-lock.yml, pypi: poetry.lock, python: "3", target: linux-64-cuda}
sessions:
  test: {environment: both, run: pytest, gpu: require-in-ci}
checks:
  sum: {environment: conda, run: "a {outputs}", outputs: {a: {}}, gpu: skip}
"""

    found = load_definitions({"a.yml": text.encode()})

    assert found.environments["conda"] == Environment(
        conda="conda-lock.yml", allow_md5=True, link_scripts=True
    )
    assert found.environments["conda"].locks == ("conda-lock.yml",)
    assert found.environments["both"].locks == ("conda-lock.yml", "poetry.lock")
    assert found.sessions["test"].gpu is Gpu.REQUIRE_IN_CI
    assert found.checks["sum"].gpu is Gpu.SKIP


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("poetry.lock", LockKind.POETRY),
        ("sub/poetry.lock", LockKind.POETRY),
        ("conda-lock.yml", LockKind.CONDA),
        ("gpu.conda-lock.yaml", LockKind.CONDA),
        ("pylock.toml", None),
    ],
)
def test_the_name_of_a_lock_tells_its_kind(name: str, kind: LockKind | None) -> None:
    assert kind_of_lock(name) is kind


@pytest.mark.parametrize(
    ("lock", "key", "message", "hint"),
    [
        (
            "poetry.lock: {targets: [linux-64]}",
            "targets",
            "is for conda locks: Poetry makes one lock for every platform",
            "leave it out",
        ),
        (
            "poetry.lock: {explicit: true}",
            "explicit",
            "is for conda locks: Poetry makes one lock for every platform",
            "leave it out",
        ),
        (
            "poetry.lock: {from: [a.toml, b.toml]}",
            "from",
            "a poetry.lock is made from one pyproject.toml",
            "`from: pyproject.toml`",
        ),
        (
            "conda.lock: {exclude-newer: 2026-01-01}",
            "exclude-newer",
            "is for conda locks, whose names end in .yml",
            "call it conda-lock.yml, or NAME.conda-lock.yml",
        ),
        (
            "conda.lock: {from: environment.yml}",
            "",
            "a conda lock's name ends in .yml or .yaml",
            "call it conda-lock.yml, or NAME.conda-lock.yml",
        ),
        (
            "c.yml: {}",
            "from",
            "a conda lock is not made from `pyproject.toml`",
            "for example `from: environment.yml`",
        ),
        (
            "c.yml: {from: []}",
            "from",
            "a conda lock is made from a file",
            "for example `from: environment.yml`",
        ),
        (
            "c.yml: {from: ['']}",
            "from[0]",
            "the name of a file is needed",
            "for example `from: environment.yml`",
        ),
        (
            "c.yml: {from: e.yml, targets: [linux-46]}",
            "targets[0]",
            (
                "unknown target `linux-46`; known: linux-64, linux-aarch64,"
                " linux-ppc64le, osx-64, osx-arm64, win-64"
            ),
            "did you mean `linux-64`?",
        ),
        (
            "c.yml: {from: e.yml, targets: [linux-64, linux-64-cuda]}",
            "targets[1]",
            "`linux-64` and `linux-64-cuda` cannot be in one lock",
            "a lock holds one variant of a platform: declare another lock",
        ),
        (
            "c.yml: {from: e.yml, targets: [linux-64, linux-64]}",
            "targets[1]",
            "`linux-64` stands twice",
            None,
        ),
        (
            "c.yml: {from: e.yml, exclude-newer: yesterday}",
            "exclude-newer",
            "`yesterday` is no date",
            "write 2026-01-31, or 2026-01-31T12:00:00Z",
        ),
        (
            "c.yml: {from: e.yml, virtual-packages: ''}",
            "virtual-packages",
            "the name of a file is needed",
            "for example virtual-packages.yml",
        ),
        (
            "c.yml: {from: e.yml, virtual-packages: {cuda: '12'}}",
            "virtual-packages.cuda",
            "no virtual package is called so",
            "their names begin with `__`: `__cuda`",
        ),
        (
            "c.yml: {from: e.yml, virtual-packages: {__cuda: new}}",
            "virtual-packages.__cuda",
            "`new` is no version",
            'for example "12.4"',
        ),
        (
            "c.yml: {from: e.yml, virtual-packages: {__cuda: 12.4}}",
            "virtual-packages.__cuda",
            "expected a string, found the number `12.4`",
            'quote it: "12.4"',
        ),
    ],
)
def test_what_a_lock_cannot_be(
    lock: str, key: str, message: str, hint: str | None
) -> None:
    name = lock.partition(":")[0]
    path = f'locks."{name}"' + (f".{key}" if key else "")

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": f"locks:\n  {lock}\n".encode()})

    assert str(caught.value) == f"a.yml:2: {path}: {message}"
    assert caught.value.hint == hint


def test_a_list_of_entries_may_be_no_table() -> None:
    with pytest.raises(DefinitionError, match=r"locks\.\"c\.yml\": expected a table"):
        load_definitions({"a.yml": b"locks: {c.yml: e.yml}"})


@pytest.mark.parametrize(
    ("environment", "key", "message", "hint"),
    [
        (
            "{}",
            "",
            "a lock is needed: `pypi`, `conda`, or both",
            "for example `pypi: poetry.lock`",
        ),
        ("{conda: ''}", ".conda", "the name of a lock file is needed", None),
        *(
            (
                f"{{pypi: poetry.lock, python: '{text}'}}",
                ".python",
                f"`{text}` is no version and no path",
                "write 3.11, 3.11.7 or the path of an interpreter",
            )
            for text in (">=3.9", "2.7", "3.x", "pypy")
        ),
        (
            "{conda: c.yml, python: /usr/bin/python}",
            ".python",
            "with `conda`, the lock brings the python: only its version can be said",
            "leave it out, or write 3.11",
        ),
        (
            "{conda: c.yml, python: ['3.11', '3.12']}",
            ".python",
            "with `conda`, the lock brings the python: there is but one",
            "declare an environment for each lock",
        ),
        (
            "{conda: c.yml, target: linux-64-}",
            ".target",
            (
                "unknown target `linux-64-`; known: auto, linux-64, linux-aarch64,"
                " linux-ppc64le, osx-64, osx-arm64, win-64"
            ),
            "did you mean `linux-64`?",
        ),
        (
            (
                "{conda: cuda.yml, target: linux-64}\nlocks:\n  cuda.yml: {from: e.yml,"
                " targets: [linux-64-cuda]}"
            ),
            ".target",
            "cuda.yml is not for linux-64, only for linux-64-cuda",
            "did you mean `linux-64-cuda`?",
        ),
        (
            "{pypi: poetry.lock, allow-md5: true}",
            ".allow-md5",
            "is for environments with `conda`",
            "leave it out",
        ),
        (
            "{pypi: poetry.lock, link-scripts: true}",
            ".link-scripts",
            "is for environments with `conda`",
            "leave it out",
        ),
    ],
)
def test_what_an_environment_cannot_be(
    environment: str, key: str, message: str, hint: str | None
) -> None:
    text = f"environments:\n  one: {environment}"

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": text.encode()})

    assert str(caught.value) == f"a.yml:2: environments.one{key}: {message}"
    assert caught.value.hint == hint


def test_an_unknown_gpu_need_is_told_what_there_is() -> None:
    text = HEAD + "sessions: {t: {environment: cpu, run: x, gpu: required}}"

    with pytest.raises(DefinitionError) as caught:
        load_definitions({"a.yml": text.encode()})

    assert str(caught.value) == (
        "a.yml:2: sessions.t.gpu: unknown value `required`; known: skip, require,"
        " require-in-ci"
    )
    assert caught.value.hint == "did you mean `require`?"
