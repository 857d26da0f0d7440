"""A small resolver that is called as Poetry is, for tests without Poetry.

It knows `lock`, `lock --regenerate` and `update --lock NAME...`; of what packages need
it reads a JSON file, `{name: {version: [requirement]}}`, and of the hashes too.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CATALOGUE = "POETRY_REQUESTS_CATALOGUE"

Pins = dict[str, str]


def main() -> None:
    """Write poetry.lock, or say why there is none."""
    words = [
        word for word in sys.argv[1:] if word not in {"--no-interaction", "--no-ansi"}
    ]
    catalogue = json.loads(Path(os.environ[CATALOGUE]).read_text("utf-8"))
    document = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
    groups = _groups(document)
    kept = _kept()
    match words:
        case ["lock", "--regenerate"]:
            kept = {}
        case ["update", "--lock", *names]:
            kept = {name: v for name, v in kept.items() if name not in names}
        case ["lock"]:
            pass
        case _:
            sys.exit(f"what is {words}?")
    asked = [one for group in groups.values() for one in group]
    pins = _solved(asked, {}, kept, catalogue)
    if pins is None:
        sys.exit("version solving failed")
    Path("poetry.lock").write_text(_lock(pins, groups, document, catalogue), "utf-8")


def _groups(document: Mapping[str, Any]) -> dict[str, list[Requirement]]:
    found = {"main": [Requirement(e) for e in document["project"]["dependencies"]]}
    for name, listed in document.get("dependency-groups", {}).items():
        found[name] = [Requirement(each) for each in listed]
    for name, group in (
        document.get("tool", {}).get("poetry", {}).get("group", {}).items()
    ):
        found[name] = [
            Requirement(f"{package}{entry['version']}")
            for package, entry in group["dependencies"].items()
        ]
    return found


def _kept() -> Pins:
    path = Path("poetry.lock")
    if not path.exists():
        return {}
    packages = tomllib.loads(path.read_text("utf-8")).get("package", [])
    return {each["name"]: each["version"] for each in packages}


def _solved(
    asked: Iterable[Requirement], pins: Pins, kept: Pins, catalogue: Mapping[str, Any]
) -> Pins | None:
    left = list(asked)
    for number, wanted in enumerate(left):
        if wanted.name in pins:
            if pins[wanted.name] not in wanted.specifier:
                return None
            continue
        everything = [one for one in left if one.name == wanted.name]
        for version in _versions(wanted.name, kept, catalogue):
            if any(version not in one.specifier for one in everything):
                continue
            needs = [
                Requirement(e) for e in catalogue[wanted.name][version]["requires"]
            ]
            more = {**pins, wanted.name: version}
            found = _solved(
                [*left[:number], *left[number:], *needs], more, kept, catalogue
            )
            if found is not None:
                return found
        return None
    return pins


def _versions(name: str, kept: Pins, catalogue: Mapping[str, Any]) -> list[str]:
    newest = sorted(catalogue[name], key=Version, reverse=True)
    return sorted(newest, key=lambda version: kept.get(name) != version)


def _lock(
    pins: Pins,
    groups: Mapping[str, list[Requirement]],
    document: Mapping[str, Any],
    catalogue: Mapping[str, Any],
) -> str:
    lines: list[str] = []
    for name, version in sorted(pins.items()):
        known = catalogue[name][version]
        wanted = [
            g for g, asked in groups.items() if name in _reached(asked, pins, catalogue)
        ]
        lines += [
            "[[package]]",
            f'name = "{name}"',
            f'version = "{version}"',
            'description = ""',
            "optional = false",
            'python-versions = "*"',
            f"groups = {json.dumps(wanted)}",
            f'files = [{{file = "{known["file"]}", hash = "sha256:{known["sha256"]}"}}]',
        ]
        if known["requires"]:
            lines.append("[package.dependencies]")
            for each in map(Requirement, known["requires"]):
                lines.append(f'{each.name} = "{str(each.specifier) or "*"}"')
        lines.append("")
    return "\n".join(
        [
            *lines,
            "[metadata]",
            'lock-version = "2.1"',
            f'python-versions = "{document["project"]["requires-python"]}"',
            f'content-hash = "{_content_hash(document)}"',
            "",
        ]
    )


def _reached(
    asked: Iterable[Requirement], pins: Pins, catalogue: Mapping[str, Any]
) -> set[str]:
    found: set[str] = set()
    waiting = [each.name for each in asked]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            needs = catalogue[name][pins[name]]["requires"]
            waiting += [Requirement(each).name for each in needs]
    return found


def _content_hash(document: Mapping[str, Any]) -> str:
    project = document["project"]
    keys = ("requires-python", "dependencies", "optional-dependencies")
    relevant = {
        "project": {key: project[key] for key in keys if key in project},
        "dependency-groups": document.get("dependency-groups", {}),
        "tool": {"poetry": {}},
    }
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()


if __name__ == "__main__":
    main()
