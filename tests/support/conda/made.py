"""Made-up conda packages: variants, platforms, dates, priorities, prefixes, names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypedDict, Unpack

from support.conda.archives import PLACEHOLDER, Entry, Package
from support.conda.real import HOST, MINOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

__all__ = ["SUBDIRS", "extra_packages", "made_up", "python_package", "small_package"]

SUBDIRS = tuple(dict.fromkeys(("linux-64", "osx-arm64", "win-64", HOST)))
"""Every subdir but noarch."""


class More(TypedDict, total=False):
    """What else a small package may be given, as in Package."""

    constrains: tuple[str, ...]
    entry_points: tuple[str, ...]
    day: int
    extension: Literal[".conda", ".tar.bz2"]
    hashes: tuple[Literal["md5", "sha256"], ...]


def small_package(
    name: str,
    version: str,
    *depends: str,
    at: str = "noarch/h_0",
    **more: Unpack[More],
) -> Package:
    """Return a package of one text, share/NAME.txt; *at* is SUBDIR/BUILD."""
    subdir, _, build = at.partition("/")
    text = f"{name} {version} {build} {subdir}\n".encode()
    return Package(
        name=name,
        version=version,
        build=build,
        subdir=subdir,
        depends=depends,
        files={f"share/{name}.txt": Entry(data=text)},
        noarch="generic" if subdir == "noarch" else None,
        **more,
    )


def python_package(
    name: str,
    version: str,
    modules: Mapping[str, str],
    *depends: str,
    project: str = "",
    **more: Unpack[More],
) -> Package:
    """Return noarch python: *modules* by path, known to PyPI as *project*."""
    project = project or name
    info = f"{project.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    scripts = "".join(f"{it}\n" for it in more.get("entry_points", ()))
    texts = dict(modules) | {
        f"{info}/METADATA": metadata,
        f"{info}/INSTALLER": "conda\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{scripts}",
    }
    texts[f"{info}/RECORD"] = "".join(f"{it},,\n" for it in [*texts, f"{info}/RECORD"])
    files = {f"site-packages/{it}": Entry(data=t.encode()) for it, t in texts.items()}
    return Package(
        name=name,
        version=version,
        build="pyh_0",
        depends=("python >=3.9", *depends),
        files=files,
        noarch="python",
        **more,
    )


def made_up(real: Iterable[Package]) -> list[Package]:
    """Return what channel `main` holds beside the *real* packages."""
    return [
        *(
            _foreign(it, subdir)
            for it in real
            for subdir in SUBDIRS
            if _differs(it, subdir)
        ),
        *(package for subdir in SUBDIRS for package in _variants(subdir)),
        _python_abi(),
        _relocated(),
        small_package("cuda-runtime", "12.4", "__cuda >=12"),
        *(small_package("dated", f"{n}.0", day=100 * n) for n in (1, 2, 3)),
        small_package("needs-old", "1.0", "dated <2"),
        small_package("needs-missing", "1.0", "no-such-package >=1"),
        small_package("layered", "1.0"),
        small_package("legacy", "1.0", extension=".tar.bz2"),
        small_package("md5-only", "1.0", hashes=("md5",)),
        small_package("unhashed", "1.0", hashes=()),
        *_python_packages(),
    ]


def extra_packages() -> list[Package]:
    """Return what channel `extra` holds."""
    return [small_package("layered", "2.0"), small_package("only-extra", "2.0")]


def _differs(package: Package, subdir: str) -> bool:
    return package.noarch is None and package.subdir != subdir


def _foreign(package: Package, subdir: str) -> Package:
    """Return a package for another platform: it can be installed, not run."""
    text = f"{package.name} {package.version} for {subdir}\n".encode()
    windows = subdir.startswith("win-")
    library = "Lib/site-packages" if windows else f"lib/python{MINOR}/site-packages"
    path = f"{library}/{package.name}/__init__.py"
    if package.name == "python":
        path = "python.exe" if windows else f"bin/python{MINOR}"
        text = b"MZ" if windows else b"\xcf\xfa\xed\xfe"
    executable = package.name == "python" and not windows
    return Package(
        name=package.name,
        version=package.version,
        build=package.build,
        build_number=0,
        subdir=subdir,
        depends=package.depends,
        files={path: Entry(data=text, executable=executable)},
    )


def _variants(subdir: str) -> list[Package]:
    """Return the builds of `accel` and `pytorch`: the highest number that fits wins."""
    cuda = ("__cuda >=12", "cuda-runtime 12.*")
    builds: dict[str, tuple[str, ...]] = {"cpu_0": ()}
    if subdir.startswith("osx"):
        builds["mps_1"] = ("__osx >=11.0",)
    else:
        builds["cuda12_1"] = cuda
    own = (f"python {MINOR}.*",)
    accel = [
        small_package("accel", "1.0", *depends, at=f"{subdir}/{build}")
        for build, depends in builds.items()
    ]
    torch = [
        small_package("pytorch", "2.5.1", *own, *depends, at=f"{subdir}/{build}")
        for build, depends in builds.items()
    ]
    return [*accel, *(_with_dist_info(it, "torch") for it in torch)]


def _with_dist_info(package: Package, project: str) -> Package:
    windows = package.subdir.startswith("win-")
    site = "Lib/site-packages" if windows else f"lib/python{MINOR}/site-packages"
    version = package.version
    info = f"{site}/{project}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    module = f"__version__ = {version!r}\nbuild = {package.build!r}\n"
    files = dict(package.files) | {
        f"{info}/METADATA": Entry(data=metadata.encode()),
        f"{info}/INSTALLER": Entry(data=b"conda\n"),
        f"{site}/{project}/__init__.py": Entry(data=module.encode()),
    }
    return Package(
        name=package.name,
        version=version,
        build=package.build,
        subdir=package.subdir,
        depends=package.depends,
        files=files,
    )


def _python_abi() -> Package:
    """Return conda-forge's own way to hold packages to one CPython."""
    build = f"0_cp{sys.version_info[0]}{sys.version_info[1]}"
    return Package(
        name="python_abi",
        version=MINOR,
        build=build,
        build_number=0,
        constrains=(f"python {MINOR}.* *_cpython",),
        noarch="generic",
    )


def _relocated() -> Package:
    mark = PLACEHOLDER.encode()
    where = b"#!" + mark + b"/bin/python\nimport sys\nprint(sys.prefix)\n"
    etc, name = "etc/conda", "relocated"
    return Package(
        name=name,
        version="1.0",
        subdir=HOST,
        depends=("python",),
        files={
            "share/prefix.txt": Entry(data=mark + b"/share\n", file_mode="text"),
            "share/prefix.bin": Entry(
                data=b"\1\0" + mark + b"/lib\0\2end", file_mode="binary"
            ),
            "bin/where": Entry(data=where, executable=True, file_mode="text"),
            f"{etc}/activate.d/{name}.sh": Entry(
                data=b'export RELOCATED_HOME="$CONDA_PREFIX/share"\n'
            ),
            f"{etc}/deactivate.d/{name}.sh": Entry(data=b"unset RELOCATED_HOME\n"),
            f"{etc}/env_vars.d/{name}.json": Entry(
                data=b'{"RELOCATED_MODE": "test"}\n'
            ),
            f"bin/.{name}-post-link.sh": Entry(
                data=b'echo ran > "$PREFIX/post-link-ran"\n', executable=True
            ),
        },
    )


def _python_packages() -> list[Package]:
    main = "def main():\n    print('purepy runs')\n"
    return [
        python_package(
            "purepy",
            "1.0",
            {
                "purepy/__init__.py": main,
                "purepy/deep/__init__.py": "VALUE = 1\n",
                "purepy/templates/broken.py": "this is {{ no }} python\n",
            },
            entry_points=("purepy-run = purepy:main",),
        ),
        python_package("both-worlds", "1.0", {"both_worlds.py": "ORIGIN = 'conda'\n"}),
        python_package(
            "typing_extensions",
            "4.12.2",
            {"typing_extensions.py": "from typing import *  # noqa: F403\n"},
        ),
        small_package(
            "typing-extensions", "4.12.2", "typing_extensions ==4.12.2 pyh_0"
        ),
    ]
