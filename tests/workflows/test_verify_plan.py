"""Whether kept locks still give exactly the packages of a record."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from noxlock.locks import parse_conda_lock, parse_lock
from noxlock.model import PackageRecord
from noxlock.plan import LayersRequest, parse_platform, plan_layers
from noxlock.workflows.verify_plan import planned_anew
from support.baselines import Golden, lock_text

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Plan, Record

_HEAD = """\
version: 1
metadata:
  content_hash: {linux-64: abc}
  channels: [{url: demo, used_env_vars: []}]
  platforms: [linux-64]
  sources: [environment.yml]
package:
"""
_ITEM = """\
- name: {name}
  version: "{version}"
  manager: conda
  platform: linux-64
  dependencies: {{{needs}}}
  url: https://conda.example.org/demo/linux-64/{name}-{version}-h1_0.conda
  hash: {{md5: "{md5}", sha256: "{sha256}"}}
  category: main
  optional: false
"""
CONDA = "conda-lock.yml"


def conda_text(**versions: str) -> str:
    items = [
        _ITEM.format(
            name=name,
            version=version,
            needs='python: "*"' if name == "numpy" else "",
            md5="0" * 32,
            sha256=hashlib.sha256(name.encode()).hexdigest(),
        )
        for name, version in versions.items()
    ]
    return _HEAD + "".join(items)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Golden(tmp_path, {}).record()


def locks(**versions: str) -> dict[str, bytes]:
    return {"poetry.lock": lock_text(**versions).encode()}


SAME = {"scipy": "1.14.1", "numpy": "2.0.0"}


def changed(record: Record, **changes: Any) -> Record:  # noqa: ANN401 - fields of a package
    first, *rest = record.packages
    assert first.name == "numpy"
    packages = (msgspec.structs.replace(first, **changes), *rest)
    return msgspec.structs.replace(record, packages=packages)


def test_the_locks_of_a_record_give_its_packages(record: Record) -> None:
    assert list(planned_anew(record, locks(**SAME))) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": "2.0.1"}, "numpy 2.0.0, and the record has 2.0.1"),
        (
            {"artifact": "numpy.whl"},
            "numpy numpy-2.0.0-py3-none-any.whl, and the record has numpy.whl",
        ),
        ({"sha256": "x"}, "numpy another sha256 than the record's x"),
    ],
)
def test_a_package_that_was_changed_in_the_record_is_told(
    record: Record, changes: dict[str, str], told: str
) -> None:
    found = list(planned_anew(changed(record, **changes), locks(**SAME)))
    assert found == [f"they give {told}"]


def test_packages_more_and_less_are_told(record: Record) -> None:
    found = list(planned_anew(record, locks(scipy="1.14.1", other="1.0")))
    assert found == [
        "they do not give numpy, which the record has",
        "they give other 1.0, which the record does not have",
    ]


def test_a_plan_of_an_older_kind_is_judged_by_its_packages(record: Record) -> None:
    older = msgspec.structs.replace(record, plan="plan-v0-" + "0" * 64)
    assert list(planned_anew(older, locks(**SAME))) == []


def test_another_python_is_another_plan(record: Record) -> None:
    other = msgspec.structs.replace(record, interpreter={"version": "3.12.1"})
    (line,) = planned_anew(other, locks(**SAME))
    assert line.startswith("they give the plan plan-v1-")


@pytest.mark.parametrize(
    ("changes", "kept", "reason"),
    [
        ({}, {}, "none is kept"),
        ({}, {"poetry.lock": b"["}, "poetry.lock"),
        ({"interpreter": {}}, None, "is not a python version"),
        ({"target": "amiga"}, None, "unknown target `amiga`"),
        ({"selection": {"groups": ("nope",)}}, None, "nope"),
    ],
)
def test_what_cannot_be_planned_is_told(
    record: Record,
    changes: dict[str, Any],
    kept: dict[str, bytes] | None,
    reason: str,
) -> None:
    wrong = msgspec.structs.replace(record, **changes)
    (line,) = planned_anew(wrong, locks(**SAME) if kept is None else kept)
    assert line.startswith("no plan can be made of the locks: ")
    assert reason in line


def test_the_machine_of_the_record_decides_between_wheels(record: Record) -> None:
    """The newest policy that its glibc knows, not that of this machine."""
    files = [
        f'{{file = "numpy-2.0.0-py3-none-manylinux_2_{minor}_x86_64.whl",'
        f' hash = "sha256:{str(number) * 64}"}}'
        for number, minor in enumerate((17, 28))
    ]
    text = lock_text(numpy="2.0.0")
    begin = text.index("files = [") + len("files = [")
    end = text.index("]\n", begin)
    lock = {"poetry.lock": (text[:begin] + ", ".join(files) + text[end:]).encode()}
    for libc, minor, number in (("glibc 2.27", 17, 0), ("glibc 2.39", 28, 1)):
        old = msgspec.structs.replace(
            record,
            plan="plan-v0-",
            machine={"libc": libc},
            packages=(
                PackageRecord(
                    name="numpy",
                    version="2.0.0",
                    kind="wheel",
                    artifact=f"numpy-2.0.0-py3-none-manylinux_2_{minor}_x86_64.whl",
                    sha256=str(number) * 64,
                ),
            ),
        )
        assert list(planned_anew(old, lock)) == []


def test_the_mac_of_the_record_decides_between_wheels(record: Record) -> None:
    wheel = "numpy-2.0.0-py3-none-macosx_15_0_arm64.whl"
    text = lock_text(numpy="2.0.0").replace("numpy-2.0.0-py3-none-any.whl", wheel)
    mac = msgspec.structs.replace(
        record, target="osx-arm64", plan="plan-v0-", packages=record.packages[:1]
    )
    mac = changed(mac, artifact=wheel)
    lock = {"poetry.lock": text.encode()}
    newer = msgspec.structs.replace(mac, machine={"system": "macOS 15.1"})
    assert list(planned_anew(newer, lock)) == []
    older = msgspec.structs.replace(mac, machine={"system": "macOS 13"})
    (line,) = planned_anew(older, lock)
    assert "has no file that fits osx-arm64" in line


def layered(record: Record, groups: tuple[str, ...]) -> tuple[Record, dict[str, bytes]]:
    """Return the record of an environment of both locks."""
    kept = {
        CONDA: conda_text(python="3.11.7", zlib="1.3", numpy="2.0.0").encode(),
        **locks(**SAME),
    }
    plan: Plan = plan_layers(
        parse_conda_lock(CONDA, kept[CONDA]),
        parse_lock("poetry.lock", kept["poetry.lock"], beside=lambda _: None),
        LayersRequest(target=parse_platform("linux-64"), groups=groups),
    )
    conda = [
        PackageRecord(
            name=package.name,
            version=package.version,
            kind="conda",
            artifact=package.filename,
            sha256=package.sha256,
        )
        for package in plan.conda
    ]
    wheels = [
        package
        for package in record.packages
        if package.name in {planned.name for planned in plan.packages}
    ]
    made = msgspec.structs.replace(
        record,
        plan=plan.key,
        selection={"groups": plan.groups, "extras": ()},
        packages=(*conda, *wheels),
    )
    return made, kept


def test_conda_packages_with_wheels_on_top_are_planned_anew(record: Record) -> None:
    made, kept = layered(record, ("main",))
    assert [package.name for package in made.packages] == [
        "numpy",
        "python",
        "zlib",
        "scipy",
    ]
    assert list(planned_anew(made, kept)) == []
    kept[CONDA] = kept[CONDA].replace(b"1.3", b"1.4")
    (line,) = planned_anew(made, kept)
    assert line == "they give zlib 1.4, and the record has 1.3"


def test_conda_packages_alone_are_planned_anew(record: Record) -> None:
    made, kept = layered(record, ("main",))
    del kept["poetry.lock"]
    conda = [package for package in made.packages if package.kind == "conda"]
    alone = msgspec.structs.replace(made, packages=tuple(conda), plan="plan-v0-")
    assert list(planned_anew(alone, kept)) == []


def test_main_of_the_conda_lock_is_no_wish_of_wheels(record: Record) -> None:
    """Where the conda lock has no such group, its `main` comes with the wheels'."""
    made, kept = layered(record, ("main",))
    text = (
        kept["poetry.lock"]
        .decode()
        .replace('groups = ["main"]', 'groups = ["test"]', 1)
    )
    kept["poetry.lock"] = text.encode()
    plan = plan_layers(
        parse_conda_lock(CONDA, kept[CONDA]),
        parse_lock("poetry.lock", kept["poetry.lock"], beside=lambda _: None),
        LayersRequest(target=parse_platform("linux-64"), groups=("test",)),
    )
    wheels = {package.name for package in plan.packages}
    packages = [p for p in made.packages if p.kind == "conda" or p.name in wheels]
    only = msgspec.structs.replace(
        made,
        plan=plan.key,
        selection={"groups": plan.groups, "extras": ()},
        packages=tuple(packages),
    )
    assert "main" in plan.groups
    assert list(planned_anew(only, kept)) == []
