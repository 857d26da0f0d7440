"""Conda packages of the running CPython and of distributions installed with it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.conda.archives import PLACEHOLDER, Entry, Package

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "HOST",
    "MINOR",
    "distribution_package",
    "pip_package",
    "python_package",
    "strip_tool",
]

HOST = {"aarch64": "linux-aarch64"}.get(platform.machine(), "linux-64")
"""The subdir of what can run here."""
MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""Of the python in the channel: `3.11`."""
_LIBRARY = f"lib/python{MINOR}"
_NEXT = f"3.{sys.version_info[1] + 1}"
_STDLIB_SKIP = re.compile(
    r"test|tests|idlelib|tkinter|turtledemo|lib2to3|ensurepip|site-packages"
    r"|dist-packages|__pycache__|pydoc_data|config-.*|_tkinter.*|_test.*"
)
_DIST_SKIP = re.compile(
    r"^(\.\.|/)|(^|/)(__pycache__|tests)/|\.data/|\.pyc$"
    r"|\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$"
)


def strip_tool() -> str | None:
    """Return binutils' strip, which makes the interpreter a third of its size."""
    return shutil.which("strip")


def python_package() -> Package:
    """Return the running CPython, without tests, GUI, pip and static libraries."""
    prefix = Path(sys.base_prefix).resolve()
    sources = [prefix / f"bin/python{MINOR}", *prefix.glob(f"lib/libpython{MINOR}.so*")]
    for folder, names, files in os.walk(prefix / _LIBRARY):
        names[:] = [name for name in names if not _STDLIB_SKIP.fullmatch(name)]
        kept = [name for name in files if not _STDLIB_SKIP.fullmatch(name)]
        sources += [Path(folder, name) for name in kept]
    entries = {
        "bin/python": Entry(link=f"python{MINOR}"),
        "bin/python3": Entry(link=f"python{MINOR}"),
        f"{_LIBRARY}/site-packages/README.txt": Entry(data=b"Packages go here.\n"),
    }
    for source in sources:
        path = source.relative_to(prefix).as_posix()
        entries[path] = _interpreter_file(source, path, os.fsencode(prefix))
    return Package(
        name="python",
        version=platform.python_version(),
        build="h64a7726_0_cpython",
        build_number=0,
        subdir=HOST,
        depends=(f"python_abi {MINOR}.* *_cp{MINOR.replace('.', '')}",),
        files=entries | _bytecode(entries),
    )


def distribution_package(name: str) -> Package:
    """Return a distribution of this environment: noarch if it is pure python."""
    dist = metadata.distribution(name)
    return _package(dist, {str(it): Path(str(it.locate())) for it in dist.files or ()})


def pip_package() -> Package:
    """Return the pip that CPython brings for its virtual environments."""
    bundled = Path(sys.base_prefix, _LIBRARY, "ensurepip/_bundled")
    wheel = next(bundled.glob("pip-*.whl"), None)
    if wheel is None:
        return distribution_package("pip")
    with zipfile.ZipFile(wheel) as archive:
        inside = zipfile.Path(archive)
        info = next(it for it in inside.iterdir() if it.name.endswith(".dist-info"))
        names = [it for it in archive.namelist() if not it.endswith("/")]
        dist = metadata.PathDistribution(info)
        return _package(dist, {name: inside / name for name in names})


def _package(
    dist: metadata.Distribution, files: Mapping[str, Path | zipfile.Path]
) -> Package:
    pure = "Root-Is-Purelib: true" in (dist.read_text("WHEEL") or "")
    kept = {
        name: file.read_bytes()
        for name, file in files.items()
        if not _DIST_SKIP.search(name)
    }
    info = next(it for it in kept if it.endswith(".dist-info/METADATA"))
    info = info.rpartition("/")[0]
    kept[f"{info}/INSTALLER"] = b"conda\n"
    record = sorted({*kept, f"{info}/RECORD"})
    kept[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in record).encode()
    root = "site-packages" if pure else f"{_LIBRARY}/site-packages"
    entries = {f"{root}/{name}": Entry(data=data) for name, data in kept.items()}
    tag = MINOR.replace(".", "")
    scripts = dist.entry_points.select(group="console_scripts")
    python = str(dist.metadata["Requires-Python"] or ">=3.8").replace(" ", "")
    own = (f"python >={MINOR},<{_NEXT}.0a0", f"python_abi {MINOR}.* *_cp{tag}")
    return Package(
        name=canonicalize_name(dist.metadata["Name"]),
        version=dist.version,
        build="pyhd8ed1ab_0" if pure else f"py{tag}h64a7726_0",
        subdir="noarch" if pure else HOST,
        depends=((f"python {python}",) if pure else own) + _requirements(dist),
        files=entries if pure else entries | _bytecode(entries),
        noarch="python" if pure else None,
        entry_points=tuple(f"{it.name} = {it.value}" for it in scripts) if pure else (),
    )


def _requirements(dist: metadata.Distribution) -> tuple[str, ...]:
    target = {str(k): str(v) for k, v in default_environment().items()}
    texts = []
    for requirement in map(Requirement, dist.requires or []):
        marker = requirement.marker
        if marker is None or marker.evaluate(target | {"extra": ""}):
            clauses = ",".join(sorted(map(str, requirement.specifier)))
            texts.append(f"{canonicalize_name(requirement.name)} {clauses}".strip())
    return tuple(texts)


def _interpreter_file(source: Path, path: str, prefix: bytes) -> Entry:
    """Return one file of the interpreter with the prefix it was built for taken out.

    The run path of an ELF file becomes relative to the file, in place, as it is
    shorter. What else a binary says of the prefix are fallbacks: CPython finds
    its library from where the executable lies.
    """
    if source.is_symlink():
        return Entry(link=str(source.readlink()))
    data, executable = source.read_bytes(), os.access(source, os.X_OK)
    if data.startswith(b"\x7fELF"):
        run_path = prefix + b"/lib\0"
        origin = "$ORIGIN/" + os.path.relpath("lib", Path(path).parent)
        relative = origin.encode().ljust(len(run_path), b"\0")
        data = _stripped(source).replace(run_path, relative[: len(run_path)])
        return Entry(data=data, executable=executable)
    if source.name.startswith("_sysconfigdata"):
        data = data.replace(prefix, PLACEHOLDER.encode())
        return Entry(data=data, executable=executable, file_mode="text")
    return Entry(data=data, executable=executable)


def _stripped(source: Path) -> bytes:
    tool = strip_tool()
    if tool is None:
        return source.read_bytes()
    with tempfile.NamedTemporaryFile() as out:
        command = [tool, "--strip-unneeded", "-o", out.name, str(source)]
        subprocess.run(command, check=True)
        return Path(out.name).read_bytes()


@cache
def _compiler() -> tuple[str, ...]:
    python = Path(sys.base_prefix, f"bin/python{MINOR}")
    mode = ("--invalidation-mode", "unchecked-hash")
    return (str(python), "-P", "-S", "-s", "-m", "compileall", "-qq", *mode)


def _bytecode(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the __pycache__ files of python files, as conda-build makes them.

    They say nothing of times, so they hold wherever they are copied. A file
    with a placeholder has none: its bytecode would keep the placeholder.
    """
    with tempfile.TemporaryDirectory() as folder:
        for path, entry in entries.items():
            if path.endswith(".py") and not entry.file_mode:
                target = Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(entry.data)
        subprocess.run(
            [*_compiler(), "-s", folder, folder],
            check=True,
            cwd=folder,
            env={"PYTHONHASHSEED": "0"},  # the order of sets of constants
        )
        found = sorted(Path(folder).rglob("*.pyc"))
        return {
            it.relative_to(folder).as_posix(): Entry(data=it.read_bytes())
            for it in found
        }
