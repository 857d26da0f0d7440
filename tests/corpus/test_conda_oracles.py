"""Every conda lock of the corpus, against what conda-lock and rattler say of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from noxlock.errors import LockError
from noxlock.locks import is_conda_lock, parse_conda_lock, parse_lock
from noxlock.locks.explicit import in_order, render
from noxlock.model import Kind, VcsSource
from noxlock.plan import (
    LayersRequest,
    disagreements,
    parse_platform,
    plan_conda,
    plan_layers,
    platform_of,
    pypi_names,
)
from support.oracles import CORPUS, folders

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import (
        CondaLock,
        CondaPackage,
        LockedPackage,
        Plan,
        PlannedPackage,
    )

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

_EXPLICIT = re.compile(r"oracle-explicit-([\w-]+?)(\.nodev|\.extras)?\.txt")
_PIXI = re.compile(r"oracle-([\w-]+)\.([\w-]+)\.txt")
GROUPS = {None: ("main", "dev"), ".nodev": ("main",), ".extras": ("all",)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One oracle of one lock."""

    lock: Path
    oracle: Path
    target: str
    groups: tuple[str, ...]


def lock_of(folder: Path) -> Path:
    name = json.loads((folder / "oracle.json").read_text("utf-8"))["lock"]
    return folder / str(name)


def explicit_cases() -> list[Case]:
    return [
        Case(
            lock=lock_of(folder),
            oracle=oracle,
            target=found[1],
            groups=GROUPS[found[2]],
        )
        for folder in folders("conda-lock")
        for oracle in sorted(folder.glob("oracle-*.txt"))
        if (found := _EXPLICIT.fullmatch(oracle.name))
    ]


def pixi_cases() -> list[Case]:
    return [
        Case(lock=lock_of(folder), oracle=oracle, target=found[2], groups=(found[1],))
        for folder in folders("pixi")
        for oracle in sorted(folder.glob("oracle-*.txt"))
        if (found := _PIXI.fullmatch(oracle.name))
    ]


def name_of(case: Case) -> str:
    return f"{case.lock.parent.name}-{case.oracle.name}"


@cache
def read(lock: Path) -> CondaLock:
    return parse_conda_lock(lock.name, lock.read_bytes())


@cache
def planned(case: Case) -> Plan:
    request = LayersRequest(
        target=parse_platform(case.target),
        groups=case.groups,
        keep_going=True,
        listing=True,
    )
    return plan_layers(read(case.lock), None, request)


def pip_rows(case: Case, made: Plan) -> list[LockedPackage]:
    rows = platform_of(read(case.lock), made.target).pypi
    return [row for row in rows if not row.wanted_by.keys().isdisjoint(made.groups)]


def lines(text: str) -> set[str]:
    """Return the packages of an @EXPLICIT file, conda's and those of pip."""
    return {
        line
        for line in text.splitlines()
        if line and (line.startswith("# pip ") or not line.startswith(("#", "@")))
    }


@pytest.mark.parametrize("case", explicit_cases(), ids=name_of)
def test_a_plan_renders_as_conda_lock_renders_the_lock(case: Case) -> None:
    made = planned(case)

    text = render(made.conda, platform=case.target, pypi=pip_rows(case, made))

    assert lines(text) == lines(case.oracle.read_text("utf-8"))


@pytest.mark.parametrize("case", explicit_cases(), ids=name_of)
def test_a_plan_chooses_the_file_of_every_pip_line(case: Case) -> None:
    made = planned(case)

    rendered = lines(case.oracle.read_text("utf-8"))
    pip = {line.split(" @ ")[1] for line in rendered if line.startswith("# pip ")}
    assert not made.missing
    assert {place(package) for package in made.packages} == pip
    assert all(package.sha256 for package in made.packages if package.artifact)


def place(package: PlannedPackage) -> str:
    if isinstance(package.source, VcsSource):
        return f"git+{package.source.url}@{package.source.commit}"
    return f"{package.url}#sha256={package.sha256}"


@pytest.mark.parametrize("case", explicit_cases(), ids=name_of)
def test_each_package_is_rendered_after_what_it_needs(case: Case) -> None:
    packages = planned(case).conda

    names = [package.name for package in in_order(packages)]

    assert sorted(names) == [package.name for package in packages]
    needs = {
        package.name: {spec.split()[0] for spec in package.depends} & set(names)
        for package in packages
    }
    done: set[str] = set()
    for name in names:
        # What comes later in spite of it needs it in turn, as python and pip do.
        assert all(name in reached(need, needs) for need in needs[name] - done - {name})
        done.add(name)


def reached(start: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    agenda = [start]
    while agenda:
        for need in needs[agenda.pop()] - found:
            found.add(need)
            agenda.append(need)
    return found


@pytest.mark.parametrize("case", pixi_cases(), ids=name_of)
def test_an_environment_of_pixi_is_what_rattler_reads(case: Case) -> None:
    made = planned(case)

    rows = {f"conda {p.name}=={plain(p.version)}={p.build}" for p in made.conda}
    rows |= {f"pypi {p.name}=={version(p)}" for p in made.packages}
    assert rows == {
        CONDA_ROW.sub(lambda row: f"{row[1]}=={plain(row[2])}=", line)
        for line in case.oracle.read_text("utf-8").splitlines()
    }
    assert not made.missing


CONDA_ROW = re.compile(r"^(conda [^=]+)==([^=]+)=")


def plain(text: str) -> str:
    """Return a version as rattler writes it: `2023.09.01` is `2023.9.1`."""
    return re.sub(r"(?<![a-zA-Z0-9])0+(?=\d)", "", text)


def version(package: PlannedPackage) -> str | None:
    # Of a folder rattler passes over the version that older locks have.
    return "<dynamic>" if package.kind is Kind.DIRECTORY else package.version


def explicit_files() -> list[Path]:
    return [
        file for folder in folders("explicit") for file in sorted(folder.glob("*.lock"))
    ]


@pytest.mark.parametrize("file", explicit_files(), ids=lambda file: file.parent.name)
def test_an_explicit_file_is_the_list(file: Path) -> None:
    text = file.read_text("utf-8")
    lock = parse_conda_lock(file.name, text.encode())
    (platform,) = lock.platforms

    packages = plan_conda(
        lock, groups=("main",), target=parse_platform(platform.name), listing=True
    )

    assert lock.format == "explicit"
    rendered = render(packages, platform=platform.name, pypi=platform.pypi)
    assert lines(rendered) == lines(text)


def test_an_environment_file_with_the_name_of_a_lock_is_refused() -> None:
    """`conda-lock render --kind env` gives no addresses and no hashes."""
    (file,) = (
        file for folder in folders("explicit") for file in folder.glob("*.lock.yml")
    )

    with pytest.raises(LockError, match="an environment file, not a lock"):
        parse_conda_lock(file.name, file.read_bytes())


def test_a_lock_of_conda_workspaces_is_refused() -> None:
    (folder,) = folders("conda-workspaces")
    file = folder / "conda.lock"

    with pytest.raises(LockError, match="conda-workspaces, which is not supported"):
        parse_conda_lock(file.name, file.read_bytes())


def test_every_lock_is_compared() -> None:
    compared = {case.lock.parent for case in (*explicit_cases(), *pixi_cases())}

    assert {*folders("conda-lock"), *folders("pixi")} == compared
    assert len(explicit_files()) == 17


@pytest.mark.parametrize("kind", ["poetry", "pylock", "requirements", "uv"])
def test_other_locks_are_no_conda_locks(kind: str) -> None:
    found = [
        file.name
        for folder in folders(kind)
        for file in folder.iterdir()
        if file.suffix in {".lock", ".toml", ".txt"}
        if is_conda_lock(file.name, file.read_bytes())
    ]

    assert found == []


def test_names_are_those_that_pixi_says() -> None:
    """Where a lock says what PyPI calls a package, tables and rules say the same."""

    def unnamed(package: CondaPackage) -> CondaPackage:
        return structs.replace(package, pypi_names=())

    wrong = {
        package.name: package.pypi_names
        for folder in folders("pixi")
        for platform in read(lock_of(folder)).platforms
        for package in platform.packages
        if package.pypi_names
        if not {*package.pypi_names}
        & {*pypi_names(structs.replace(package, pypi_names=()))}
    }

    assert wrong == {}


def test_real_locks_disagree() -> None:
    """One project, one day: what its conda lock and its poetry.lock pin apart."""
    explicit = CORPUS / "explicit/ThomasByr__mlops-tps-2024/conda-linux-64.lock"
    beside = CORPUS / "poetry/ThomasByr__mlops-tps-2024"
    poetry = parse_lock(
        "poetry.lock",
        (beside / "poetry.lock").read_bytes(),
        beside=lambda name: (beside / name).read_bytes(),
    )
    request = LayersRequest(target=parse_platform("linux-64"), listing=True)

    found = disagreements(read(explicit), poetry, request)

    assert [str(each) for each in found] == [
        (
            "`urllib3` is 2.1.0 in conda-linux-64.lock (line 75) but 2.0.7 in"
            " poetry.lock (package[219])"
        )
    ]
    assert plan_layers(read(explicit), poetry, request).target.python == "3.11.7"
